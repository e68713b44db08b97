import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { base64, bytesOf } from './file';

it.each([0, 1, 2, 3, 0x8000, 0x8001, 100_000])('writes %i bytes', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 31) % 256);
  expect(base64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
});

it('counts the bytes of a file, and of nothing else', () => {
  expect(bytesOf(base64(new Uint8Array(1000)))).toBe(1000);
  expect(bytesOf(base64(new Uint8Array(1001)))).toBe(1001);
  expect([bytesOf('{{steps.fetch.content_base64}}'.repeat(20)), bytesOf('aGk='), bytesOf(undefined)]).toEqual([0, 0, 0]);
});
