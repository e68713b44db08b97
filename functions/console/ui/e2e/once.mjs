// What is done once: starting by a double click, and again after an answer was lost.
// And the draft, run whole without publishing it; and a call whose outcome nobody knows.
import { api, env, expect, journey, pressTwice, problems, saved, templateInput, type } from './browser.mjs';

const shop = process.env.CONSOLE_SHOP;

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Once' });
  const executions = async (id) => (await api('GET', `/v1/workflows/${id}/executions`)).items;
  const trigger = { type: 'manual', config: { input_schema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } } };
  const made = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Greet', trigger, edges: [{ from: 'trigger', to: 'is_ada' }, { from: 'is_ada', port: 'true', to: 'hello' }, { from: 'is_ada', port: 'false', to: 'others' }],
    nodes: [{ id: 'is_ada', type: 'condition', config: { all: [{ left: '{{name}}', op: 'eq', right: 'Ada' }] } },
      { id: 'hello', type: 'http.request', name: 'Print a greeting', config: { method: 'GET', url: `${shop}/print?for={{name}}` } }, { id: 'others', type: 'set', config: { values: { text: 'Hello' } } }],
  });
  await page.goto(`${env.url}/#token=${encodeURIComponent(env.token)}`);
  await page.locator('h1:has-text("Agents")').waitFor();
  await page.goto(`${env.url}/workflows/${made.id}`);
  await problems(page, 'No problems');

  step('run the draft whole, by the keyboard, and watch it on the canvas');
  await page.locator('.step.trigger').waitFor();
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.fill('.dialog .field:has-text("name") input', 'Ada');
  await look('try-dialog');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.locator('.trial .lamp.ok:has-text("Succeeded")').waitFor();
  await page.locator('.step.succeeded:has-text("Print a greeting")').waitFor();
  await page.locator('.step.skipped:has-text("others")').waitFor();
  await look('editor-trial');
  const [first] = await executions(made.id);
  expect(first.test === true, 'the execution is marked as one of a draft');
  expect((await api('GET', `/v1/workflows/${made.id}`)).published_version === null, 'nothing is published');

  step('its data is what the fields preview, and the changed draft is what runs next');
  await page.click('.step:has-text("others")');
  await type(page, 'Value 1', 'Hello {{name}}');
  await page.locator('.preview:has-text("Hello Ada")').waitFor();
  const dialog = page.locator('.dialog');
  await pressTwice(page, 'header button:has-text("Run draft")', () => dialog.waitFor());
  expect(await dialog.count() === 1, 'a double click opens the dialog, and does not close it again');
  await page.fill('.dialog .field:has-text("name") input', 'Bob');
  await page.mouse.click(20, 400);
  expect(await page.inputValue('.dialog .field:has-text("name") input') === 'Bob', 'a press beside the dialog does not drop what was typed');
  const viewport = () => page.locator('.react-flow__viewport').getAttribute('style');
  let before;
  do { // until the canvas stands still: it moves to show the step that was selected
    before = await viewport();
    await page.waitForTimeout(100);
  } while (await viewport() !== before);
  await pressTwice(page, '.dialog-foot button:has-text("Run")', () => dialog.waitFor({ state: 'detached' }));
  await page.locator('.step.succeeded:has-text("others")').waitFor();
  const after = await viewport();
  expect(await dialog.count() === 0 && after === before, `the second press is none of the canvas behind: ${before} and ${after}, ${await dialog.count()} dialogs`);
  await page.locator('.trial .lamp.ok').waitFor();
  expect((await executions(made.id)).length === 2, 'a double click starts one');
  await page.click('.trial >> text=Details');
  await page.locator('.run-what:has-text("a draft")').waitFor();
  await page.click('.step:has-text("others")');
  await page.locator('.side .code-block:has-text("Hello Bob")').waitFor();
  await page.goBack();

  step('publish by a double click: one version');
  await saved(page);
  await page.click('header button:has-text("Publish")');
  await page.locator('.dialog .note.ok').waitFor();
  await pressTwice(page, '.dialog-foot button:has-text("Publish")', () => page.locator('.dialog h2:has-text("Version 1 serves")').waitFor());
  expect(await page.locator('.dialog h2:has-text("Version 1 serves")').count() === 1, 'what it says stays');
  await page.click('button:has-text("Done")');
  expect((await api('GET', `/v1/workflows/${made.id}/versions`)).items.length === 1, 'one version');

  step('an answer that is lost, and the same again: one execution');
  await page.click('[aria-label="More"]');
  await page.click('[role=menuitem]:has-text("Run version 1")');
  await page.fill('.dialog .field:has-text("name") input', 'Cy');
  const keys = [];
  await page.route('**/executions', async (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length > 1) return route.continue();
    await route.fetch(); // the server does it
    return route.abort();
  });
  await page.click('.dialog-foot button:has-text("Run")');
  await page.locator('.dialog .note.bad:has-text("does not answer")').waitFor();
  await page.click('.dialog-foot button:has-text("Run")');
  await page.locator('header .lamp.ok:has-text("Succeeded")').waitFor();
  await page.unroute('**/executions');
  expect(keys.length === 2 && keys[0] && keys[0] === keys[1], `the same key: ${keys}`);
  expect((await executions(made.id)).length === 3, 'it ran once');

  step('run again by a double click: one more');
  await page.click('header button:has-text("Run again")');
  await page.dblclick('.dialog-foot button:has-text("Run again")'); // both before any answer, or nearly
  await page.locator('.run-what:has-text("again after")').waitFor();
  await page.locator('header .lamp.ok:has-text("Succeeded")').waitFor();
  expect((await executions(made.id)).length === 4, 'a double click replays once');

  step('an answer that is lost while several run again: the rest goes on, and nothing runs twice');
  await page.goto(`${env.url}/workflows/${made.id}/executions`);
  for (const i of [0, 1, 2]) await page.check(`.rows li >> nth=${i} >> input[type=checkbox]`);
  await page.click('.bulk button:has-text("Run again")');
  let asked = 0;
  await page.route('**/replay', async (route) => {
    if (asked++ > 0) return route.continue();
    await route.fetch(); // the server does it
    return route.fulfill({ status: 504, contentType: 'text/html', body: 'Gateway Timeout' });
  });
  await page.click('.dialog-foot button:has-text("Run again")');
  await page.locator('.dialog .note.bad:has-text("504")').waitFor();
  await page.click('.dialog-foot button:has-text("Go on with the rest")');
  await page.locator('.dialog [role=status]:has-text("3 of 3 started.")').waitFor();
  await page.click('.dialog-foot button:has-text("Done")');
  await page.unroute('**/replay');
  expect((await executions(made.id)).length === 7, 'each is run again once');

  step('a draft with a mistake says what to mend');
  await page.goto(`${env.url}/workflows/${made.id}`);
  await page.click('.step:has-text("others")');
  await templateInput(page, 'Value 1').click();
  await type(page, 'Value 1', '{{steps.nobody.x}}');
  await saved(page);
  await page.click('header button:has-text("Run draft")');
  await page.click('.dialog-foot button:has-text("Run")');
  await page.locator('.dialog .note.bad:has-text("Mend this first")').waitFor();
  await page.keyboard.press('Escape');

  step('a call of which nobody knows the outcome is marked as done, and what follows goes on');
  const charge = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Charge', trigger: { type: 'manual' }, edges: [{ from: 'trigger', to: 'charge' }, { from: 'charge', to: 'after' }],
    nodes: [{ id: 'charge', type: 'http.request', name: 'Charge the card', config: { method: 'POST', url: `${shop}/drop`, body: '{}' } }, { id: 'after', type: 'set', config: { values: { status: '{{steps.charge.status}}' } } }],
  });
  await api('POST', `/v1/workflows/${charge.id}/publish`);
  const { id } = await api('POST', `/v1/workflows/${charge.id}/executions`, {});
  await page.goto(`${env.url}/workflows/${charge.id}/executions/${id}`);
  await page.locator('.uncertain:has-text("Was it done?")').waitFor();
  await look('run-uncertain');
  await page.click('button:has-text("Mark it as done")');
  await page.fill('.dialog textarea', '{"status": 201, "headers": {}, "body": null}');
  await look('mark-done');
  await page.click('.dialog-foot button:has-text("Mark as done")');
  await page.locator('header .lamp.ok:has-text("Succeeded")').waitFor();
  await page.click('.step:has-text("after")');
  await page.locator('.side .code-block:has-text("201")').waitFor();
});
