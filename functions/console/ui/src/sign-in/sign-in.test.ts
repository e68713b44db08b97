import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Answer, Pending } from './answer';
import { begin, finish, type Issuer } from './issuer';

const home = 'https://switchboard.example.com';
const at: Issuer = { issuer: 'https://login.example.com/pool', client_id: 'console', scope: 'openid' };

// A tab, with the issuer and the API that it can ask.
let address: URL;
let stored: Map<string, string>;
let asked: { url: string; body: URLSearchParams }[];
let claims: Record<string, unknown>;
let discovery: Record<string, unknown>;
let api: () => Response;

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } });
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const idToken = () => `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;

beforeEach(() => {
  address = new URL(`${home}/workflows/wf_1?tab=a#b`);
  stored = new Map();
  asked = [];
  discovery = {
    issuer: at.issuer, authorization_endpoint: 'https://pages.example.com/authorize?tenant=1', token_endpoint: 'https://tokens.example.com/token',
    end_session_endpoint: 'https://pages.example.com/logout',
  };
  api = () => json({ items: [] });
  const now = Math.floor(Date.now() / 1000);
  claims = { iss: at.issuer, aud: at.client_id, sub: 'ada', iat: now, exp: now + 3600 };
  vi.stubGlobal('window', { get location() { return address; } });
  vi.stubGlobal('history', { replaceState: (_state: unknown, _title: string, to: string) => {
    const next = new URL(to, address);
    if (next.origin !== address.origin) throw new DOMException('another origin', 'SecurityError'); // as browsers do
    address = next;
  } });
  vi.stubGlobal('sessionStorage', { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => stored.set(key, value), removeItem: (key: string) => stored.delete(key) });
  vi.stubGlobal('fetch', async (input: URL | string, init?: RequestInit) => {
    const url = String(input);
    asked.push({ url, body: new URLSearchParams(String(init?.body ?? '')) });
    if (url === `${at.issuer}/.well-known/openid-configuration`) return json(discovery);
    if (url === discovery['token_endpoint']) return json({ access_token: 'acc', token_type: 'Bearer', expires_in: 3600, id_token: idToken() });
    if (url.startsWith('/v1/')) return api();
    throw new TypeError('Failed to fetch');
  });
  vi.resetModules();
});
afterEach(() => vi.unstubAllGlobals());

/** Goes to the issuer and comes back with what it says. */
async function answered(say: (state: string) => Record<string, string>, signedIn = false): Promise<Answer | null> {
  const answer = await import('./answer');
  const { pending, url } = await begin(at, address.pathname + address.search + address.hash);
  answer.keepPending(pending);
  claims['nonce'] ??= pending.nonce;
  address = new URL(`${home}/?${new URLSearchParams(say(new URL(url).searchParams.get('state')!)).toString()}`);
  answer.takeAnswer(signedIn);
  return answer.theAnswer();
}
const ended = async ({ params, pending }: Answer) => finish(at, params, pending);
const refusal = (answer: Answer) => ended(answer).then(() => 'none', (error: Error) => error.message);

it('asks the issuer for a code, by S256, and keeps the verifier to itself', async () => {
  const { pending, url } = await begin(at, '/agents');
  const sent = new URL(url);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier));
  expect(sent.origin + sent.pathname).toBe('https://pages.example.com/authorize');
  expect(Object.fromEntries(sent.searchParams)).toEqual({
    tenant: '1', response_type: 'code', client_id: 'console', redirect_uri: `${home}/`, scope: 'openid', state: pending.state, nonce: pending.nonce,
    code_challenge: Buffer.from(digest).toString('base64url'), code_challenge_method: 'S256',
  });
  expect(url).not.toContain(pending.verifier);
});

it('makes the ID token the session\'s, and goes where one wanted to go', async () => {
  const answer = await answered((state) => ({ code: 'the-code', state }));
  expect(address.href).toBe(`${home}/workflows/wf_1?tab=a#b`);
  expect([...stored]).toEqual([]);
  expect(await ended(answer!)).toEqual({ token: idToken(), leaveAt: `https://pages.example.com/logout?client_id=console&post_logout_redirect_uri=${encodeURIComponent(`${home}/`)}` });
  const { body } = asked.find(({ url }) => url === 'https://tokens.example.com/token')!;
  expect(Object.fromEntries(body)).toEqual({ grant_type: 'authorization_code', code: 'the-code', redirect_uri: `${home}/`, client_id: 'console', code_verifier: answer!.pending!.verifier });
  const { theAnswer } = await import('./answer');
  expect(theAnswer()).toBeNull(); // a code is good once
});

