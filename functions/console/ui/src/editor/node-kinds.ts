import type { Action, Connector, Schema, WorkflowNode } from '../api/model';
import { isObject } from '../api/shape';

/** What the editor knows of a node type: of an action from the catalog, of a logic node from here. */
export interface NodeKind {
  type: string;
  title: string;
  summary: string;
  category: string;
  /** SVG text of a connector's icon; logic nodes have an icon of their own. */
  icon?: string;
  connector?: Connector;
  action?: Action;
  /** Fields of config; not there where the panel has a form of its own. */
  fields?: Schema;
  /** Names of what later steps can use. */
  outputs: Record<string, Schema>;
  ports: (node: WorkflowNode) => string[];
  /** Of a kind whose ports the config names: the names in their order; "" for what names none, as while it is typed. */
  named?: (node: WorkflowNode) => string[];
  /** Its own work may fail, so on_error has a say; retries and time limits are for actions alone. */
  canFail?: boolean;
  /** The config of a node that was just added. */
  initial?: Record<string, unknown>;
}

export const LOGIC = 'logic';

const one = () => [''];
const field = (kind: string, title: string, description: string, more: Schema = {}): Schema => ({ 'x-kind': kind, title, description, ...more });
const form = (properties: Record<string, Schema>): Schema => ({ properties, 'x-order': Object.keys(properties) });

const logic: NodeKind[] = [
  {
    type: 'condition', title: 'Condition', summary: 'Go one way if the rules hold, and another way if not.', category: LOGIC,
    outputs: { result: { type: 'boolean' } }, ports: () => ['true', 'false'], initial: { all: [{ left: '', op: 'eq', right: '' }] },
  },
  {
    type: 'switch', title: 'Switch', summary: 'Go one of several ways by a value.', category: LOGIC,
    outputs: { case: { type: 'string' } }, ports: (node) => [...distinct(caseNames(node)), 'default'], named: caseNames, initial: { value: '', cases: [{ name: 'first', equals: '' }] },
    fields: form({
      value: field('json', 'Value', 'What is compared with the cases.', { 'x-line': true, 'x-placeholder': '{{trigger.body.priority}}' }),
      cases: field('items', 'Cases', 'The first case that equals the value is taken, else the port default.', {
        items: form({ name: field('text', 'Name', 'The port that is taken.', { 'x-placeholder': 'urgent' }), equals: field('json', 'Equals', 'The value of this case.', { 'x-line': true }) }),
      }),
    }),
  },
  {
    type: 'loop', title: 'Loop', summary: 'Do the same for every item of a list.', category: LOGIC, canFail: true,
    outputs: { results: { type: 'array' } }, ports: (node) => withError(node, ['body', 'done']),
    fields: form({
      items: field('json', 'Items', 'The list to go through. Inside, {{item}} and {{index}} name what is its turn.', { 'x-line': true, 'x-placeholder': '{{trigger.body.lines}}' }),
      concurrency: field('integer', 'Concurrency', 'How many items are worked on at once.', { type: 'integer', minimum: 1, maximum: 40, default: 1 }),
    }),
  },
  { type: 'set', title: 'Set values', summary: 'Name values, so that later steps can use them.', category: LOGIC, outputs: {}, ports: one, initial: { values: {} } },
  {
    type: 'wait', title: 'Wait', summary: 'Go on after some time, or at a point in time.', category: LOGIC, outputs: {}, ports: one,
    fields: form({
      seconds: field('duration', 'For', 'How long to wait.', { minimum: 0 }),
      until: field('text', 'Until', 'Or the time to wait for, instead.', { 'x-placeholder': '2026-01-31T09:00:00Z' }),
    }),
  },
  {
    type: 'approval', title: 'Approval', summary: 'Ask a person, and go on by the answer.', category: LOGIC,
    outputs: {
      decision: { type: 'string', enum: ['approved', 'rejected', 'timed_out'] }, comment: { type: 'string' }, by: { type: 'string' }, at: { type: 'string' },
    },
    ports: () => ['approved', 'rejected', 'timed_out'],
    fields: {
      ...form({
        message: field('text', 'Message', 'What is asked; people read it above the two buttons.', { 'x-placeholder': 'Refund {{trigger.body.total}} EUR?' }),
        timeout_seconds: field('duration', 'Time to answer', 'After that the port timed_out is taken. A day if empty.', { minimum: 1 }),
        notify: field('object', 'Notify', 'An action that tells people.'),
      }),
      required: ['message'],
    },
  },
  {
    type: 'workflow', title: 'Run a workflow', summary: 'Run another workflow of this agent, and use its output.', category: LOGIC, canFail: true,
    outputs: {}, ports: (node) => withError(node, ['']),
    fields: {
      ...form({
        workflow: field('text', 'Workflow', 'A published workflow of the same agent, with a manual trigger.'),
        input: field('json', 'Input', 'What it is started with: its {{trigger.input}}.', { 'x-placeholder': '{"order": "{{trigger.body.id}}"}' }),
      }),
      required: ['workflow'],
    },
  },
  {
    type: 'stop', title: 'Stop', summary: 'End the execution as succeeded or failed.', category: LOGIC, outputs: {}, ports: () => [],
    fields: form({
      status: field('choice', 'Status', 'How the execution ends.', { enum: ['succeeded', 'failed'], default: 'succeeded' }),
      message: field('text', 'Message', 'Why it ends; it is shown with the execution.'),
    }),
  },
];

