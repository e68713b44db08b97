import { expect, it } from 'vitest';
import { readLoose, writeLoose } from './loose';

it.each<[string, unknown]>([
  ['1000', 1000], ['hello', 'hello'], ['"1000"', '1000'], ['{{trigger.body.id}}', '{{trigger.body.id}}'],
  ['{"a": {{x}}}', '{"a": {{x}}}'], ['true', true], ['', undefined], ['null', null], ['[1, 2]', [1, 2]],
])('%j means %j', (text, value) => expect(readLoose(text)).toEqual(value));

it.each([undefined, null, 0, '0', 'a', '"a"', ' padded ', '{{x}}', { a: [1] }, 'true', true])('%j survives being written', (value) => {
  expect(readLoose(writeLoose(value))).toEqual(value);
});
