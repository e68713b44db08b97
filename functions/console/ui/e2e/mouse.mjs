// From nothing to a running workflow with the mouse: sign in, agent, Slack, the
// Order alert drawn on an empty canvas, its executions, and the way back.
import { api, env, expect, journey, order, problems, saved, templateInput, type } from './browser.mjs';

await journey(async ({ page, look, step }) => {
  step('sign in');
  await page.goto(env.url);
  await page.locator('form:has-text("The token was printed where Switchboard was started")').waitFor();
  await page.fill('#token', 'not the token');
  await page.click('button:has-text("Sign in")');
  await page.locator('text=This token is not the one').waitFor();
  await look('sign-in');
  await page.fill('#token', env.token);
  await page.click('button:has-text("Sign in")');

  step('create an agent');
  await page.locator('text=No agents yet').waitFor();
  await look('agents-empty');
  await page.click('button:has-text("New agent")');
  await page.fill('#agent-name', 'Support');
  await look('agent-new');
  await page.click('.dialog button:has-text("Create agent")');

  step('connect Slack: verify fails, then succeeds');
  await page.locator('h2:has-text("Available integrations")').waitFor();
  await look('integrations');
  await page.fill('[aria-label="Search integrations"]', 'slack');
  await page.click('[aria-label="Connect Slack"]');
  await page.fill('.dialog input[type=password]', 'xoxb-wrong-0000000000');
  await page.click('.dialog button:has-text("Verify connection")');
  await page.locator('.dialog .note.bad:has-text("invalid_auth")').waitFor();
  await look('connect-refused');
  await page.fill('.dialog input[type=password]', 'xoxb-right-1234567890');
  await page.click('.dialog button:has-text("Verify connection")');
  await page.locator('.dialog .note.ok:has-text("Acme")').waitFor();
  await look('connect-verified');
  await page.click('.dialog button[type=submit]');
  await page.locator('.lamp.ok:has-text("Verified")').waitFor();
  await look('integrations-connected');

  step('link it to another agent without its key');
  await page.click('nav >> text=Agents');
  await page.click('button:has-text("New agent")');
  await page.fill('#agent-name', 'Sales');
  await page.click('.dialog button:has-text("Create agent")');
  await page.locator('h2:has-text("Ready to link")').waitFor();
  await look('integrations-ready');
  await page.click('[aria-label="Link Slack"]');
  await page.locator('button:has-text("Disconnect")').waitFor();
  await page.click('nav >> text=Agents');
  await page.locator('.row-link:has-text("Sales")').waitFor();
  await look('agents');
  await page.click('.row-link:has-text("Support")');

  step('draw the workflow');
  await page.locator('text=No workflows yet').waitFor();
  await look('workflows-empty');
  await page.click('button:has-text("New workflow") >> nth=0');
  await page.locator('.step.trigger').waitFor();
  await look('editor-empty');
  await page.fill('[aria-label="Name of the workflow"]', 'Order alert');
  await page.click('.step.trigger');
  await page.click('.choice:has-text("Webhook")');
  await page.locator('.field:has-text("Answers") select').selectOption('when_finished');
  await look('editor-trigger');
  await page.click('[aria-label="Add a step after Webhook"]');
  await page.locator('[role=option]').first().waitFor();
  await look('palette');
  await page.click('[role=option]:has-text("Condition")');
  await type(page, 'Rule 1: value', '{{trigger.bod.total');
  await page.selectOption('[aria-label="Rule 1: comparison"]', 'gt');
  await type(page, 'Rule 1: compared with', '1000');

  step('see a diagnostic at its place, and mend it');
  await page.locator('.rule .complaint:has-text("Did you mean")').waitFor();
  await problems(page, '1 to mend');
  expect((await templateInput(page, 'Rule 1: value').getAttribute('aria-description'))?.includes('Did you mean'), 'who does not see it is told, too');
  expect(await page.locator('.step.wrong:has-text("Condition")').count() === 1, 'the condition is marked on the canvas');
  await look('editor-diagnostic');
  await type(page, 'Rule 1: value', '{{trigger.body.total');
  await problems(page, 'No problems');
  await page.click('[aria-label="Add a step after Condition, true"]');
  await page.fill('[aria-label="Search steps"]', 'slack message');
  await page.click('[role=option]:has-text("Post a message")');
  await page.locator('.side .field:has-text("Credential") select').selectOption({ label: 'Slack …7890' });
  await page.click('.side .field[data-field="Channel"] label');
  await page.keyboard.type('#orders');
  await type(page, 'Text', 'Order {{trigger.body.id}}: {{trigger.body.total}} EUR');
  await problems(page, 'No problems');
  await saved(page);
  await look('editor-drawn');

  step('move a step with the mouse, undo and redo');
  const card = page.locator('.step:has-text("Post a message")');
  const before = await card.boundingBox();
  await page.mouse.move(before.x + 90, before.y + 20);
  await page.mouse.down();
  await page.mouse.move(before.x + 90, before.y + 120, { steps: 50 });
  await page.mouse.up();
  const lies = (text, y) => page.waitForFunction(([text, y]) => Math.abs([...document.querySelectorAll('.step')].find((e) => e.textContent.includes(text)).getBoundingClientRect().y - y) < 8, [text, y]);
  await lies('Post a message', before.y + 100);
  await page.click('[aria-label="Undo (Ctrl Z)"]');
  await lies('Post a message', before.y);

  step('publish');
  await page.click('header button:has-text("Publish")');
  await page.locator('.dialog .note.ok').waitFor();
  await look('publish');
  await page.click('.dialog button:has-text("Publish")');
  const hook = (await page.locator('[data-testid=webhook-url]').textContent()).trim();
  await look('published');
  await page.click('button:has-text("Done")');
  await page.locator('.lamp.on:has-text("Version 1 serves")').waitFor();

  step('trigger it by its webhook');
  const big = await order(hook, { id: 'A-1042', total: 1250.5 });
  expect(big.status === 200 && JSON.stringify(big.body).includes('1717171717'), `the answer holds Slack's ts: ${JSON.stringify(big)}`);
  expect((await order(hook, { id: 'A-1043', total: 5 })).status === 200, 'a small order is answered, too');
  expect((await order(hook, { total: 9000 })).status === 502, 'an order without id fails');

  step('look at the executions');
  await page.click('a:has-text("Executions")');
  await page.locator('.rows li:has-text("Failed")').waitFor();
  await look('executions');
  await page.click('.rows li >> nth=2 >> a');
  await page.locator('.step.succeeded:has-text("Post a message")').waitFor();
  await look('run-succeeded');
  await page.click('.step.succeeded:has-text("Post a message")');
  await page.locator('.side .code-block:has-text("1717171717")').waitFor();
  await page.fill('[aria-label="Search in output"]', 'channel');
  await page.locator('text=Found once').waitFor();
  await look('run-step');
  await page.goBack();
  await page.click('.rows li:has-text("Failed") >> a');
  await page.locator('.step.failed:has-text("Post a message")').waitFor();
  await page.locator('.side .note.bad:has-text("has no value")').waitFor();
  await look('run-failed');

  step('open the data of the failed one in the editor, and mend it there');
  await page.click('button:has-text("Open in the editor")');
  await page.click('.step:has-text("Post a message")');
  await page.locator('.preview:has-text("has no value in this sample")').waitFor();
  await type(page, 'Text', 'Order {{trigger.body.id | default: "without id"}}: {{trigger.body.total}} EUR');
  await page.locator('.preview:has-text("Order without id: 9000 EUR")').waitFor();
  await look('editor-preview');
  await page.click('button:has-text("Test this step")');
  await page.click('.dialog button:has-text("Test now")');
  await page.locator('.dialog .note.ok:has-text("It succeeded")').waitFor();
  await look('test-step');
  await page.keyboard.press('Escape');
  await saved(page);
  await page.click('header button:has-text("Publish")');
  await page.click('.dialog button:has-text("Publish")');
  await page.click('button:has-text("Done")');
  expect((await order(hook, { total: 9000 })).status === 200, 'the order without id succeeds with version 2');

  step('roll back and forth');
  await page.click('[aria-label="More"]');
  await page.click('[role=menuitem]:has-text("Versions")');
  await page.click('.rows li:has-text("Version 1") >> text=Serve this one');
  await page.locator('.rows li:has-text("Version 1"):has-text("Serves")').waitFor();
  await look('versions');
  await page.click('.rows li:has-text("Version 2") >> text=Serve this one');
  await page.locator('.rows li:has-text("Version 2"):has-text("Serves")').waitFor();
  await page.keyboard.press('Escape');

  step('a draft that was changed elsewhere is a conflict');
  const id = page.url().split('/').at(-1);
  const there = await fetch(`${env.url}/v1/workflows/${id}`, { headers: { Authorization: `Bearer ${env.token}` } }).then((r) => r.json());
  const put = await fetch(`${env.url}/v1/workflows/${id}`, {
    method: 'PUT', headers: { Authorization: `Bearer ${env.token}`, 'Content-Type': 'application/json', 'If-Match': there.etag }, body: JSON.stringify({ ...there.document, description: 'from elsewhere' }),
  });
  expect(put.ok, 'the draft can be changed elsewhere');
  await page.fill('[aria-label="Name of the workflow"]', 'Order alert, mine');
  await page.locator('text=changed this workflow since you opened it').waitFor();
  await look('editor-conflict');
  await page.click('button:has-text("Load theirs")');
  await saved(page);
  expect(await page.inputValue('[aria-label="Name of the workflow"]') === 'Order alert', 'their draft is shown');

  step('without an answer nothing is lost');
  await page.context().setOffline(true);
  await page.fill('[aria-label="Name of the workflow"]', 'Order alert 2');
  await page.locator('.save-state:has-text("no answer")').waitFor();
  await look('editor-offline');
  await page.context().setOffline(false);
  await saved(page);
  await page.fill('[aria-label="Name of the workflow"]', 'Order alert');
  await saved(page);

  step('the list of workflows');
  await page.click('nav >> text=Workflows');
  await page.locator('.rows li:has-text("Published, v2")').waitFor();
  await look('workflows');

  step('the credentials of the account');
  await page.click('nav >> text=Credentials');
  await page.locator('.row-button:has-text("Slack")').waitFor();
  await look('credentials');
  await page.click('.row-button:has-text("Slack")');
  await page.locator('.dialog >> text=Order alert').waitFor();
  await look('credential-uses');
  await page.keyboard.press('Escape');
  for (const [item, checked] of [['Stop checking it', false], ['Check it now and then', true]]) {
    await page.click('[aria-label="More for Slack"]');
    await page.click(`[role=menuitem]:has-text("${item}")`);
    await page.locator('.rows li:has-text("Slack") .tag:has-text("not checked")').waitFor({ state: checked ? 'detached' : 'attached' });
    expect((await api('GET', '/v1/credentials')).items.find((c) => c.name === 'Slack').checked === checked, `it is ${item}`);
  }

  step('disconnect says what stops working, and it does');
  await page.click('nav >> text=Integrations');
  await page.click('button:has-text("Disconnect")');
  await page.locator('.dialog .note.warn:has-text("Order alert")').waitFor();
  await look('disconnect');
  await page.click('.dialog button:has-text("Disconnect")');
  await page.locator('h2:has-text("Ready to link")').waitFor();
  expect((await order(hook, { id: 'A-1044', total: 2000 })).status === 502, 'the step fails without the link');

  step('link again, and go on with the failed execution');
  await page.click('[aria-label="Link Slack"]');
  await page.locator('button:has-text("Disconnect")').waitFor();
  await page.goto(`${env.url}/workflows/${id}/executions`);
  await page.click('.rows li >> nth=0 >> a');
  await page.locator('.step.failed').waitFor();
  await page.click('button:has-text("Go on from the failed step")');
  await page.locator('.step.succeeded:has-text("Post a message")').waitFor();
  await look('run-redriven');

  step('sign out');
  await page.click('[aria-label="Sign out"]');
  await page.locator('#token').waitFor();
  expect(await page.evaluate(() => sessionStorage.length) === 0, 'nothing is kept in the tab');
});
