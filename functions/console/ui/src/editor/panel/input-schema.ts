import type { Schema } from '../../api/model';

/** One value that a start gives, as the rows of the form show it. */
export interface InputRow {
  name: string;
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
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return null;
  const { properties = {}, required = [] } = schema as Schema;
  if (!Object.keys(schema).every((key) => ofRoot.has(key)) || ((schema as Schema).type ?? 'object') !== 'object') return null;
  const rows: InputRow[] = [];
  for (const [name, member] of Object.entries(properties)) {
    if (!Object.keys(member).every((key) => ofMember.has(key)) || typeof member.type !== 'string' || !known.has(member.type)) return null;
    rows.push({ name, type: member.type, required: required.includes(name), description: member.description ?? '', ...(member.title ? { title: member.title } : {}) });
  }
  return required.every((name) => name in properties) ? rows : null;
}

/** The JSON Schema of rows; those without a name are not there yet. */
export function schemaOf(rows: InputRow[]): Schema | undefined {
  const named = rows.filter((row) => row.name !== '');
  if (named.length === 0) return undefined;
  const required = named.filter((row) => row.required).map((row) => row.name);
  return {
    type: 'object',
    properties: Object.fromEntries(named.map(({ name, type, title, description }) => [name, { type, ...(title ? { title } : {}), ...(description ? { description } : {}) }])),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  };
}
