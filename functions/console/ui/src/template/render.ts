import { isObject } from '../api/shape';
import { toNumber, writeJson } from '../json';
import { formatDate } from './date';
import { pathText, segments, type Argument, type Expression, type Path } from './parse';

// A preview of what a text gives with sample data. Escaping for URLs, headers and
// the like is left out: it shows the value that a person would read.

/** What templates see: the roots of paths and plain variable names. */
export type Scope = Record<string, unknown>;

/** A value cannot be shown, and why. */
export class NoPreview extends Error {}

const MISSING = Symbol('missing');
type Found = unknown;

export type Preview = { value: unknown } | { problem: string };

/** Renders a text. A text that is one whole {{ }} keeps its JSON type. */
export function preview(text: string, scope: Scope): Preview {
  try {
    const parts = segments(text);
    if (parts.length === 1 && parts[0]!.kind === 'expression') return { value: evaluate(parts[0]!.expression, scope) };
    return { value: parts.map((part) => (part.kind === 'text' ? part.text : textOf(evaluate(part.expression, scope)))).join('') };
  } catch (error) {
    if (error instanceof NoPreview) return { problem: error.message };
    throw error;
  }
}

export function hasExpression(value: unknown): boolean {
  return typeof value === 'string' && segments(value).some((s) => s.kind === 'expression');
}

/** A value as a template puts it into text. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? jsonOf(value) : String(value);
}

/** Compact JSON with its members in order, as a run writes it. */
function jsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (!isObject(value)) return writeJson(value);
  return `{${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => `${writeJson(name)}:${jsonOf(inner)}`).join(',')}}`;
}

/** Looks a path up; undefined where it has no value. */
export function lookup(path: Path, scope: Scope): unknown {
  let value: unknown = scope;
  for (const step of [path.root, ...path.steps]) {
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else if (isObject(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  // A node that was skipped has the output null, which is none.
  return value === null && path.root === 'steps' && path.steps.length === 1 ? undefined : value;
}

function evaluate(expression: Expression | null, scope: Scope): unknown {
  if (!expression) throw new NoPreview('The expression is not complete.');
  const found = lookup(expression.path, scope);
  let value: Found = found === undefined ? MISSING : found;
  for (const { name, args } of expression.filters) {
    const given = args.map((arg) => argument(arg, scope));
    if (name === 'default') value = value === MISSING || value === null ? orMissing(given[0]) : value;
    else if (value !== MISSING && (value !== null || name === 'json' || name === 'string')) value = filter(name, value, given);
  }
  if (value === MISSING) throw new NoPreview(`{{${pathText(expression.path)}}} has no value in this sample.`);
  return value;
}

function argument(arg: Argument, scope: Scope): unknown {
  return 'path' in arg ? lookup(arg.path, scope) : arg.value;
}

const list = (value: unknown): unknown[] => {
  if (!Array.isArray(value)) throw new NoPreview('This filter takes a list.');
  return value;
};
const textIn = (value: unknown): string => {
  if (typeof value !== 'string') throw new NoPreview('This filter takes a text.');
  return value;
};
/** An argument that has to be a text. */
const textArgument = (value: unknown): string => {
  if (typeof value !== 'string') throw new NoPreview('This filter takes a text as its argument.');
  return value;
};
const filledText = (value: unknown): string => {
  if (value === '') throw new NoPreview('This filter takes a text of at least one character as its argument.');
  return textArgument(value);
};
const wholeNumber = (value: unknown): number => {
  if (!Number.isInteger(value)) throw new NoPreview('This filter takes a whole number as its argument.');
  return value as number;
};
const characters = (value: unknown): unknown[] => (Array.isArray(value) ? value : [...textIn(value)]);
/** An item at an end; an empty text has one, too: itself. */
const atEnd = (value: unknown, index: number) => (value === '' ? '' : orMissing(characters(value).at(index)));
/** A number times ten to some power, to the digit. */
const shifted = (value: number, digits: number) => {
  const [mantissa, exponent = '0'] = String(value).split('e');
  return Number(`${mantissa}e${Number(exponent) + digits}`);
};
const rejoin = (value: unknown, items: unknown[]) => (Array.isArray(value) ? items : items.join(''));

type Filter = (value: unknown, args: unknown[]) => unknown;

const filters: Record<string, Filter> = {
  upper: (v) => textIn(v).toUpperCase(),
  lower: (v) => textIn(v).toLowerCase(),
  trim: (v) => textIn(v).replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ''), // the white space of JSON
  json: (v) => jsonOf(v),
  string: (v) => textOf(v),
  number: (v) => {
    if (toNumber(v) !== undefined) return v;
    const n = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(textIn(v)) ? Number(v) : NaN;
    if (!Number.isFinite(n)) throw new NoPreview('This text is not a number.');
    return n + 0; // -0 is 0
  },
  length: (v) => (isObject(v) ? Object.keys(v).length : characters(v).length),
  join: (v, [separator = ', ']) => list(v).map(textOf).join(textArgument(separator)),
  split: (v, [separator]) => textIn(v).split(filledText(separator)),
  first: (v) => atEnd(v, 0),
  last: (v) => atEnd(v, -1),
  replace: (v, [old, next]) => textIn(v).replaceAll(filledText(old), () => textArgument(next)), // a text would be a pattern, with its $&
  slice: (v, [start, end]) => rejoin(v, characters(v).slice(wholeNumber(start), end === undefined ? undefined : wholeNumber(end))),
  date: (v, [format, zone]) => {
    const text = formatDate(v, format === undefined ? undefined : String(format), zone === undefined ? undefined : String(zone));
    if (text === null) throw new NoPreview('This is no time, or the format or zone is not one.');
    return text;
  },
  round: (given, [digits = 0]) => {
    const v = toNumber(given);
    if (v === undefined) throw new NoPreview('round takes a number.');
    const places = wholeNumber(digits);
    return Math.sign(v) * shifted(Math.round(shifted(Math.abs(v), places)), -places);
  },
};

const orMissing = (value: unknown): unknown => (value === undefined ? MISSING : value);

function filter(name: string, value: unknown, args: unknown[]): unknown {
  const run = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (!run) throw new NoPreview(`There is no filter ${name}.`);
  return run(value, args);
}

/** The filters with what their arguments look like, for completion. */
export const filterUsage: [name: string, usage: string, help: string][] = [
  ['default', 'default: ""', 'stands in for a missing value or null'],
  ['upper', 'upper', 'upper case'],
  ['lower', 'lower', 'lower case'],
  ['trim', 'trim', 'without spaces at both ends'],
  ['json', 'json', 'as JSON text (not in logic nodes)'],
  ['number', 'number', 'a text as a number'],
  ['string', 'string', 'anything as text'],
  ['length', 'length', 'how many characters or items'],
  ['join', 'join: ", "', 'a list as one text'],
  ['split', 'split: ","', 'a text as a list'],
  ['first', 'first', 'the first item or character'],
  ['last', 'last', 'the last item or character'],
  ['replace', 'replace: "", ""', 'other text for some text'],
  ['slice', 'slice: 0, 10', 'a part of a text or list'],
  ['round', 'round: 2', 'a number with fewer digits'],
  ['date', 'date: "YYYY-MM-DD"', 'a time in a format (not in logic nodes)'],
];
