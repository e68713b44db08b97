import { expect, it } from 'vitest';
import { withCurl } from './import-curl';

it('replaces what the step said, and keeps what it is', () => {
  const node = { id: 'fetch', type: 'http.request', credential: 'cred_1', config: { url: 'https://old.example', query: { a: '1' } }, timeout_seconds: 5, position: { x: 1, y: 2 } };
  const made = { type: 'http.request', config: { url: 'https://new.example', method: 'POST' }, warnings: [] };
  expect(withCurl(node, made)).toEqual({ id: 'fetch', type: 'http.request', credential: 'cred_1', config: { url: 'https://new.example', method: 'POST' }, position: { x: 1, y: 2 } });
  expect(withCurl(node, { ...made, timeout_seconds: 9 }).timeout_seconds).toBe(9);
});
