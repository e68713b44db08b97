import { isNumber, isSafeNumber, LosslessNumber, parse, stringify } from 'lossless-json';

// The API keeps the digits of numbers, and a double does not: 12345678901234567890, 1.0,
// 1e400. So JSON is read and written by this module alone, and such a number is an
// Exact, which goes out as it came in. All others are plain numbers.

/** A number that a double would change, as it is written. */
export class Exact extends LosslessNumber {
  // JSON.stringify could only write it as something else.
  toJSON(): never {
    throw found;
  }
}

const found = new TypeError('A number with more digits than a double holds has to be written by writeJson.');

export const isExact = (value: unknown): value is Exact => value instanceof Exact;

// What a text has in which String(Number(…)) would write a number in another way. In
// others it seldom is: a number follows one of these signs, which ids and times do not.
const suspect = /(?:^|[[:,])\s*(?:-0(?![.\d])|-?(?:[\d.]{16}|\d+(?:\.\d+)?[eE]|\d+\.\d*0(?!\d)|\d\.0{6}))/;

/** Reads JSON. Throws SyntaxError. */
export function readJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!suspect.test(text)) return value; // which is nearly all there is, and much faster
  return parse(text, null, {
    parseNumber: (digits) => (String(Number(digits)) === digits ? Number(digits) : new Exact(digits)),
    onDuplicateKey: ({ newValue }) => newValue,
  });
}

/** Writes JSON, indented by so many spaces. */
export function writeJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    if (error !== found) throw error;
    return stringify(value, null, indent)!;
  }
}

/** A number as somebody types it: plain, unless that would lose digits. */
export const typedNumber = (text: string): number | Exact => (!isNumber(text) || isSafeNumber(text) ? Number(text) : new Exact(text));

/** A number as an input shows it; nothing of anything else. */
export const numberText = (value: unknown): string => (isExact(value) ? value.value : typeof value === 'number' ? String(value) : '');

/** A number to count with, of which digits may be lost; undefined of anything else. */
export function toNumber(value: unknown): number | undefined {
  if (isExact(value)) return Number(value.value);
  return typeof value === 'number' ? value : undefined;
}