/** The ports of a node that can fail: with on_error branch, one for that. */
const withError = (node: WorkflowNode, ports: string[]) => (node.on_error === 'branch' ? [...ports, 'error'] : ports);

const distinct = (names: string[]) => [...new Set(names.filter((name) => name !== ''))];

function caseNames(node: WorkflowNode): string[] {
  const cases: unknown = node.config?.['cases'];
  if (!Array.isArray(cases)) return [];
  return cases.map((one: unknown) => (isObject(one) && typeof one['name'] === 'string' && one['name'] !== 'default' ? one['name'] : ''));
}

function actionKind(connector: Connector, action: Action): NodeKind {
  return {
    type: action.type, title: action.title, summary: action.summary, category: connector.category, icon: connector.icon, connector, action,
    fields: action.input_schema, outputs: action.output_schema.properties ?? {}, canFail: true,
    ports: (node) => [...withError(node, ['']), ...distinct(namedPorts(action, node))],
    ...(action.ports ? { named: (node) => namedPorts(action, node) } : {}),
  };
}

/** The ports that a list in the config names; what a variable gives has none. */
function namedPorts(action: Action, node: WorkflowNode): string[] {
  const names: unknown = action.ports && node.config?.[action.ports.names];
  if (!Array.isArray(names)) return [];
  return names.map((name: unknown) => (typeof name === 'string' && name !== 'error' && !name.includes('{{') ? name : ''));
}

/** What the canvas calls a port. The plain one is what is left, where others are named for a choice. */
export const portWord = (port: string, ports: readonly string[]): string => port || (ports.some((other) => other !== '' && other !== 'error') ? 'otherwise' : 'then');

export type NodeKinds = Map<string, NodeKind>;

/** All node types, logic first, then the catalog's actions in its order. */
export function nodeKinds(catalog: Connector[]): NodeKinds {
  const all = [...logic, ...catalog.flatMap((c) => c.actions.map((a) => actionKind(c, a)))];
  return new Map(all.map((kind) => [kind.type, kind]));
}

/** The ports of a node; of one whose type nobody knows those that edges name. */
export function portsOf(node: WorkflowNode, kinds: NodeKinds, used: string[]): string[] {
  const kind = kinds.get(node.type);
  const ports = kind ? kind.ports(node) : [''];
  return [...ports, ...new Set(used.filter((port) => !ports.includes(port)))];
}

/** The operators of rules with how they are read, and whether they take a right side. */
export const operators: [op: string, words: string, right: boolean][] = [
  ['eq', 'equals', true], ['ne', 'does not equal', true], ['gt', 'is greater than', true], ['ge', 'is at least', true], ['lt', 'is less than', true], ['le', 'is at most', true],
  ['contains', 'contains', true], ['not_contains', 'does not contain', true], ['starts_with', 'begins with', true], ['ends_with', 'ends with', true],
  ['in', 'is one of', true], ['matches', 'matches the pattern', true],
  ['exists', 'exists', false], ['not_exists', 'does not exist', false], ['empty', 'is empty', false], ['not_empty', 'is not empty', false],
];
