import { afterEach, expect, it, vi } from 'vitest';
import { call, Offline, Problem } from './client';

const answers = (response: Response) => vi.stubGlobal('fetch', () => Promise.resolve(response));
afterEach(() => vi.unstubAllGlobals());

it('does not take a page for an answer', async () => {
  answers(new Response('<!doctype html><title>Sign in to the network</title>', { status: 200 }));
  await expect(call('/v1/agents')).rejects.toThrow('What answered is not Switchboard.');
  answers(new Response('<h1>Bad gateway</h1>', { status: 502 }));
  await expect(call('/v1/agents')).rejects.toBeInstanceOf(Problem);
});

it('takes an answer, and one without a body', async () => {
  answers(new Response('{"items":[]}'));
  expect(await call('/v1/agents')).toEqual({ items: [] });
  answers(new Response(null, { status: 204 }));
  expect(await call('/v1/agents/agt_1')).toBeUndefined();
});

it('says that nothing answered', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed to fetch')));
  await expect(call('/v1/agents')).rejects.toBeInstanceOf(Offline);
});
