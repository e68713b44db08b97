import { isObject } from '../api/shape';
import { textOf } from '../template/render';
import type { Variable } from './variables';

export interface DataRow {
  path: string;
  /** What it is called where it stands. */
  name: string;
  depth: number;
  /** Its sample value, or else what it is. */
  value: string;
}

export interface DataGroup {
  title: string;
  rows: DataRow[];
}

/** Variables by where they come from, in an order that shows members below what they are members of. */
export function groupsOf(variables: Variable[]): DataGroup[] {
  const groups = new Map<string, DataRow[]>();
  for (const v of [...variables].sort((a, b) => rank(a.path) - rank(b.path))) {
    const step = /^steps\.([a-z][a-z0-9_]*)/.exec(v.path)?.[1];
    const title = step ?? (v.path.startsWith('trigger') ? 'Trigger' : /^(item|index)\b/.test(v.path) ? 'This turn of the loop' : /^(execution|workflow|agent)\./.test(v.path) ? 'About this execution' : 'Named values');
    const within = step ? v.path.slice(`steps.${step}`.length) : v.path.replace(/^trigger(?=[.[])/, '');
    const parts = within.match(/\.?[^.[\]]+|\[[^\]]*\]/g) ?? [within];
    const rows = groups.get(title) ?? [];
    groups.set(title, rows);
    rows.push({
      path: v.path, name: (title === 'About this execution' ? v.path : (parts.at(-1) ?? v.path)).replace(/^\./, '') || 'all of it', depth: Math.max(0, parts.length - (title === 'About this execution' ? 2 : 1)),
      value: v.sample === undefined ? v.detail : shown(v.sample),
    });
  }
  return [...groups].map(([title, rows]) => ({ title, rows: nested(rows) }));
}

const rank = (path: string) => (path.startsWith('trigger') ? 0 : path.startsWith('steps.') ? 1 : /^(item|index)\b/.test(path) ? 2 : /^(execution|workflow|agent)\./.test(path) ? 4 : 3);

/** Puts members right behind what they are members of; those of one level stay in their order. */
function nested(rows: DataRow[]): DataRow[] {
  const isWithin = (row: DataRow, outer: DataRow) => row !== outer && row.path.startsWith(outer.path) && /^[.[]/.test(row.path.slice(outer.path.length));
  const parent = (row: DataRow) => rows.filter((other) => isWithin(row, other)).sort((a, b) => b.path.length - a.path.length)[0];
  const children = new Map<DataRow | undefined, DataRow[]>();
  for (const row of rows) {
    const above = parent(row);
    children.set(above, [...(children.get(above) ?? []), row]);
  }
  const walk = (above: DataRow | undefined): DataRow[] => (children.get(above) ?? []).flatMap((row) => [row, ...walk(row)]);
  return walk(undefined);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? '1 item' : `${value.length} items`;
  if (isObject(value)) return '';
  const text = typeof value === 'string' ? value : textOf(value) || 'null';
  return text === '' ? 'an empty text' : text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
