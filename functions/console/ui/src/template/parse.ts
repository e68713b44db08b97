import { isObject } from '../api/shape';
import { readJson, typedNumber, writeJson } from '../json';

// The {{ }} language, as far as the editor needs it: to colour, complete, preview
// and rename. The server's parser has the last word; it reports what is wrong.

export type Step = string | number;

export interface Path {
  root: string;
  steps: Step[];
}

export type Argument = { value: unknown } | { path: Path };

export interface FilterCall {
  name: string;
  args: Argument[];
}

export interface Expression {
  path: Path;
  filters: FilterCall[];
}

/** A stretch of a text: as it stands, or {{ }} with its expression (null where it cannot be read). */
export type Segment = { kind: 'text'; text: string } | { kind: 'expression'; source: string; from: number; to: number; expression: Expression | null };

/** Splits a text at its {{ }}. Positions count UTF-16 units and include the braces. */
export function segments(text: string): Segment[] {
  const found: Segment[] = [];
  let literal = '';
  let at = 0;
  const flush = () => {
    if (literal !== '') found.push({ kind: 'text', text: literal });
    literal = '';
  };
  while (at < text.length) {
    if (text.startsWith('\\{{', at)) {
      literal += '{{';
      at += 3;
    } else if (text.startsWith('{{', at)) {
      flush();
      const end = closing(text, at + 2);
      const source = text.slice(at + 2, end === -1 ? text.length : end);
      const to = end === -1 ? text.length : end + 2;
      found.push({ kind: 'expression', source, from: at, to, expression: end === -1 ? null : parseExpression(source) });
      at = to;
    } else {
      literal += text[at++];
    }
  }
  flush();
  return found;
}

/** Finds the }} that closes an expression; quotes may hold one. */
function closing(text: string, from: number): number {
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '}' && text[i + 1] === '}') return i;
  }
  return -1;
}

const tokens = /[ \t\r\n]*(?:("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{Nd}_-]*)|([|:,.[\]]))/uy;

interface Token {
  kind: 'text' | 'number' | 'name' | 'sign';
  value: string;
  /** Where it stands in the source, in UTF-16 units. */
  from: number;
  to: number;
}

/** The tokens of an expression, up to what is none; whole says whether that is its end. */
function tokenise(source: string): { list: Token[]; whole: boolean } {
  const list: Token[] = [];
  tokens.lastIndex = 0;
  let to = 0;
  for (let match = tokens.exec(source); match; match = tokens.exec(source)) {
    const [, quoted, number, name, sign] = match;
    to = tokens.lastIndex;
    const written = quoted ?? number ?? name ?? sign!;
    const kind = quoted !== undefined ? 'text' : number !== undefined ? 'number' : name !== undefined ? 'name' : 'sign';
    list.push({ kind, value: kind === 'text' ? unquote(written) : written, from: to - written.length, to });
  }
  return { list, whole: /^[ \t\r\n]*$/.test(source.slice(to)) };
}

function unquote(text: string): string {
  const inner = text.slice(1, -1).replace(/\\'/g, "'");
  try {
    return readJson(`"${inner.replace(/(^|[^\\])"/g, '$1\\"')}"`) as string;
  } catch {
    return inner;
  }
}

const literals: Record<string, unknown> = { true: true, false: false, null: null };

/** Reads what stands between {{ and }}; null where it is not complete. */
export function parseExpression(source: string): Expression | null {
  const { list, whole } = tokenise(source);
  if (!whole) return null;
  let at = 0;
  const sign = (value: string) => list[at]?.kind === 'sign' && list[at]?.value === value;

  function path(): Path | null {
    const root = list[at];
    if (root?.kind !== 'name' || Object.hasOwn(literals, root.value)) return null;
    at++;
    const steps: Step[] = [];
    for (;;) {
      if (sign('.')) {
        const name = list[at + 1];
        if (name?.kind !== 'name') return null;
        steps.push(name.value);
        at += 2;
      } else if (sign('[')) {
        const inner = list[at + 1];
        at += 2;
        if (!inner || !sign(']')) return null;
        at++;
        if (inner.kind === 'number' && /^\d{1,9}$/.test(inner.value)) steps.push(Number(inner.value));
        else if (inner.kind === 'text') steps.push(inner.value);
        else return null;
      } else return { root: root.value, steps };
    }
  }

  function argument(): Argument | null {
    const token = list[at];
    if (!token) return null;
    if (token.kind === 'text') { at++; return { value: token.value }; }
    if (token.kind === 'number') { at++; return { value: typedNumber(token.value) }; }
    if (token.kind === 'name' && Object.hasOwn(literals, token.value)) { at++; return { value: literals[token.value] }; }
    const inner = path();
    return inner && { path: inner };
  }

  const root = path();
  if (!root) return null;
  const filters: FilterCall[] = [];
  while (sign('|')) {
    const name = list[++at];
    if (name?.kind !== 'name') return null;
    at++;
    const args: Argument[] = [];
    if (sign(':')) {
      do {
        at++;
        const arg = argument();
        if (!arg) return null;
        args.push(arg);
      } while (sign(','));
    }
    filters.push({ name: name.value, args });
  }
  return at === list.length ? { path: root, filters } : null;
}

/** Writes a step of a path as the language does. */
export function stepText(step: Step): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[\p{L}_][\p{L}\p{Nd}_-]*$/u.test(step) ? `.${step}` : `[${writeJson(step)}]`;
}

export const pathText = (path: Path) => path.root + path.steps.map(stepText).join('');

/** Gives every text in a value to change, and builds the value anew. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, change)]));
  }
  return value;
}

/** Renames a node in the {{steps.…}} of a text, however these are written. What is outside of {{ }} or in quotes stays. */
export function renameStep(text: string, from: string, to: string): string {
  let result = '';
  let end = 0;
  for (const segment of segments(text)) {
    if (segment.kind !== 'expression') continue;
    const start = segment.from + 2;
    for (const named of stepsNamed(segment.source, from)) {
      result += text.slice(end, start + named.from) + `steps.${to}`;
      end = start + named.to;
    }
  }
  return result + text.slice(end);
}

/** Where an expression names a node: steps.a, steps["a"], with spaces or not. It need not be complete. */
function stepsNamed(source: string, id: string): { from: number; to: number }[] {
  const { list } = tokenise(source);
  const sign = (i: number, value: string) => list[i]?.kind === 'sign' && list[i]!.value === value;
  return list.flatMap((token, i) => {
    if (token.kind !== 'name' || token.value !== 'steps' || sign(i - 1, '.') || sign(i - 1, '|')) return [];
    const name = list[i + 2];
    if (name?.value !== id) return [];
    if (sign(i + 1, '.') && name.kind === 'name') return [{ from: token.from, to: name.to }];
    return sign(i + 1, '[') && name.kind === 'text' && sign(i + 3, ']') ? [{ from: token.from, to: list[i + 3]!.to }] : [];
  });
}
