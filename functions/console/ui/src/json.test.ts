import { describe, expect, it } from 'vitest';
import { changesSince, same } from './editor/changes';
import { copyNodes, readSnippet, renameNode } from './editor/document';
import { parseInput } from './editor/run-input';
import { chosen } from './form/options';
import { readLoose, writeLoose } from './form/loose';
import { Exact, isExact, readJson, typedNumber, writeJson } from './json';
import { openAtFirst, rowsOf, scalarText } from './run/values';
import { preview } from './template/render';

const lossy = ['12345678901234567890', '9007199254740993', '-9007199254740993', '1.0', '1.50', '0.10', '1e400', '1e5', '1E+2', '-0', '-0.0', '1.7976931348623157e309', '0.1000000000000000055511', '123456789.123456789', '0.0000001', '100000000000000000000000'];
const plain = ['0', '-1', '1.5', '1234567890', '9007199254740991', '0.1', '-12.25', '0.000001', '1717171717.0001', '1e+21'];

describe('a number', () => {
  it.each(lossy)('%s keeps its digits', (text) => {
    const value = readJson(text);
    expect(isExact(value)).toBe(true);
    expect(writeJson(value)).toBe(text);
    for (const around of [`{"a":{"b":[true,${text},"x"]}}`, `[${text}]`, `{"a":1,"b":${text}}`]) expect(writeJson(readJson(around))).toBe(around);
  });
  it.each(plain)('%s is a plain number', (text) => {
    expect(readJson(text)).toBe(Number(text));
    expect(readJson(`{"long": 12345678901234567890, "a": ${text}}`)).toMatchObject({ a: Number(text) });
    expect(writeJson(readJson(text))).toBe(text);
  });
  it('is exact in a text of any kind', () => {
    // What readJson takes for a text without such numbers has to be one.
    let seed = 1;
    const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
    const digits = (most: number) => Array.from({ length: 1 + random(most) }, () => random(10)).join('');
    for (let i = 0; i < 20_000; i++) {
      const whole = random(3) === 0 ? '0' : `${1 + random(9)}${random(2) === 0 ? digits(20) : ''}`;
      const text = `${random(2) === 0 ? '-' : ''}${whole}${random(2) === 0 ? `.${digits(20)}` : ''}${random(4) === 0 ? `${'eE'[random(2)]}${['', '+', '-'][random(3)]}${digits(3)}` : ''}`;
      expect(writeJson(readJson(text))).toBe(text);
      expect(writeJson(readJson(`{"a":[0, ${text}]}`))).toBe(`{"a":[0,${text}]}`);
    }
  });
});

it('reads all other JSON as it is', () => {
  const text = '{"a":1,"a":1.0,"__proto__":{"b":1e1},"text":"1.0 \\u00e9 12345678901234567890","none":null,"list":[]}';
  expect(writeJson(readJson(text))).toBe('{"a":1.0,"__proto__":{"b":1e1},"text":"1.0 é 12345678901234567890","none":null,"list":[]}');
});
it.each(['', '{', '01', '1.', '[1.0,]', '{"a":1.0}}', "{'a':1.0}"])('takes %j for no JSON', (text) => expect(() => readJson(text)).toThrow(SyntaxError));

it('writes as JSON.stringify does', () => {
  const value = { a: [1, undefined, 'x'], b: undefined, c: {}, d: [], e: { f: null } };
  for (const indent of [undefined, 2]) expect(writeJson({ ...value, z: readJson('1.0') }, indent)).toBe(JSON.stringify({ ...value, z: 1 }, null, indent).replace(/1(?=\n?\}$)/, '1.0'));
  expect(writeJson(undefined)).toBeUndefined();
});
it('cannot be written by JSON.stringify, which would write something else', () => expect(() => JSON.stringify(readJson('[1.0]'))).toThrow(TypeError));

it.each<[string, unknown]>([['5', 5], ['1.50', 1.5], ['', 0]])('typed as %j it is a plain number', (text, value) => expect(typedNumber(text)).toBe(value));
it('keeps the digits that are typed', () => {
  expect(writeJson(typedNumber('12345678901234567890'))).toBe('12345678901234567890');
  expect(writeJson(chosen('integer', undefined, '12345678901234567890'))).toBe('12345678901234567890');
});

describe('its digits are kept', () => {
  const big = '12345678901234567890';
  const doc = readJson(`{"nodes":[{"id":"a","type":"set","config":{"values":{"order":${big},"rate":1.0}}}],"edges":[]}`) as Parameters<typeof renameNode>[0];
  const config = `{"values":{"order":${big},"rate":1.0}}`;
  it('by renaming', () => expect(writeJson(renameNode(doc, 'a', 'b').nodes![0]!.config)).toBe(config));
  it('by copying and pasting', () => expect(writeJson(readSnippet(writeJson(copyNodes(doc, new Set(['a'])), 2))!.nodes[0]!.config)).toBe(config));
  it('by a field for any JSON', () => {
    expect(writeLoose(readLoose(big))).toBe(big);
    expect(writeLoose(readLoose(`{"a": ${big}}`))).toBe(`{\n  "a": ${big}\n}`);
  });
  it('by the input of a run', () => expect(writeJson(parseInput(`{"n": ${big}}`)!.value)).toBe(`{"n":${big}}`));
  it('by comparing', () => {
    const other = readJson(writeJson(doc).replace('7890,', '7891,')) as typeof doc;
    expect(same(doc, readJson(writeJson(doc)))).toBe(true);
    expect(same(doc, other)).toBe(false);
    expect(changesSince(doc, other, (type) => type)[0]!.details).toEqual([{ place: 'values.order', before: big, after: '12345678901234567891' }]);
  });
  it('by showing an execution', () => {
    const value = readJson(`{"order": ${big}}`);
    const row = rowsOf(value, 'trigger', openAtFirst(value, 'trigger'))[1]!;
    expect([row.size, scalarText(row.value), String(row.value)]).toEqual([null, big, big]);
  });
  it('by a preview', () => {
    const scope = { order: new Exact(big), rate: new Exact('1.50') };
    const shown = (text: string) => { const result = preview(text, scope); return 'value' in result ? writeJson(result.value) : result.problem; };
    expect(shown('{{order}}')).toBe(big);
    expect(shown('No. {{order}}')).toBe(`"No. ${big}"`);
    expect(shown('{{order | number}}')).toBe(big);
    expect(shown('{{rate | round: 1}}')).toBe('1.5');
    expect(shown(`{{none | default: ${big}}}`)).toBe(big);
  });
});

it('is the only module that reads and writes JSON', () => {
  const sources = import.meta.glob<string>(['./**/*.{ts,tsx}', '!./json.ts', '!./**/*.test.ts'], { query: '?raw', import: 'default', eager: true });
  expect(Object.keys(sources).length).toBeGreaterThan(50);
  expect(Object.keys(sources).filter((name) => /JSON\.(parse|stringify)\b/.test(sources[name]!))).toEqual([]);
});
