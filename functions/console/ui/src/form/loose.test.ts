import { expect, it } from 'vitest';
import { isBrokenJson, readLoose, writeLoose } from './loose';

it.each<[string, unknown]>([
  ['1000', 1000], ['hello', 'hello'], ['"1000"', '1000'], ['{{trigger.body.id}}', '{{trigger.body.id}}'],
  ['{"a": {{x}}}', '{"a": {{x}}}'], ['true', true], ['', undefined], ['null', null], ['[1, 2]', [1, 2]],
])('%j means %j', (text, value) => expect(readLoose(text)).toEqual(value));

it.each([undefined, null, 0, '0', 'a', '"a"', ' padded ', '{{x}}', { a: [1] }, 'true', true])('%j survives being written', (value) => {
  expect(readLoose(writeLoose(value))).toEqual(value);
});

it.each(['hello', '{"a": 1}', '[1]', '{{x}}', '{{x}}: {', '12', ''])('%j is not broken JSON', (text) => expect(isBrokenJson(text)).toBe(false));
it.each(['{"a": 1,}', '{"b": x}', '[1, ', '{'])('%j is', (text) => expect(isBrokenJson(text)).toBe(true));
