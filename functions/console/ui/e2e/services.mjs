// Access that a person grants: again after it has ended, and for one more service. A
// client of the deployment or of one's own, and one that acts by itself. Then files
// in a step, and an event that is sent to try its trigger.
import { api, env, expect, journey, problems, saved } from './browser.mjs';

const google = process.env.CONSOLE_GOOGLE;

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Sales' });
  await page.goto(`${env.url}/#token=${encodeURIComponent(env.token)}`);
  await page.locator('h1:has-text("Agents")').waitFor();
  const integrations = () => page.goto(`${env.url}/agents/${agent.id}/integrations`);
  const connect = async (name) => {
    await page.fill('[aria-label="Search integrations"]', name);
    await page.click(`[aria-label^="Connect"][aria-label$="${name}"]`);
  };
  const allow = async (button) => {
    const [window] = await Promise.all([page.waitForEvent('popup'), page.click(button)]);
    await window.click('#allow');
  };

  step('grant access, lose it, and grant it again');
  await integrations();
  await connect('Gmail');
  // As where the console is opened at another address than the callback: then nothing tells
  // of the grant, which is found by asking, though it comes at once.
  await page.evaluate(() => { globalThis.BroadcastChannel = class { close() {} }; });
  await page.fill('.dialog .field:has-text("Client ID") input', '1234.apps.googleusercontent.com');
  await page.fill('.dialog input[type=password]', 'GOCSPX-of-the-journey');
  await allow('.dialog button[type=submit]');
  await page.locator('.rows li:has-text("ada@example.com")').waitFor();
  const [credential] = (await api('GET', '/v1/credentials?type=google_oauth2')).items;
  await fetch(`${google}/revoke`, { method: 'POST' });
  await api('POST', `/v1/credentials/${credential.id}/verify`);
  expect((await api('GET', `/v1/credentials/${credential.id}`)).status === 'needs_reconnect', 'access has ended');
  await page.goto(`${env.url}/credentials`); // afresh: it was changed elsewhere
  const row = page.locator('.rows li:has-text("ada@example.com")');
  await row.locator('.lamp.bad:has-text("Access has ended")').waitFor();
  await look('credential-ended');
  const [window] = await Promise.all([page.waitForEvent('popup'), row.locator('button:has-text("Reconnect")').click()]);
  await row.locator('.note:has-text("Grant access in the window")').waitFor();
  await look('credential-reconnect');
  await window.click('#allow');
  await row.locator('.lamp.bad').waitFor({ state: 'detached' });
  expect((await api('GET', `/v1/credentials/${credential.id}`)).status === 'ok', 'access is back');

  step('the same credential for one more service');
  await integrations();
  await connect('Google Sheets');
  await page.click('.dialog .tab:has-text("Existing")');
  expect(!(await (await fetch(`${google}/granted`)).text()).includes('spreadsheets'), 'tables are not granted yet');
  await look('connect-existing');
  await allow('.dialog button:has-text("Grant access to Google Sheets")');
  await page.locator('.toast:has-text("has access again")').waitFor();
  expect((await (await fetch(`${google}/granted`)).text()).includes('spreadsheets'), 'tables are granted, too');
  await page.keyboard.press('Escape');

  step('a client of the deployment needs no fields; one of your own has them, and may act by itself');
  await connect('Salesforce');
  await page.locator('.dialog button:has-text("Connect with Salesforce")').waitFor();
  expect(await page.locator('.dialog input[type=password]').count() === 0, 'nothing is asked for');
  await look('connect-app');
  await page.click('.dialog .switch');
  await page.locator('#redirect-uri').waitFor();
  await page.fill('.dialog .field:has-text("Consumer key") input', '3MVG9ExampleKey');
  await page.fill('.dialog input[type=password]', 'secret-of-the-journey');
  await page.fill('.dialog .field:has-text("My Domain URL") input', 'https://acme.example.com');
  await page.click('.dialog button:has-text("Verify connection")');
  await page.locator('.dialog .complaint:has-text("salesforce.com")').waitFor();
  await page.fill('.dialog .field:has-text("My Domain URL") input', 'https://acme.my.salesforce.com');
  await page.click('.dialog button:has-text("Verify connection")');
  await page.locator('.dialog .note.ok:has-text("robot@acme.example")').waitFor();
  await look('connect-own-client');
  await page.click('.dialog button:has-text("Connect without asking anybody")');
  await page.locator('.rows li:has-text("Salesforce")').waitFor();
  expect((await api('GET', '/v1/credentials?type=salesforce_oauth2')).items.length === 1, 'it is stored');

  step('a file in a step');
  const mail = await api('POST', `/v1/agents/${agent.id}/workflows`, {
    name: 'Send a report', trigger: { type: 'event', config: { source: 'shop' } }, edges: [{ from: 'trigger', to: 'mail' }, { from: 'trigger', to: 'note' }],
    nodes: [{ id: 'note', type: 'set', config: { values: { order: '{{trigger.detail.id}}' } } }, { id: 'mail', type: 'gmail.send_email', credential: credential.id, config: { to: ['ada@example.com'], subject: 'Report', body: 'See the file.' } }],
  });
  await page.goto(`${env.url}/workflows/${mail.id}`);
  await page.click('.step:has-text("mail")');
  await page.click('.field:has-text("Attachments") button:has-text("Add one")');
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('[aria-label="Choose a file for Attachments 1"]')]);
  await chooser.setFiles({ name: 'report.csv', mimeType: 'text/csv', buffer: Buffer.from(`order,total\n${'A-1,20\n'.repeat(120)}`) });
  await page.locator('text=1 KiB attached').waitFor();
  await saved(page);
  await look('editor-file');
  const { document } = await api('GET', `/v1/workflows/${mail.id}`);
  const [file] = document.nodes.find((n) => n.id === 'mail').config.attachments;
  expect(file.filename === 'report.csv' && Buffer.from(file.content_base64, 'base64').toString().startsWith('order,total'), JSON.stringify(file));
  await page.click('[aria-label="Choose another file for Attachments 1"] ~ button:has-text("Remove its content")');
  await page.click('[aria-label="Remove Attachments 1"]');
  await problems(page, 'No problems');
  await page.keyboard.press('Escape');

  step('an event that is sent to try the trigger');
  await page.click('.step:has-text("mail")');
  await page.click('.side button:has-text("Delete")');
  await saved(page);
  await api('POST', `/v1/workflows/${mail.id}/publish`);
  await page.reload();
  await page.click('.step.trigger');
  await page.click('summary:has-text("Send an event to try it")');
  await page.fill('.fold textarea', '{"id": ');
  await page.click('.fold button:has-text("Send")');
  await page.locator('.fold .note.bad:has-text("not JSON")').waitFor();
  await page.fill('.fold textarea', '{"id": "A-7"}');
  await page.click('.fold button:has-text("Send")');
  await page.locator('.fold .note.ok').waitFor();
  await look('trigger-event-sent');
  await page.click('header >> text=Executions');
  await page.locator('.rows li:has-text("Succeeded"):has-text("an event")').waitFor();
  await page.click('.rows li >> nth=0 >> a');
  await page.click('.step:has-text("note")');
  await page.locator('.side .code-block:has-text("A-7")').waitFor();
});
