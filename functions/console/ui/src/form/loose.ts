import { readJson, writeJson } from '../json';

/**
 * JSON as people type it: text that is JSON means its value, any other text means
 * itself. So 1000 is a number, hello a text, "1000" a text, {{x}} a template.
 */
export function readLoose(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  try {
    return readJson(trimmed);
  } catch {
    return text;
  }
}

/** Writes a value so that readLoose gives it back; an empty text is written as nothing. */
export function writeLoose(value: unknown): string {
  if (value === undefined || value === '') return '';
  if (typeof value !== 'string') return writeJson(value, 2);
  return Object.is(readLoose(value), value) ? value : writeJson(value);
}

/** A value as a text of its own: a text stays as it is, anything else is JSON. */
export const plainText = (value: unknown): string => (typeof value === 'string' ? value : writeLoose(value));

/** Whether a text looks like JSON but is none, as while it is typed. */
export function isBrokenJson(text: string): boolean {
  const trimmed = text.trim();
  if (!/^(\{(?!\{)|\[)/.test(trimmed)) return false;
  try {
    readJson(trimmed);
    return false;
  } catch {
    return true;
  }
}
