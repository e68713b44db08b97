import { afterEach, beforeEach, expect, it, vi } from 'vitest';

// A tab: an address, what the session storage holds, and what hears of its changes.
let hash = '';
let wentTo = '';
let stored = new Map<string, string>();
let hashChanged: () => void = () => undefined;
const flushed = () => new Promise((done) => setTimeout(done));

beforeEach(() => {
  hash = wentTo = '';
  stored = new Map();
  vi.stubGlobal('window', { get location() { return { hash, pathname: '/agents', search: '', assign: (to: string) => { wentTo = to; } }; }, addEventListener: (_: string, listener: () => void) => { hashChanged = listener; } });
  vi.stubGlobal('history', { state: null, replaceState: () => { hash = ''; } });
  vi.stubGlobal('sessionStorage', { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => stored.set(key, value), clear: () => stored.clear() });
  vi.resetModules();
});
afterEach(() => vi.unstubAllGlobals());

async function opened(works: (token: string) => Promise<boolean> = (token) => Promise.resolve(token.startsWith('good'))) {
  const session = await import('./session');
  const refused: unknown[] = [];
  session.restoreSession(works, (error) => refused.push(error));
  return { ...session, refused };
}

it('takes a token from the address, and out of it', async () => {
  hash = '#token=any';
  expect((await opened()).currentToken()).toBe('any');
  expect(hash).toBe('');
});

it('lets a token that works take the place of another, and what that one had kept go', async () => {
  stored.set('switchboard.token', 'good one').set('switchboard.sample.wf_1', 'what people wrote');
  const { currentToken } = await opened();
  hash = '#token=good%20two';
  hashChanged();
  await flushed();
  expect(currentToken()).toBe('good two');
  expect([...stored]).toEqual([['switchboard.token', 'good two']]);
});

it('keeps the session where the token in the address is not valid, or nobody knows', async () => {
  stored.set('switchboard.token', 'good one');
  hash = '#token=garbage';
  const { currentToken, refused } = await opened();
  await flushed();
  expect([currentToken(), refused]).toEqual(['good one', [undefined]]);
  const failed = new Error('no answer');
  vi.resetModules();
  hash = '#token=good%20two';
  const second = await opened(() => Promise.reject(failed));
  await flushed();
  expect([second.currentToken(), second.refused]).toEqual(['good one', [failed]]);
});

it('does not sign in again who has signed out meanwhile', async () => {
  stored.set('switchboard.token', 'good one');
  hash = '#token=good%20two';
  const { currentToken, signOut } = await opened();
  signOut();
  await flushed();
  expect(currentToken()).toBeNull();
});

it('signs out where one signed in, after a reload too, and not if it has ended or was another sign-in', async () => {
  const leaveAt = 'https://login.example.com/logout';
  (await opened()).signIn('good one', leaveAt);
  vi.resetModules();
  const reloaded = await opened();
  reloaded.signOut();
  expect([wentTo, [...stored]]).toEqual([leaveAt, []]);
  wentTo = '';
  reloaded.signIn('good one', leaveAt);
  reloaded.endSession('good one');
  reloaded.signOut();
  reloaded.signIn('good one', leaveAt);
  reloaded.signIn('good two');
  reloaded.signOut();
  expect(wentTo).toBe('');
});
