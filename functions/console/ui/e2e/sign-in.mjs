// Signing in at an OpenID provider: to the page one wanted, as what the provider says;
// what it refuses, what nobody asked it, and when the sign-in ends.
import { api, env, expect, journey, saved } from './browser.mjs';

const NAME = '[aria-label="Name of the workflow"]';
const PRESS = 'button:text-is("Sign in")';
const next = async (settings) => (await fetch(`${new URL(env.issuer).origin}/next`, { method: 'POST', body: new URLSearchParams(settings) })).json();

await journey(async ({ page, look, step }) => {
  const agent = await api('POST', '/v1/agents', { name: 'Signing in' });
  const { id } = await api('POST', `/v1/agents/${agent.id}/workflows`, { name: 'Old', trigger: { type: 'manual' }, nodes: [], edges: [] });
  const stored = async () => (await api('GET', `/v1/workflows/${id}`)).document.name;
  const urls = [];
  page.context().on('request', (request) => urls.push(request.url()));
  const kept = () => page.evaluate(() => Object.keys(sessionStorage).filter((key) => key.startsWith('switchboard.')).sort().join());
  const signedIn = (role) => page.locator(`.rail-who:has-text("${role}")`).waitFor();

  step('the provider refuses, and says why');
  await next({ role: 'editor', denies: 'yes' });
  await page.goto(`${env.url}/workflows/${id}?tab=a#b`);
  await page.locator(PRESS).waitFor();
  await look('sign-in-issuer');
  await page.click(PRESS);
  await page.locator('.note.bad:has-text("You may not use <i>Switchboard</i>.")').waitFor();
  expect(page.url() === `${env.url}/workflows/${id}?tab=a#b`, `one is where one was, not at ${page.url()}`);
  expect(await kept() === '', 'nothing is left of it');
  await look('sign-in-refused');

  step('one signs in, to the page that one wanted');
  await page.click(PRESS);
  await page.locator('.step.trigger').waitFor();
  expect(page.url() === `${env.url}/workflows/${id}?tab=a#b`, `the code is not in the address: ${page.url()}`);
  expect((await next({ role: 'viewer' })).exchanged === 1, 'the code was exchanged once');
  await page.goto(`${env.url}/agents`);
  await signedIn('editor');
  const me = await page.evaluate(async () => (await fetch('/v1/me', { headers: { Authorization: `Bearer ${sessionStorage.getItem('switchboard.token')}` } })).json());
  expect(me.account === 'acc_local' && me.role === 'editor' && me.actor === 'user:ada', `the API knows who it is: ${JSON.stringify(me)}`);
  expect(!(await kept()).includes('switchboard.sign-in'), `what the sign-in needed is not kept: ${await kept()}`);
  await page.goBack();
  await page.locator('.step.trigger').waitFor();
  await page.fill(NAME, 'Mine');
  await saved(page);
  expect(await stored() === 'Mine', 'they may change it');

  step('one signs out of both, and somebody else signs in');
  await page.goto(`${env.url}/agents`);
  await page.click('.rail-foot [aria-label="Sign out"]');
  await page.waitForURL(`${env.url}/?left`);
  await page.locator(PRESS).waitFor();
  expect(await kept() === '' && await page.locator('.note').count() === 0, 'nothing is left of it');
  await page.click(PRESS);
  await signedIn('viewer');

  step('an answer that nobody asked for is refused');
  await page.click('.rail-foot [aria-label="Sign out"]');
  await page.waitForURL(`${env.url}/?left`);
  for (const answer of ['code=stolen&state=made-up', 'code=stolen', 'error=access_denied&error_description=Call+555-0100&state=made-up']) {
    await page.goto(`${env.url}/?${answer}`);
    await page.locator('.note.bad:has-text("not begun in this tab")').waitFor();
    expect(await page.locator('text=555').count() === 0, 'others do not write on this page');
    expect(!page.url().includes('stolen'), 'it is not in the address');
  }
  await look('sign-in-not-asked');
  expect((await next({ role: 'editor', expires: 'soon' })).exchanged === 2, 'nothing was exchanged for it');

  step('the sign-in expires, with a change that is not stored: it is there after the next one');
  await page.goto(`${env.url}/workflows/${id}`);
  await page.click(PRESS);
  await page.locator('.step.trigger').waitFor();
  await next({ role: 'editor' });
  await page.route(`**/v1/workflows/${id}`, (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await page.fill(NAME, 'An hour of work');
  await page.locator('.note:has-text("Your sign-in has ended"):has-text("kept in this tab")').waitFor();
  await page.unroute(`**/v1/workflows/${id}`);
  await look('sign-in-issuer-ended');
  const opened = page.waitForEvent('popup');
  await page.click(PRESS);
  const popup = await opened;
  await page.locator('.note:has-text("The sign-in ended before your changes were stored")').waitFor();
  expect(await page.inputValue(NAME) === 'An hour of work', 'it is still there');
  await page.click('text=Store them');
  await saved(page);
  expect(await stored() === 'An hour of work', 'it is stored');
  if (!popup.isClosed()) await popup.waitForEvent('close');

  step('a token does as well');
  await page.goto(`${env.url}/agents`);
  await page.click('.rail-foot [aria-label="Sign out"]');
  await page.waitForURL(`${env.url}/?left`);
  await page.fill('#token', env.token);
  await page.click('button:has-text("Use this token")');
  await signedIn('owner');
  await page.click('.rail-foot [aria-label="Sign out"]');
  await page.locator(PRESS).waitFor();
  expect(!page.url().includes('left'), 'who came with a token has nowhere else to sign out');

  const secrets = urls.filter((url) => /eyJ|code_verifier|id_token/.test(url));
  expect(secrets.length === 0, `no token stands in a URL: ${secrets}`);
});