it('signs out of Cognito as that wants it, and nowhere if there is no page for it', async () => {
  discovery['end_session_endpoint'] = 'https://sb-1.auth.eu-central-1.amazoncognito.com/logout';
  expect((await ended((await answered((state) => ({ code: 'c', state })))!)).leaveAt).toBe(`https://sb-1.auth.eu-central-1.amazoncognito.com/logout?client_id=console&logout_uri=${encodeURIComponent(`${home}/`)}`);
  for (const none of [undefined, 'http://pages.example.com/logout', 'javascript:alert(1)']) {
    discovery['end_session_endpoint'] = none;
    delete claims['nonce'];
    expect((await ended((await answered((state) => ({ code: 'c', state })))!)).leaveAt).toBeUndefined();
  }
});

it.each([
  ['another state', () => ({ code: 'c', state: 'made up' })],
  ['no state', () => ({ code: 'c' })],
  ['an error under another state', () => ({ error: 'access_denied', error_description: 'Call 555-0100', state: 'made up' })],
])('refuses %s without asking anybody, and says none of its words', async (_, say) => {
  const answer = await answered(say);
  asked = [];
  expect(address.href).toBe(`${home}/`);
  expect(await refusal(answer!)).toBe('That sign-in was not begun in this tab, so it does not count.');
  expect(asked).toEqual([]);
});

it('refuses an answer that nobody waits for', async () => {
  const answer = await import('./answer');
  address = new URL(`${home}/?code=c&state=s`);
  answer.takeAnswer(false);
  expect(address.href).toBe(`${home}/`);
  expect(await refusal(answer.theAnswer()!)).toContain('not begun in this tab');
});

it('leaves who is signed in as they are', async () => {
  expect(await answered((state) => ({ code: 'c', state }), true)).toBeNull();
  expect(address.href).toBe(`${home}/workflows/wf_1?tab=a#b`);
});

it.each(['/workflows/wf_1?code=c&state=s', '/?error=access_denied', '/?tab=code'])('leaves %s alone', async (to) => {
  const { takeAnswer, theAnswer } = await import('./answer');
  address = new URL(home + to);
  takeAnswer(false);
  expect([address.href, theAnswer()]).toEqual([home + to, null]);
});

it('never leaves its own address for where one wanted to go', async () => {
  const answer = await import('./answer');
  answer.keepPending({ state: 's', nonce: 'n', verifier: 'v', to: 'https://elsewhere.example.com/' } satisfies Pending);
  address = new URL(`${home}/?code=c&state=s`);
  expect(() => answer.takeAnswer(false)).toThrow('another origin');
});

it('says what the issuer says', async () => {
  expect(await refusal((await answered((state) => ({ error: 'access_denied', error_description: '<b>Not today</b>', state })))!)).toBe('login.example.com did not sign you in: <b>Not today</b>');
  expect(await refusal((await answered((state) => ({ error: 'server_error', state })))!)).toBe('login.example.com did not sign you in: server_error');
});

it.each<[string, () => void, string]>([
  ['is for another client', () => { claims['aud'] = 'other'; }, 'aud'],
  ['is of another issuer', () => { claims['iss'] = 'https://evil.example.com'; }, 'iss'],
  ['answers another question', () => { claims['nonce'] = 'other'; }, 'nonce'],
  ['has expired', () => { claims['exp'] = Math.floor(Date.now() / 1000) - 600; }, 'exp'],
])('refuses a token that %s', async (_, change, word) => {
  change();
  const said = await refusal((await answered((state) => ({ code: 'the-code', state })))!);
  expect(said).toContain('The answer of login.example.com is not valid');
  expect(said).toContain(word);
  expect(said).not.toContain(idToken());
});

it('refuses an issuer that calls itself something else', async () => {
  discovery['issuer'] = 'https://evil.example.com';
  await expect(begin(at, '/')).rejects.toThrow('The answer of login.example.com is not valid');
});

it('says that the issuer does not answer', async () => {
  await expect(begin({ ...at, issuer: 'https://down.example.com' }, '/')).rejects.toThrow('down.example.com does not answer.');
});

it('says why the API does not take the token', async () => {
  api = () => json({ detail: 'The token names no account of ours.', hint: 'Ask whoever manages the users.' }, 401);
  expect(await refusal((await answered((state) => ({ code: 'c', state })))!)).toBe('login.example.com has signed you in, and Switchboard does not take it: The token names no account of ours.');
});
