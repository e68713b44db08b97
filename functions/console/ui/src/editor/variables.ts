import type { Execution, Schema, WorkflowDocument } from '../api/model';
import { isObject } from '../api/shape';
import { readSchema } from '../form/schema';
import { preview, type Scope } from '../template/render';
import { stepText } from '../template/parse';
import { ancestors, findNode, loopAround, nodesOf, TRIGGER } from './document';
import type { NodeKinds } from './node-kinds';

/** Something that a template can name, with what it is and, if it is known, a value. */
export interface Variable {
  path: string;
  detail: string;
  sample?: unknown;
}

/** Sample data for completion and previews: what an execution was given and what its nodes gave. */
export interface Sample {
  title: string;
  /** What templates see as {{trigger}}. */
  trigger: unknown;
  steps: Record<string, unknown>;
}

/** The sample that an execution is. A manual start shows its input alone, the others the trigger. */
export function sampleOf(execution: Execution, triggerType: string | undefined, title: string): Sample {
  const steps = Object.fromEntries(execution.nodes.filter((n) => n.output !== null && n.output !== undefined).map((n) => [n.id, n.output]));
  return { title, trigger: triggerType === 'manual' ? { input: execution.input } : execution.input, steps };
}

/** What templates of a node see with a sample: the trigger, the steps before, and named values. */
export function scopeAt(doc: WorkflowDocument, node: string | null, sample: Sample, agent: string): Scope {
  const before = node === null ? new Set(nodesOf(doc).map((n) => n.id)) : ancestors(doc, node);
  const steps = Object.fromEntries(Object.entries(sample.steps).filter(([id]) => before.has(id)));
  const input = (sample.trigger as { input?: unknown } | null)?.input;
  const vars: Scope = { ...(doc.trigger?.type === 'manual' && isObject(input) ? input : {}) };
  for (const n of nodesOf(doc)) if (n.type === 'set' && before.has(n.id) && isObject(steps[n.id])) Object.assign(vars, steps[n.id]);
  const scope: Scope = { ...vars, vars, trigger: sample.trigger, steps, execution: { id: 'exe_…' }, workflow: { name: doc.name ?? '' }, agent: { name: agent } };
  return { ...scope, ...firstTurn(doc, node, scope) };
}

/** What {{item}} and {{index}} are at the first turn of the loop around a node. */
function firstTurn(doc: WorkflowDocument, node: string | null, scope: Scope): Scope {
  const items = node === null ? undefined : loopAround(doc, node)?.config?.['items'];
  const list = typeof items === 'string' ? preview(items, scope) : { value: items };
  return 'value' in list && Array.isArray(list.value) && list.value.length > 0 ? { item: list.value[0], index: 0 } : {};
}

const MAX_DEPTH = 5;
const MAX_MEMBERS = 40;

/** Lists what a template of a node can name; with null, of the workflow's output. */
export function variablesAt(doc: WorkflowDocument, node: string | null, kinds: NodeKinds, sample: Sample | null): Variable[] {
  const found = new Map<string, Variable>();
  const add = (path: string, detail: string, value?: unknown) => {
    if (!found.has(path) || value !== undefined) found.set(path, { path, detail, ...(value === undefined ? {} : { sample: value }) });
  };
  const walk = (path: string, value: unknown, detail: string, depth = 0) => {
    add(path, detail, value);
    if (depth >= MAX_DEPTH || !(isObject(value) || Array.isArray(value))) return;
    const members = Array.isArray(value) ? value.slice(0, 1).map((item, i): [number, unknown] => [i, item]) : Object.entries(value).slice(0, MAX_MEMBERS);
    for (const [name, inner] of members) walk(path + stepText(name), inner, detail, depth + 1);
  };

  fromTrigger(doc, add);
  if (sample) walk('trigger', sample.trigger, 'trigger');
  const before = node === null ? new Set(nodesOf(doc).map((n) => n.id)) : ancestors(doc, node);
  for (const id of before) {
    const step = findNode(doc, id);
    if (id === TRIGGER || !step) continue;
    const kind = kinds.get(step.type);
    const detail = step.name || kind?.title || step.type;
    for (const [name, schema] of Object.entries(kind?.outputs ?? {})) add(`steps.${id}${stepText(name)}`, `${detail}: ${typeWord(schema)}`);
    if (step.type === 'set') for (const name of namesIn(step.config?.['values'])) add(name, detail, (sample?.steps[id] as Scope | undefined)?.[name]);
    if (step.on_error === 'continue' || step.on_error === 'branch') add(`steps.${id}.error.message`, `${detail}: why it failed`);
    if (sample?.steps[id] !== undefined) walk(`steps.${id}`, sample.steps[id], detail);
  }
  if (node !== null && loopAround(doc, node)) {
    add('item', 'what is its turn in the loop');
    add('index', 'its number, from 0');
    const turn = sample ? firstTurn(doc, node, scopeAt(doc, node, sample, '')) : {};
    if ('item' in turn) walk('item', turn['item'], 'item');
  }
  add('execution.id', 'this execution');
  add('workflow.name', 'this workflow', doc.name);
  add('agent.name', 'the agent');
  return [...found.values()].filter((v) => v.path !== 'trigger');
}

function fromTrigger(doc: WorkflowDocument, add: (path: string, detail: string) => void): void {
  if (doc.trigger?.type === 'webhook') {
    add('trigger.body', 'what was sent');
    add('trigger.headers', 'its headers');
    add('trigger.query', 'its query');
    add('trigger.method', 'its method');
  }
  if (doc.trigger?.type === 'schedule') add('trigger.scheduled_at', 'when it was due');
  if (doc.trigger?.type === 'event') {
    add('trigger.detail', 'what the event says');
    add('trigger.source', 'where it is from');
    add('trigger.detail_type', 'its type');
  }
  if (doc.trigger?.type === 'manual') {
    add('trigger.input', 'what it is started with');
    for (const [name, member] of Object.entries(readSchema(doc.trigger.config?.['input_schema']).properties ?? {})) {
      add(`trigger.input${stepText(name)}`, typeWord(member));
      add(name, `input: ${typeWord(member)}`);
    }
  }
}

const namesIn = (values: unknown): string[] => (isObject(values) ? Object.keys(values) : []);

function typeWord(schema: Schema): string {
  return schema['x-kind'] ?? (Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'any value'));
}
