import { isExact, toNumber } from '../json';
import type { WorkflowDocument, WorkflowEdge, WorkflowNode } from './model';

// A document's shape: which members are texts, numbers, objects and lists. What the
// API stores has it, but for null, which may stand for what is not given. What is
// pasted or read from a file may be any JSON.

/** What JSON holds by name: no list, no number, and no null. */
export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value) && !isExact(value);

type Kind = 'a text' | 'a number' | 'an object';
type Members = Record<string, Kind>;

const ofDocument: Members = { name: 'a text', description: 'a text', trigger: 'an object', timeout_seconds: 'a number' };
const ofTrigger: Members = { type: 'a text', name: 'a text', config: 'an object', position: 'an object' };
const ofNode: Members = {
  id: 'a text', name: 'a text', type: 'a text', credential: 'a text', config: 'an object', retry: 'an object', timeout_seconds: 'a number', on_error: 'a text', on_uncertain: 'a text', position: 'an object',
};
const ofEdge: Members = { id: 'a text', name: 'a text', from: 'a text', port: 'a text', to: 'a text' };
const ofPosition: Members = { x: 'a number', y: 'a number' };
const ofRetry: Members = { max_attempts: 'a number', interval_seconds: 'a number', backoff_rate: 'a number' };

const is: Record<Kind, (value: unknown) => boolean> = { 'a text': (v) => typeof v === 'string', 'a number': (v) => toNumber(v) !== undefined, 'an object': isObject };

/** The first thing that is no part of a document, as "/nodes/0/name must be a text"; "" if its shape is right. */
export function wrongShape(value: unknown): string {
  if (!isObject(value)) return 'It must be an object.';
  const list = (name: string, members: Members): string => {
    const items = value[name] ?? [];
    if (!Array.isArray(items)) return `/${name} must be a list.`;
    return first(items.map((item, i) => wrongMember(item, `/${name}/${i}`, members)));
  };
  return first([wrongMember(value, '', ofDocument), wrongMember(value['trigger'] ?? {}, '/trigger', ofTrigger), list('nodes', ofNode), list('edges', ofEdge)]);
}

const first = (problems: string[]) => problems.find((problem) => problem !== '') ?? '';

function wrongMember(value: unknown, at: string, members: Members): string {
  if (!isObject(value)) return `${at} must be an object.`;
  const own = first(Object.entries(members).map(([name, kind]) => (value[name] === undefined || value[name] === null || is[kind](value[name]) ? '' : `${at}/${name} must be ${kind}.`)));
  if (own !== '') return own;
  const inner = (name: string, of: Members) => (isObject(value[name]) ? wrongMember(value[name], `${at}/${name}`, of) : '');
  return first([members['position'] ? inner('position', ofPosition) : '', members['retry'] ? inner('retry', ofRetry) : '']);
}

/**
 * A document as the rest of the editor takes it: null stands nowhere for what is not
 * given, a node has an id and a type, an edge has ends, and a place is whole.
 */
export function whole(document: WorkflowDocument): WorkflowDocument {
  // The output may be null itself.
  const { output, ...rest } = document;
  const { trigger, nodes, edges, ...others } = given(rest);
  return {
    ...others,
    ...(trigger ? { trigger: laid(given(trigger)) } : {}),
    ...(nodes ? { nodes: nodes.map(wholeNode) } : {}),
    ...(edges ? { edges: edges.map((edge): WorkflowEdge => ({ ...given(edge), from: edge.from ?? '', to: edge.to ?? '' })) } : {}),
    ...(output === undefined ? {} : { output }),
  };
}

function wholeNode(node: WorkflowNode): WorkflowNode {
  const { retry, ...rest } = laid(given(node));
  return { ...rest, id: node.id ?? '', type: node.type ?? '', ...(retry ? { retry: given(retry) } : {}) };
}

const given = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) as T;

function laid<T extends Pick<WorkflowNode, 'position'>>(value: T): T {
  const { x, y } = value.position ?? {};
  if (!value.position || (toNumber(x) !== undefined && toNumber(y) !== undefined)) return value;
  const { position: _half, ...rest } = value;
  return rest as T;
}
