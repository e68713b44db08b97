import { isObject } from '../api/shape';
import { writeJson } from '../json';
import { stepText } from '../template/parse';

/** What the API shows in place of a value that is too large to be shown. */
export interface StandIn {
  $value: string;
  bytes?: number;
  url: string;
}

/** Whether something is a stand-in: only the API writes addresses of values. */
export function isStandIn(value: unknown): value is StandIn {
  if (!isObject(value)) return false;
  const { $value, url } = value as Partial<StandIn>;
  return typeof $value === 'string' && typeof url === 'string' && /^\/v1\/executions\/[^/]+\/values\//.test(url);
}

/** The members of an object that are too large to be shown: of what a webhook got, its body. */
export function largeMembers(value: unknown): [string, StandIn][] {
  if (!isObject(value)) return [];
  return Object.entries(value).filter((member): member is [string, StandIn] => isStandIn(member[1]));
}

/** A size for people. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1_000)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export type Step = string | number;

/** A line of a tree of JSON. */
export interface Row {
  /** The way to it: the rows' identity, and what a template would name. */
  path: string;
  name: Step | null;
  depth: number;
  value: unknown;
  /** How many members it has; null of what has none. */
  size: number | null;
  /** Its place among its siblings, from 1, and how many these are. */
  place: number;
  siblings: number;
}

export const isBranch = (value: unknown): value is object => (isObject(value) || Array.isArray(value)) && !isStandIn(value);

/** The rows that a tree shows: the members of whatever is open. */
export function rowsOf(value: unknown, root: string, open: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const add = (inner: unknown, path: string, name: Step | null, depth: number, place: number, siblings: number) => {
    const members = isBranch(inner) ? entriesOf(inner) : null;
    rows.push({ path, name, depth, value: inner, size: members && members.length, place, siblings });
    if (members && open.has(path)) members.forEach(([step, member], i) => add(member, path + stepText(step), step, depth + 1, i + 1, members.length));
  };
  add(value, root, null, 0, 1, 1);
  return rows;
}

function entriesOf(value: object): [Step, unknown][] {
  return Array.isArray(value) ? value.map((item, i): [Step, unknown] => [i, item]) : Object.entries(value);
}

/** What is open at first: everything of a small value, the first level of a large one. */
export function openAtFirst(value: unknown, root: string): Set<string> {
  const open = new Set<string>();
  let left = 60;
  let level: [string, unknown][] = [[root, value]];
  while (level.length > 0) {
    const next: [string, unknown][] = [];
    for (const [path, inner] of level) {
      if (!isBranch(inner)) continue;
      const members = entriesOf(inner);
      left -= members.length;
      if (left < 0 && path !== root) return open;
      open.add(path);
      for (const [step, member] of members.slice(0, 60)) next.push([path + stepText(step), member]);
    }
    level = next;
  }
  return open;
}

/** At most this many finds are kept. */
export const MAX_FINDS = 1_000;

/** The paths whose name or scalar value has a text in it, in the order of the rows. */
export function findIn(value: unknown, root: string, text: string): string[] {
  const wanted = text.toLowerCase();
  const found: string[] = [];
  const look = (inner: unknown, path: string, name: Step | null): void => {
    if (found.length >= MAX_FINDS) return;
    const here = `${name ?? ''}\n${isBranch(inner) ? '' : scalarText(inner)}`;
    if (here.toLowerCase().includes(wanted)) found.push(path);
    if (isBranch(inner)) for (const [step, member] of entriesOf(inner)) look(member, path + stepText(step), step);
  };
  if (wanted !== '') look(value, root, null);
  return found;
}

export function scalarText(value: unknown): string {
  if (isStandIn(value)) return value.bytes === undefined ? 'a large value' : `a value of ${sizeOf(value.bytes)}`;
  return typeof value === 'string' ? value : writeJson(value);
}

/** The paths that have to be open for a path to be seen. */
export function above(value: unknown, root: string, path: string): string[] {
  const open: string[] = [];
  const look = (inner: unknown, at: string): boolean => {
    if (at === path) return true;
    if (!isBranch(inner) || !path.startsWith(at)) return false;
    open.push(at);
    if (entriesOf(inner).some(([step, member]) => look(member, at + stepText(step)))) return true;
    open.pop();
    return false;
  };
  look(value, root);
  return open;
}
