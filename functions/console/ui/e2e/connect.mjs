// What services give to the editor: access that a person grants in a window, values
// to choose from, curl commands; and the steps that ask people and run workflows.
import { api, env, expect, journey, pressTwice, problems, saved, templateInput, type } from './browser.mjs';

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Refunds' });
  const slack = await api('POST', '/v1/credentials', { type: 'slack_bot_token', name: 'Slack', data: { token: 'xoxb-right-1234567890' } });
  await api('PUT', `/v1/agents/${agent.id}/links/${slack.id}`);
  const refund = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Refund', trigger: { type: 'manual', config: { input_schema: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] } } },
    nodes: [{ id: 'keep', type: 'set', config: { values: { order: '{{trigger.input.order}}' } } }], edges: [{ from: 'trigger', to: 'keep' }],
  });
  await api('POST', `/v1/workflows/${refund.id}/publish`);
  // What its draft asks for by now is not what runs.
  const redrawn = await fetch(`${env.url}/v1/workflows/${refund.id}`, {
    method: 'PUT', headers: { Authorization: `Bearer ${env.token}`, 'Content-Type': 'application/json', 'If-Match': '*' },
    body: JSON.stringify({ ...refund.document, trigger: { type: 'manual', config: { input_schema: { type: 'object', properties: { number: { type: 'string' } } } } }, nodes: [], edges: [] }),
  });
  expect(redrawn.ok, 'the draft is another one');
  await page.goto(`${env.url}/#token=${encodeURIComponent(env.token)}`);
  await page.locator('h1:has-text("Agents")').waitFor();

  step('grant access to Gmail in a window: refused, then given');
  await page.goto(`${env.url}/agents/${agent.id}/integrations`);
  await page.fill('[aria-label="Search integrations"]', 'gmail');
  await page.click('[aria-label="Connect Gmail"]');
  await page.fill('.dialog .field:has-text("Client ID") input', '1234.apps.googleusercontent.com');
  await page.fill('.dialog input[type=password]', 'GOCSPX-of-the-journey');
  const grant = async (choice) => {
    const [window] = await Promise.all([page.waitForEvent('popup'), page.click('.dialog button[type=submit]')]);
    await window.click(choice);
  };
  await grant('#deny');
  await page.locator('.dialog .note.bad').waitFor();
  await look('connect-oauth');
  await grant('#allow');
  await page.locator('.rows li:has-text("ada@example.com")').waitFor();

  step('choose a channel from those that Slack knows');
  const made = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Ask first', trigger: { type: 'webhook' }, nodes: [{ id: 'notify', type: 'slack.post_message', credential: slack.id, config: { text: 'New: {{trigger.body.id}}' } }], edges: [{ from: 'trigger', to: 'notify' }],
  });
  await page.route('**/integrations', (route) => route.abort());
  await page.goto(`${env.url}/workflows/${made.id}`);
  await page.click('.step:has-text("Post a message")');
  await page.locator('.side .note.bad:has-text("does not answer")').waitFor(); // which ones there are, and not that there is none
  expect(await page.locator('.side option:has-text("Unknown")').count() === 0, 'nobody knows yet whether it is unknown');
  await page.unroute('**/integrations');
  await page.locator('.side .field[data-field="Credential"] option:has-text("Slack")').waitFor({ state: 'attached' });
  await page.click('button:has-text("Choose channel from a list")');
  await page.fill('[aria-label="Search channel"]', 'order');
  await page.locator('.option:has-text("#orders")').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.option').length === 1);
  await look('editor-options');
  await page.keyboard.press('Enter');
  await templateInput(page, 'Channel').filter({ hasText: 'C0ORDERS' }).waitFor();
  await type(page, 'Channel', '#orders');
  expect(await templateInput(page, 'Channel').textContent() === '#orders', 'a value can be typed all the same');

  step('put data of the steps before into a field');
  await templateInput(page, 'Text').click();
  await page.keyboard.press('End');
  await page.keyboard.type(' via ');
  await page.click('summary:has-text("Data from the steps before")');
  await page.click('[aria-label="Insert trigger.method"]');
  await templateInput(page, 'Text').filter({ hasText: 'via {{trigger.method}}' }).waitFor();

  step('ask a person, and run another workflow');
  await page.click('[aria-label="Add a step after Post a message"]');
  await page.click('[role=option]:has-text("Approval")');
  await type(page, 'Message', 'Refund {{trigger.body.id');
  await page.locator('.field[data-field="Time to answer"] input').fill('2');
  await page.selectOption('[aria-label="Time to answer: unit"]', 'hours');
  const time = page.locator('.field[data-field="Time to answer"] input');
  expect(await time.inputValue() === '2', 'two hours');
  await time.fill('');
  await time.pressSequentially('1.25');
  expect(await time.inputValue() === '1.25' && await page.inputValue('[aria-label="Time to answer: unit"]') === 'hours', 'it stays as it is typed');
  await page.locator('.field[data-field="Tell people by"] select').selectOption({ label: 'Slack: Post a message' });
  await page.locator('[aria-label="Tell people"] .field[data-field="Credential"] select').selectOption({ index: 1 });
  await type(page, 'Channel', '#approvals');
  await templateInput(page, 'Text').click();
  await page.keyboard.type('Please answer: {{approval.u');
  await page.click('.cm-tooltip-autocomplete li:has-text("approval.url")');
  await templateInput(page, 'Text').filter({ hasText: 'Please answer: {{approval.url}}' }).waitFor();
  await look('editor-approval');
  await page.click('[aria-label="Add a step after Approval, approved"]');
  await page.click('[role=option]:has-text("Run a workflow")');
  await page.locator('.field[data-field="Workflow"] select').selectOption({ label: 'Refund' });
  await type(page, 'order', '{{trigger.body.id');
  await problems(page, 'No problems');

  step('read a curl command into a step, its token into a credential');
  await page.click('[aria-label="Add a step after Approval, rejected"]');
  await page.fill('[aria-label="Search steps"]', 'send a request');
  await page.click('[role=option]:has-text("Send a request")');
  await page.click('button:has-text("Import from curl")');
  await page.fill('.dialog textarea', 'curl -X PUT https://shop.example.com/refused -H "Authorization: Bearer shop-token-1234567890" --json \'{"done": true}\'');
  await page.click('.dialog button:has-text("Read it")');
  await page.locator('.dialog .code-block:has-text("shop.example.com")').waitFor();
  expect(!(await page.locator('.dialog').textContent()).includes('shop-token'), 'the token is not shown');
  await look('import-curl');
  await page.click('.dialog button:has-text("Use it")');
  await page.fill('.dialog input[type=password]', 'shop-token-1234567890');
  await page.click('.dialog button[type=submit]');
  await page.locator('.field[data-field="Credential"] select >> text=bearer').waitFor({ state: 'attached' });
  await problems(page, 'No problems');
  await saved(page);
  const { document } = await api('GET', `/v1/workflows/${made.id}`);
  const by = (type) => document.nodes.find((n) => n.type === type);
  expect(by('approval').config.timeout_seconds === 4500 && by('approval').config.notify.config.text.includes('{{approval.url}}'), `the approval: ${JSON.stringify(by('approval'))}`);
  expect(by('workflow').config.workflow === refund.id && by('workflow').config.input.order === '{{trigger.body.id}}', `the workflow: ${JSON.stringify(by('workflow'))}`);
  expect(by('http.request').config.method === 'PUT' && by('http.request').credential, `the request: ${JSON.stringify(by('http.request'))}`);

  step('publish says what changed since the last version, and an old one can be the draft again');
  await api('POST', `/v1/workflows/${made.id}/publish`);
  await page.reload();
  await page.click('.step:has-text("Run a workflow")');
  await type(page, 'order', 'A-1');
  await saved(page);
  await page.locator('header .tag:has-text("draft differs")').waitFor();
  await page.click('header button:has-text("Publish")');
  await page.locator('.changes li:has-text("Run a workflow") ins:has-text("A-1")').waitFor();
  await look('publish-changes');
  await page.click('.dialog button:has-text("Publish")');
  await page.click('button:has-text("Done")');
  await page.click('[aria-label="More"]');
  await page.click('[role=menuitem]:has-text("Versions")');
  await page.click('.rows li:has-text("Version 1") >> text=Look at it');
  await page.click('button:has-text("Make it the draft")');
  await templateInput(page, 'order').filter({ hasText: '{{trigger.body.id}}' }).waitFor();
  await saved(page);

  step('a credential that its service refuses says so, and is rotated');
  const old = await api('POST', '/v1/credentials', { type: 'slack_bot_token', name: 'Old Slack', data: { token: 'xoxb-wrong-1234567890' } });
  await api('POST', `/v1/credentials/${old.id}/verify`);
  await page.click('nav >> text=Credentials');
  const row = page.locator('.rows li:has-text("Old Slack")');
  await row.locator('.lamp.bad:has-text("Refused")').waitFor();
  await look('credentials-refused');
  await row.locator('button:has-text("Rotate")').click();
  await page.fill('.dialog input[type=password]', 'xoxb-right-0000000000');
  await page.click('.dialog button[type=submit]');
  await row.locator('.lamp.bad').waitFor({ state: 'detached' });

  step('make a key for a program, and find it in the audit');
  await page.click('nav >> text=Access');
  await page.click('.tab:has-text("API keys")');
  await page.click('button:has-text("New API key")');
  await page.fill('#key-name', 'Shop backend');
  await pressTwice(page, '.dialog button[type=submit]', () => page.locator('.dialog .code-block').waitFor());
  await page.mouse.click(20, 400); // beside it, which would be the end of it
  const key = (await page.locator('.dialog .code-block').textContent()).trim();
  const list = await fetch(`${env.url}/v1/agents`, { headers: { Authorization: `Bearer ${key}` } });
  expect(list.status === 200, 'the key that is shown works');
  await page.click('.dialog-foot button:has-text("Done")');
  await page.locator('.rows li:has-text("Shop backend")').waitFor();
  await look('api-keys');
  await page.click('.tab:has-text("Audit")');
  await page.locator('.audit li:has-text("api_key.create")').waitFor();
  await look('audit');
});
