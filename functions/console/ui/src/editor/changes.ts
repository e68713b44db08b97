import type { WorkflowDocument, WorkflowNode } from '../api/model';
import { isObject } from '../api/shape';
import { isExact, writeJson } from '../json';
import { edgesOf, nodesOf } from './document';

/** One thing that is different between two documents. Where it lies on the canvas does not count. */
export interface Change {
  how: 'added' | 'removed' | 'changed';
  /** What it is about: a step's id, "trigger", "workflow" or "connection". */
  what: string;
  title: string;
  /** What of it is different, in places with their values. */
  details: Detail[];
}

export interface Detail {
  place: string;
  before?: string;
  after?: string;
}

/** What is different in a document since an older one; titleOf names a step's type. */
export function changesSince(before: WorkflowDocument, after: WorkflowDocument, titleOf: (type: string) => string): Change[] {
  return [...ofWorkflow(before, after), ...ofTrigger(before, after), ...ofNodes(before, after, titleOf), ...ofEdges(before, after)];
}

function ofWorkflow(before: WorkflowDocument, after: WorkflowDocument): Change[] {
  const settings = ({ name, description, output, timeout_seconds }: WorkflowDocument) => ({ name, description, output, timeout_seconds });
  const details = differences(settings(before), settings(after));
  return details.length > 0 ? [{ how: 'changed', what: 'workflow', title: 'Workflow settings', details }] : [];
}

function ofTrigger(before: WorkflowDocument, after: WorkflowDocument): Change[] {
  const meaning = ({ trigger }: WorkflowDocument) => ({ type: trigger?.type, name: trigger?.name, config: trigger?.config });
  const details = differences(meaning(before), meaning(after));
  return details.length > 0 ? [{ how: 'changed', what: 'trigger', title: 'Trigger', details }] : [];
}

function ofNodes(before: WorkflowDocument, after: WorkflowDocument, titleOf: (type: string) => string): Change[] {
  const old = new Map(nodesOf(before).map((node) => [node.id, node]));
  const now = new Map(nodesOf(after).map((node) => [node.id, node]));
  const title = (node: WorkflowNode) => node.name || titleOf(node.type);
  const changes: Change[] = [];
  for (const [id, node] of now) {
    const was = old.get(id);
    if (!was) {
      changes.push({ how: 'added', what: id, title: title(node), details: [] });
      continue;
    }
    const details = differences(meaningOf(was), meaningOf(node));
    if (details.length > 0) changes.push({ how: 'changed', what: id, title: title(node), details });
  }
  for (const [id, node] of old) if (!now.has(id)) changes.push({ how: 'removed', what: id, title: title(node), details: [] });
  return changes;
}

const meaningOf = ({ position: _where, id: _id, ...rest }: WorkflowNode) => rest;

function ofEdges(before: WorkflowDocument, after: WorkflowDocument): Change[] {
  const words = (doc: WorkflowDocument) => new Set(edgesOf(doc).map((e) => `${e.from}${e.port ? ` (${e.port})` : ''} → ${e.to}`));
  const [old, now] = [words(before), words(after)];
  const made = [...now].filter((e) => !old.has(e)).map((title): Change => ({ how: 'added', what: 'connection', title, details: [] }));
  const gone = [...old].filter((e) => !now.has(e)).map((title): Change => ({ how: 'removed', what: 'connection', title, details: [] }));
  return [...made, ...gone];
}

/** The places at which two values differ, as deep as they are alike. */
function differences(before: unknown, after: unknown, place = ''): Detail[] {
  if (same(before, after)) return [];
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differences(before[name], after[name], place ? `${place}.${name}` : name));
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return after.flatMap((item, i) => differences(before[i], item, `${place}[${i}]`));
  }
  return [{ place: place.replace(/^config\./, ''), ...shown('before', before), ...shown('after', after) }];
}

function shown<Name extends 'before' | 'after'>(name: Name, value: unknown): { [N in Name]?: string } {
  if (value === undefined) return {};
  const text = typeof value === 'string' ? value : writeJson(value);
  return { [name]: text.length > 160 ? `${text.slice(0, 159)}…` : text } as { [N in Name]?: string };
}

/** Whether two values are the same, whatever the order of members; one that is undefined is not there. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (isExact(a) && isExact(b)) return a.value === b.value;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (!isObject(a) || !isObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => same(a[name], b[name]));
}
