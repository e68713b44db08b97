import { describe, expect, it } from 'vitest';
import { fromBytes } from './bytes';
import { mapTexts, parseExpression, renameStep, segments } from './parse';
import { preview } from './render';

const scope = {
  trigger: { body: { id: 'A-1', total: 1250.5, tags: ['a', 'b'], 'x y': 1, gone: null, street: 'Hauptstraße', wide: ' \u00a0a\ufeff\t', empty: '', digits: '-012.50', huge: 1e21, members: { b: 'x', a: [{ d: 2, c: 1 }] } }, größe: 3 },
  steps: { notify: { ts: '17.1' }, skipped: null },
};

describe('preview', () => {
  it.each<[string, unknown]>([
    ['Order {{trigger.body.id}}: {{ trigger.body.total }} EUR', 'Order A-1: 1250.5 EUR'],
    ['{{trigger.body.total}}', 1250.5],
    ['{{trigger.body.tags}}', ['a', 'b']],
    ['Tags {{trigger.body.tags}}', 'Tags ["a","b"]'],
    ['{{trigger.body["x y"]}}', 1],
    ['{{trigger.body.tags[1] | upper}}', 'B'],
    ['{{trigger.body.nothing | default: "none"}}', 'none'],
    ['{{trigger.body.gone | default: 0}}', 0],
    ['{{trigger.body.tags | join: "+"}}', 'a+b'],
    ['{{trigger.body.id | replace: "-", "}}" | lower}}', 'a}}1'],
    ['{{trigger.body.total | round}}', 1251],
    ['{{trigger.body.nothing | upper | default: steps.notify.ts}}', '17.1'],
    ['\\{{not}} {{trigger.body.id}}', '{{not}} A-1'],
    ['<{{trigger.body.gone}}>', '<>'],
    // What a run gives, though JavaScript has ways of its own.
    ['{{trigger.body.street | replace: "ß", "$&$$1"}}', 'Hauptstra$&$$1e'],
    ['<{{trigger.body.wide | trim}}>', '<\u00a0a\ufeff>'],
    ['<{{trigger.body.empty | first}}{{trigger.body.empty | last}}>', '<>'],
    ['{{trigger.body.empty | first}}', ''],
    ['{{trigger.body.digits | number}}', -12.5],
    ['{{trigger.body.huge | round: 2}}', 1e21],
    ['{{trigger.body.members}}!', '{"a":[{"c":1,"d":2}],"b":"x"}!'],
    ['{{steps.skipped | default: "not run"}}', 'not run'],
    ['{{trigger.größe}}', 3],
  ])('%s', (text, value) => expect(preview(text, scope)).toEqual({ value }));

  it.each([
    ['{{trigger.body.nothing}}', 'has no value'],
    ['{{trigger.', 'not complete'],
    ['{{trigger.body.total | upper}}', 'takes a text'],
    ['{{trigger.body.tags.length}}', 'has no value'],
    ['{{trigger.body.id | shout}}', 'no filter shout'],
    ['{{trigger.body.id | constructor}}', 'no filter constructor'],
    ...['0x10', '.5', '5.', '+5', ' 7 ', '', '1e999', 'Infinity'].map((text): [string, string] => [`{{trigger.body.nothing | default: "${text}" | number}}`, 'not a number']),
    ['{{trigger.body.id | replace: "", "x"}}', 'at least one character'],
    ['{{trigger.body.id | replace: "A", 1}}', 'takes a text as its argument'],
    ['{{trigger.body.id | slice: 0.5}}', 'takes a whole number'],
    ['{{trigger.body.tags | slice: 5 | first}}', 'has no value'],
    ['{{trigger.body.nothing | default: steps.none}}', 'has no value'],
    ['{{steps.skipped}}', 'has no value'],
  ])('%s cannot be shown', (text, problem) => expect(preview(text, scope)).toEqual({ problem: expect.stringContaining(problem) }));
});

describe('segments', () => {
  it('knows where an expression stands', () => {
    expect(segments('a {{b}} c')[1]).toMatchObject({ from: 2, to: 7, source: 'b' });
  });
  it('takes an open one to the end', () => {
    expect(segments('a {{b')[1]).toMatchObject({ from: 2, to: 5, expression: null });
  });
  it.each(['a b', 'a | ', 'a[', 'a.', '| upper', 'a | f: ', '', '1', 'true', 'null.a', 'a[1.5]', 'a[-1]', 'a\u00a0'])('does not read %j', (source) => expect(parseExpression(source)).toBeNull());
});

describe('renameStep', () => {
  it.each([
    ['{{steps.a.x}} {{ steps.a }} steps.a', '{{steps.b.x}} {{ steps.b }} steps.a'],
    ['{{steps.ab.x}}', '{{steps.ab.x}}'],
    ['{{trigger.steps.a}}', '{{trigger.steps.a}}'],
    ['{{x | default: steps.a.y}}', '{{x | default: steps.b.y}}'],
    ['{{steps["a"].x}}', '{{steps.b.x}}'],
    ['{{ steps . a . x }}', '{{ steps.b . x }}'],
    ["{{steps['a'].x}} {{ steps [ \"\\u0061\" ] }}", '{{steps.b.x}} {{ steps.b }}'],
    ['{{x | default: "see steps.a here" | default: steps.a}}', '{{x | default: "see steps.a here" | default: steps.b}}'],
    ["{{x | default: 'steps[\"a\"]'}}", "{{x | default: 'steps[\"a\"]'}}"],
    ['{{ x.steps.a | join: steps.a }} {{ steps.a-b }}', '{{ x.steps.a | join: steps.b }} {{ steps.a-b }}'],
    ['{{ steps.a. }} {{ steps.a ! steps.a', '{{ steps.b. }} {{ steps.b ! steps.a'],
  ])('%s', (before, after) => expect(renameStep(before, 'a', 'b')).toBe(after));
  it('reaches every text of a config', () => {
    expect(mapTexts({ all: [{ left: '{{steps.a.x}}', right: 1 }] }, (text) => renameStep(text, 'a', 'b'))).toEqual({ all: [{ left: '{{steps.b.x}}', right: 1 }] });
  });
});

describe('fromBytes', () => {
  it('counts what is more than one byte', () => expect(fromBytes('ü😀{{x}}', 6)).toBe(3));
  it('stays within the text', () => expect(fromBytes('ab', 9)).toBe(2));
});
