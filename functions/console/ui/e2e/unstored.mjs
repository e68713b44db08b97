// What keeps a draft from being stored: another one, a role that is too small, a
// sign-in that ended, a slow server. Nothing that was typed is lost, and nothing goes
// live that was not shown.
import { api, env, expect, journey, problems, saved } from './browser.mjs';

const NAME = '[aria-label="Name of the workflow"]';

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Unstored' });
  const document = (name) => ({ name, trigger: { type: 'manual' }, nodes: [{ id: 'a', type: 'set', config: { values: { x: name } } }], edges: [{ from: 'trigger', to: 'a' }] });
  const make = async (name) => (await api('POST', `/v1/agents/${agent.id}/workflows`, document(name))).id;
  const stored = async (id) => (await api('GET', `/v1/workflows/${id}`)).document.name;
  const versions = async (id) => (await api('GET', `/v1/workflows/${id}/versions`)).items.length;
  const changeElsewhere = async (id, name) => {
    const response = await fetch(`${env.url}/v1/workflows/${id}`, { method: 'PUT', headers: { Authorization: `Bearer ${env.token}`, 'Content-Type': 'application/json', 'If-Match': '*' }, body: JSON.stringify(document(name)) });
    expect(response.ok, 'the draft is changed elsewhere');
  };
  const signIn = async (token) => {
    await page.goto(`${env.url}/#token=${encodeURIComponent(token)}`);
    // While somebody is signed in, a token is asked about first.
    await page.waitForFunction((t) => sessionStorage.getItem('switchboard.token') === t, token);
    await page.locator('h1:has-text("Agents")').waitFor();
  };
  const open = async (id) => {
    await page.goto(`${env.url}/workflows/${id}`);
    await page.locator('.step.trigger').waitFor();
    await saved(page);
  };
  const isRefused = async (id, words) => {
    await page.locator(`.dialog .note.bad:has-text("${words}")`).waitFor();
    expect(await page.locator('.dialog .note.ok').count() === 0, 'nothing says that all is well');
    expect(await versions(id) === 0, 'nothing is published');
    await page.keyboard.press('Escape');
  };
  await signIn(env.token);

  step('somebody else changes the draft: publishing and trying what is shown are refused');
  const first = await make('Mine');
  await open(first);
  await changeElsewhere(first, 'Theirs');
  await page.click('header button:has-text("Publish")');
  await page.click('.dialog-foot button:has-text("Publish")');
  await isRefused(first, 'changed elsewhere');
  await page.click('text=Load theirs');
  await saved(page);
  expect(await page.inputValue(NAME) === 'Theirs', 'theirs is shown');
  await changeElsewhere(first, 'Theirs again');
  await page.click('header button:has-text("Run draft")');
  await page.click('.dialog-foot button:has-text("Run")');
  await isRefused(first, 'changed elsewhere');
  expect((await api('GET', `/v1/workflows/${first}/executions`)).items.length === 0, 'nothing ran');
  await page.click('text=Load theirs');
  await saved(page);

  step('the same with a change of one\'s own, which is kept when the editor is left');
  await changeElsewhere(first, 'Theirs at last');
  await page.fill(NAME, 'An hour of work');
  await page.click('header button:has-text("Publish")');
  await page.click('.dialog-foot button:has-text("Publish")');
  await isRefused(first, 'changed elsewhere');
  await page.click('header >> text=Executions');
  await page.locator('.toast:has-text("An hour of work")').waitFor();
  await page.click('[aria-label="Close message"]');
  await page.goBack();
  await page.locator('.note:has-text("Nothing is saved until you choose")').waitFor();
  expect(await page.inputValue(NAME) === 'An hour of work', 'it is still there');
  await page.click('text=Keep mine');
  await saved(page);
  expect(await stored(first) === 'An hour of work', 'it is stored');
  await page.click('header button:has-text("Publish")');
  await page.click('.dialog-foot button:has-text("Publish")');
  await page.click('button:has-text("Done")');
  expect(await versions(first) === 1, 'it is published');

  step('a file that could not be stored is not imported');
  for (const [content, words] of [[{ ...document('Odd'), exported_at: 'today' }, '/exported_at is not known here'], [await api('GET', '/v1/export'), 'holds all workflows of an account']]) {
    const files = page.waitForEvent('filechooser');
    await page.click('[aria-label="More"]');
    await page.click('[role=menuitem]:has-text("Import JSON")');
    await (await files).setFiles({ name: 'odd.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(content)) });
    await page.locator(`.toast.bad:has-text("odd.json"):has-text("${words}")`).waitFor();
    await page.click('[aria-label="Close message"]');
  }
  expect(await page.inputValue(NAME) === 'An hour of work', 'the draft is as it was');

  step('numbers keep all their digits: stored, shown, in the input of a run, and in its data');
  const digits = '{"order":12345678901234567890,"rate":1.50,"far":1.0}';
  const raw = async (method, address, body) => (await fetch(env.url + address, { method, headers: { Authorization: `Bearer ${env.token}`, 'Content-Type': 'application/json' }, body })).text();
  const exact = JSON.parse(await raw('POST', `/v1/agents/${agent.id}/workflows`, JSON.stringify(document('Digits')).replace('{"x":"Digits"}', digits))).id;
  await open(exact);
  await page.click('.react-flow__node[data-id="a"]');
  await page.locator('.side .cm-content:has-text("12345678901234567890")').waitFor();
  await page.fill(NAME, 'More digits');
  await saved(page);
  expect((await raw('GET', `/v1/workflows/${exact}`)).includes(`"values":${digits}`), 'the draft has them');
  await page.click('header button:has-text("Run draft")');
  await page.fill('.dialog textarea', '{"id": 9007199254740993}');
  await page.click('.dialog-foot button:has-text("Run")');
  await page.locator('.trial .lamp.ok').waitFor();
  await page.click('.trial >> text=Details');
  await page.click('.react-flow__node[data-id="trigger"]');
  await page.locator('.side .code-block:has-text("9007199254740993")').waitFor();
  await page.click('.react-flow__node[data-id="a"]');
  await page.locator('.side .code-block:has-text("12345678901234567890"):has-text("1.50")').first().waitFor();

  step('a check that had no answer is asked for again');
  let checks = 0;
  await page.route('**/v1/workflows/check?*', (route) => (checks++ === 0 ? route.abort() : route.continue()));
  await open(exact);
  await problems(page, 'No problems');
  await page.unroute('**/v1/workflows/check?*');

  step('the editor is left and opened again while it stores');
  const second = await make('Old');
  await open(second);
  let go;
  const slow = new Promise((done) => { go = done; });
  const sent = new Promise((done) => page.route(`**/v1/workflows/${second}`, async (route) => {
    if (route.request().method() === 'PUT') { done(); await slow; }
    await route.continue();
  }));
  await page.fill(NAME, 'New');
  await page.click('header >> text=Executions');
  await sent;
  await page.goBack();
  await page.locator('.step.trigger').waitFor();
  expect(await page.inputValue(NAME) === 'New', 'it is not the old draft that is shown');
  go();
  await saved(page);
  await page.fill(NAME, 'Newer');
  await saved(page);
  expect(await stored(second) === 'Newer', 'it is in no conflict with itself');

  step('the sign-in ends: what was not stored is offered after the next one');
  const key = await api('POST', '/v1/api-keys', { name: 'Short', role: 'editor' });
  await signIn(key.key);
  await open(second);
  await api('DELETE', `/v1/api-keys/${key.id}`);
  await page.fill(NAME, 'Newest');
  await page.locator('.note:has-text("Your sign-in has ended"):has-text("kept in this tab")').waitFor();
  await look('sign-in-ended');
  await page.fill('#token', env.token);
  await page.click('button:has-text("Sign in")');
  await page.locator('.note:has-text("The sign-in ended before your changes were stored")').waitFor();
  expect(await page.inputValue(NAME) === 'Newest', 'it is still there');
  expect(await stored(second) === 'Newer', 'nothing is stored unasked');
  await look('editor-held');
  await page.click('text=Store them');
  await saved(page);
  expect(await stored(second) === 'Newest', 'it is stored');

  step('a role that is too small: it is said, and not tried again and again');
  const viewer = await api('POST', '/v1/api-keys', { name: 'Looks', role: 'viewer' });
  await signIn(viewer.key);
  await page.locator('.rail-who:has-text("viewer")').waitFor();
  await page.locator('button:has-text("New agent")[aria-disabled=true][title*="this needs editor"]').first().click({ force: true });
  expect(await page.locator('.dialog').count() === 0, 'what is not for the role does nothing');
  await open(second);
  await page.locator('header button:has-text("Publish")[aria-disabled=true]').waitFor();
  let puts = 0;
  page.on('request', (request) => { if (request.method() === 'PUT') puts++; });
  await page.fill(NAME, 'Not mine');
  await page.locator('.note.bad:has-text("Your role is viewer; this needs editor.")').waitFor();
  await look('editor-refused');
  expect(puts === 1, `it was sent once, not ${puts} times`);
  await page.click('.rail-foot [aria-label="Sign out"]');
  await page.locator('.dialog:has-text("Not stored: Not mine")').waitFor();
  await look('sign-out-unstored');
  await page.click('.dialog-foot button:has-text("Sign out")');
  await page.locator('h1:has-text("Sign in")').waitFor();
  expect(await page.locator('.note').count() === 0, 'who signs out is not told that it ended');
});
