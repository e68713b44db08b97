import type { Schema } from '../../api/model';
import { isObject } from '../../api/shape';
import { counted, type Named } from '../../form/rows';

/** One value that a start gives, as the rows of the form show it. */
export interface InputRow extends Named {
  type: string;
  required: boolean;
  description: string;
  /** What forms call it; kept as it is. */
  title?: string;
}

export const inputTypes: [type: string, words: string][] = [['string', 'text'], ['number', 'number'], ['integer', 'whole number'], ['boolean', 'yes or no'], ['array', 'list'], ['object', 'object']];

const known = new Set(inputTypes.map(([type]) => type));
const ofRoot = new Set(['type', 'properties', 'required', 'x-order']);
const ofMember = new Set(['type', 'title', 'description']);

/** The rows of a JSON Schema; null where it says more than rows can show. */
export function rowsOf(schema: unknown): InputRow[] | null {
  if (schema === undefined) return [];
  if (!isObject(schema)) return null;
  const { properties = {}, required = [], type = 'object' } = schema;
  if (!Object.keys(schema).every((key) => ofRoot.has(key)) || type !== 'object' || !isObject(properties) || !Array.isArray(required)) return null;
  const rows: InputRow[] = [];
  for (const [name, member] of Object.entries(properties)) {
    if (!isObject(member) || !Object.keys(member).every((key) => ofMember.has(key))) return null;
    const { type, title = '', description = '' } = member;
    if (typeof type !== 'string' || !known.has(type) || typeof title !== 'string' || typeof description !== 'string') return null;
    rows.push({ name, type, required: required.includes(name), description, ...(title ? { title } : {}) });
  }
  return required.every((name) => typeof name === 'string' && Object.hasOwn(properties, name)) ? rows : null;
}

/** The JSON Schema of rows; those without a name of their own are not there yet. */
export function schemaOf(rows: InputRow[]): Schema | undefined {
  const named = counted(rows);
  if (named.length === 0) return undefined;
  const required = named.filter((row) => row.required).map((row) => row.name);
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name, type, title, description }) => [name, { type, ...(title ? { title } : {}), ...(description ? { description } : {}) }])),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  };
}
