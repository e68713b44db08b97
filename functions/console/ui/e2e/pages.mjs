// Every page, wide and on a phone, in both themes: nothing is wider than the screen,
// and axe has nothing to say. Members are added, changed and removed on the way.
import fs from 'node:fs';
import { api, env, expect, focusOn, journey } from './browser.mjs';

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Ada', description: 'Answers orders, and tells the team.' });
  await api('POST', '/v1/agents', { name: 'Support' });
  const slack = await api('POST', '/v1/credentials', { type: 'slack_bot_token', name: 'Acme Slack', data: { token: 'xoxb-right-1234567890' } });
  await api('PUT', `/v1/agents/${agent.id}/links/${slack.id}`);
  const workflow = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Order alert', trigger: { type: 'webhook' }, edges: [{ from: 'trigger', to: 'is_big' }, { from: 'is_big', port: 'true', to: 'ask' }, { from: 'ask', port: 'approved', to: 'notify' }],
    nodes: [{ id: 'is_big', type: 'condition', config: { all: [{ left: '{{trigger.body.total | default: 0}}', op: 'gt', right: 1000 }] } }, { id: 'ask', type: 'approval', config: { message: 'Tell about order {{trigger.body.id | default: "?"}}?' } },
      { id: 'notify', type: 'slack.post_message', credential: slack.id, config: { channel: '#orders', text: 'Order {{trigger.body.id | default: "?"}}' } }],
  });
  await api('POST', `/v1/workflows/${workflow.id}/publish`);
  for (const total of [20, 30]) await api('POST', `/v1/workflows/${workflow.id}/executions`, { input: { id: 'A-1', total } });
  const { id: asked } = await api('POST', `/v1/workflows/${workflow.id}/executions`, { input: { id: 'A-1042', total: 1250 } });
  await api('POST', '/v1/api-keys', { name: 'Shop backend', role: 'operator' });
  await page.goto(env.url);
  await page.locator('#token').waitFor();
  await look('sign-in');
  await page.fill('#token', env.token);
  await page.click('button:has-text("Sign in")');
  await page.locator('.rows li:has-text("Ada")').waitFor();

  step('people: add one, give another role, remove');
  await page.click('nav >> text=Access');
  await page.locator('text=Nobody has a role here yet').waitFor();
  await look('members-none');
  for (const [mail, role] of [['ada@example.com', 'owner'], ['bob@example.com', 'editor']]) {
    await page.click('button:has-text("Add a person")');
    await page.fill('#member-who', mail);
    await page.check(`.dialog input[value=${role}]`, { force: true });
    if (role === 'editor') await look('member-add');
    await page.click('.dialog button[type=submit]');
    await page.locator(`.rows li:has-text("${mail}") .tag:text-is("${role}")`).waitFor();
  }
  await page.click('button:has-text("Add a person")');
  await page.fill('#member-who', 'bob@example.com');
  await page.click('.dialog button[type=submit]');
  await page.locator('.dialog .note.bad').waitFor();
  await page.keyboard.press('Escape');
  await page.click('[aria-label="More for bob@example.com"]');
  await page.click('[role=menuitem]:has-text("Change the role")');
  await page.check('.dialog input[value=viewer]', { force: true });
  await page.click('.dialog button[type=submit]');
  await page.locator('.rows li:has-text("bob@example.com") .tag:text-is("viewer")').waitFor();
  const { items } = await api('GET', '/v1/members');
  expect(items.map((m) => `${m.email} ${m.role}`).join() === 'ada@example.com owner,bob@example.com viewer', JSON.stringify(items));
  await page.click('[aria-label="More for ada@example.com"]');
  await page.click('[role=menuitem]:has-text("Remove")');
  await look('member-remove');
  await page.click('.dialog-foot button:has-text("Remove")');
  await page.locator('.dialog .note.bad').waitFor(); // the last owner stays
  await page.keyboard.press('Escape');
  await focusOn(page, '[aria-label="More for ada@example.com"]'); // whose menu opened the dialog
  await page.click('[aria-label="More for bob@example.com"]');
  await page.click('[role=menuitem]:has-text("Remove")');
  await page.click('.dialog-foot button:has-text("Remove")');
  await page.locator('.rows li:has-text("bob@example.com")').waitFor({ state: 'detached' });
  await focusOn(page, '#main'); // the menu is gone with the person

  step('export everything, and import it as of another account');
  await page.click('nav >> text=Agents');
  const [saved] = await Promise.all([page.waitForEvent('download'), page.click('header button:has-text("Export")')]);
  const bundle = fs.readFileSync(await saved.path(), 'utf8');
  expect(!bundle.includes('xoxb-right'), 'no secret is in the file');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('header button:has-text("Import")')]);
  const elsewhere = bundle.replaceAll(agent.id, 'agt_0198f2c4a1b27d3e8f90123456789abc').replaceAll(workflow.id, 'wf_0198f2c4a1b27d3e8f90123456789abc');
  await chooser.setFiles({ name: 'theirs.json', mimeType: 'application/json', buffer: Buffer.from(elsewhere) });
  await page.locator('.dialog .import-report .uses li:has-text("Order alert would be new")').waitFor();
  await look('import');
  await page.click('.dialog .switch:has-text("Publish what was published")');
  await page.click('.dialog-foot button:has-text("Import")');
  await page.locator('.dialog .import-report .uses li:has-text("published as version 1")').waitFor();
  await page.click('.dialog-foot button:has-text("Done")');
  await page.waitForFunction(() => document.querySelectorAll('.rows li').length === 3);

  step('a name without spaces leaves room for what stands beside it; the tab of a page is in its address');
  await api('POST', `/v1/agents/${agent.id}/workflows`, { ...workflow.document, name: 'Order_alert_'.repeat(16) });
  await page.goto(`${env.url}/agents/${agent.id}/workflows`);
  const over = await page.locator('.rows li:has-text("Order_alert")').evaluate((row) => Math.max(...[...row.querySelector('.row-link').getClientRects()].map((r) => r.right)) - row.querySelector('.grow').getBoundingClientRect().right);
  expect(over <= 0.5, `the name stands ${over} px over what is beside it`);
  await page.goto(`${env.url}/access`);
  await page.click('[role=tab]:has-text("API keys")');
  await page.locator('.rows li:has-text("Shop backend")').waitFor();
  await page.reload();
  await page.locator('.rows li:has-text("Shop backend")').waitFor();

  const pages = [
    ['agents', '/agents', '.rows li'], ['workflows', `/agents/${agent.id}/workflows`, '.rows li'], ['integrations', `/agents/${agent.id}/integrations`, '.integration'],
    ['editor', `/workflows/${workflow.id}`, '.step.trigger'], ['executions', `/workflows/${workflow.id}/executions`, '.rows li'], ['run', `/workflows/${workflow.id}/executions/${asked}`, '.step.waiting'],
    ['approvals', '/account/approvals', '.rows li'], ['credentials', '/credentials', '.rows li'], ['people', '/access', '.rows li'], ['usage', '/usage', '.figure'], ['health', '/health', '.note.ok:has-text("Everything works")'],
  ];
  for (const [width, height, prefix] of [[1280, 800, 'wide'], [390, 844, 'narrow']]) {
    step(`${prefix} pages`);
    await page.setViewportSize({ width, height });
    for (const [name, address, seen] of pages) {
      await page.goto(env.url + address);
      await page.locator(seen).first().waitFor();
      const [wide, room] = await page.evaluate(() => [Math.max(document.documentElement.scrollWidth, document.querySelector('main').scrollWidth, document.querySelector('nav').scrollWidth), window.innerWidth]);
      expect(wide <= room, `${name} is not wider (${wide}) than the screen (${room})`);
      await look(`${prefix}-${name}`);
    }
  }

  step('a page begins at its top, and going back leads to where one was');
  await page.setViewportSize({ width: 1280, height: 500 });
  await page.goto(`${env.url}/agents/${agent.id}/integrations`);
  await page.locator('.integration').first().waitFor();
  const scrolled = () => page.evaluate(() => document.querySelector('main').scrollTop);
  await page.waitForFunction(() => { // until the page is long enough
    const main = document.querySelector('main');
    main.scrollTo(0, 700);
    return main.scrollTop === 700;
  });
  await page.click('nav >> text=Usage');
  await page.locator('.figure').first().waitFor();
  expect(await scrolled() === 0, `another page begins at its top, and not ${await scrolled()} px below`);
  await page.goBack();
  await page.locator('.integration').first().waitFor();
  await page.waitForFunction(() => document.querySelector('main').scrollTop === 700);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${env.url}/health`);
  await page.locator('h1').waitFor();

  step('on a phone the other pages are below More, and before the agents, of which there may be many');
  await page.click('nav button:has-text("More")');
  await look('narrow-more');
  const entries = await page.locator('[role=menuitem]').allInnerTexts();
  expect(entries.indexOf('Sign out') < entries.indexOf('All agents'), entries.join());
  await page.click('[role=menuitem]:has-text("Support")');
  await page.locator('h1:has-text("Workflows")').waitFor();
  await page.click('nav button:has-text("More")');
  await page.click('[role=menuitem]:has-text("Usage")');
  await page.locator('h1:has-text("Usage")').waitFor();
  for (const chip of ['7 days', 'A year']) {
    await page.click(`.chip:has-text("${chip}")`);
    await page.locator(`.chip[aria-pressed=true]:has-text("${chip}")`).waitFor();
  }

  step('a link with another token signs in as that one, who sees nothing of the first; one that is not valid changes nothing');
  const { key } = await api('POST', '/v1/api-keys', { name: 'Support only', role: 'viewer', agent_id: (await api('GET', '/v1/agents')).items.find((a) => a.name === 'Support').id });
  await page.goto(`${env.url}/agents`);
  await page.locator('.row-link:has-text("Ada")').first().waitFor();
  await page.evaluate(() => { location.hash = 'token=garbage'; });
  await page.locator('.toast.bad:has-text("not valid")').waitFor();
  expect(await page.locator('.row-link:has-text("Ada")').count() > 0, 'the session stays');
  const seen = await page.evaluate((token) => new Promise((done) => {
    // What is drawn from when the other one is signed in.
    const stop = () => { if (sessionStorage.getItem('switchboard.token') === token) done(document.querySelector('main').innerText); else setTimeout(stop); };
    location.hash = `token=${token}`;
    stop();
  }), key);
  expect(!seen.includes('Ada'), `what the other one sees: ${seen}`);
  await page.locator('.row-link:has-text("Support")').waitFor();
});
