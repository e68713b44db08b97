import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ReactFlowProvider } from '@xyflow/react';
import { createElement, type ReactElement, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Router } from 'wouter';
import type { Connector, Schema, WorkflowDocument, WorkflowNode } from '../api/model';
import { keys } from '../api/queries';
import { whole, wrongShape } from '../api/shape';
import { cordEdges, stepNodes } from '../canvas/elements';
import { StepIcon } from '../canvas/step-card';
import { Fields } from '../form/field';
import { plainTools, FormContext } from '../form/context';
import { readSchema } from '../form/schema';
import { TipProvider } from '../parts/tip';
import { changesSince } from './changes';
import { followPorts, nodesOf, readSnippet, renameNode, TRIGGER } from './document';
import { layout, placed } from './layout';
import { nodeKinds } from './node-kinds';
import { DataList } from './panel/data-list';
import { NodePanel } from './panel/node-panel';
import { WorkflowPanel } from './panel/other-panels';
import { TriggerPanel } from './panel/trigger-panel';
import { offered } from './run-input';
import { EditorContext, EditorStore } from './store';
import { TemplateContext } from './template-context';
import { groupsOf } from './variable-groups';
import { scopeAt, variablesAt } from './variables';

// A draft may hold anything where a step's config says something, and the API stores
// it. Every one of them has to open: here each place of each kind of step and trigger
// is filled with what does not belong there.

const wrong: unknown[] = [
  null, 7, '', '{{x}}', 'constructor', [null], [7, '', []], {}, { a: null },
  // What every object has by itself may be a name as well, and cannot be called then.
  [{ toString: null, valueOf: 1, constructor: 'x', hasOwnProperty: [] }],
];

const all: Record<string, Schema> = {
  text: { 'x-kind': 'text', 'x-suggestions': ['a'] }, secret: { 'x-kind': 'secret' }, integer: { type: 'integer', minimum: 0 }, number: { type: 'number' }, duration: { 'x-kind': 'duration' },
  boolean: { type: 'boolean' }, choice: { type: 'string', enum: ['a', 'b'] }, list: { 'x-kind': 'list', 'x-options': true }, map: { 'x-kind': 'map' }, object: { type: 'object' }, json: { 'x-kind': 'json' },
  items: { 'x-kind': 'items', items: { properties: { name: { type: 'string' }, content_base64: { type: 'string' } } } }, values: { type: 'array' }, later: { type: 'string', 'x-advanced': true },
};
const connector: Connector = {
  name: 'all', title: 'All', category: 'data', summary: '', setup_guide: '', credential_types: ['all'], credential_optional: false, icon: '<svg/>',
  actions: [{ name: 'do', type: 'all.do', title: 'Do', summary: '', input_schema: { properties: all }, output_schema: { properties: { id: { type: 'string' } } }, ports: { names: 'list', taken: 'port' } }],
};
const kinds = nodeKinds([connector]);

const schema = {
  type: 'object', required: ['a'], 'x-order': ['a', 'b', 'c'], properties: { a: { type: 'string', title: 'A', description: 'is a', default: 'x', enum: ['x'] }, b: { type: 'array', items: { type: 'number' }, minimum: 1 }, c: { type: ['string', 'null'], 'x-kind': 'text' } },
};
const configs: [type: string, config: Record<string, unknown>][] = [
  ['condition', { all: [{ left: '{{trigger.body.a}}', op: 'eq', right: 1 }, { any: [{ left: 1, op: 'exists' }] }] }],
  ['switch', { value: '{{trigger.body.a}}', cases: [{ name: 'a', equals: 1 }, { name: 'b', equals: '2' }] }],
  ['loop', { items: '{{trigger.body}}', concurrency: 2 }],
  ['set', { values: { a: '{{trigger.body.a}}', b: [1], c: { d: null } } }],
  ['wait', { seconds: 60, until: '2026-01-31T09:00:00Z' }],
  ['approval', { message: 'May it?', timeout_seconds: 60, notify: { action: 'all.do', credential: 'cred_1', config: { text: 'a', items: [{ name: 'a' }] } } }],
  ['workflow', { workflow: 'wf_2', input: { a: 'x' } }],
  ['stop', { status: 'failed', message: 'No' }],
  ['unknown.step', { a: 1 }],
  ['constructor', { a: 1 }],
  ['all.do', { text: 'a', secret: 'b', integer: 1, number: 1.5, duration: 60, boolean: true, choice: 'a', list: ['a', 'b'], map: { a: 'b' }, object: { a: { b: 1 } }, json: [1], items: [{ name: 'a', content_base64: 'eA==' }], values: [1, 'a'], later: 'x' }],
];
const triggers: [type: string, config: Record<string, unknown>][] = [
  ['webhook', { respond: 'when_finished', auth: { type: 'token', header: 'X-A', credential: 'cred_1' } }],
  ['webhook', { auth: 'token', header: 'X-A', credential: 'cred_1' }],
  ['schedule', { cron: '0 9 * * *', rate: '15 minutes', timezone: 'UTC' }],
  ['event', { source: 'shop', detail_type: 'order', filter: { total: [{ numeric: ['>', 1] }] } }],
  ['manual', { input_schema: schema }],
  ['constructor', {}],
];

/** The value with each of its places, one after the other, filled with each of what does not belong there. */
function* spoiled(value: unknown): Generator<unknown> {
  yield* wrong;
  if (Array.isArray(value)) for (const [i, inner] of value.entries()) for (const other of spoiled(inner)) yield value.map((old, j) => (j === i ? other : old));
  else if (typeof value === 'object' && value !== null) for (const [name, inner] of Object.entries(value)) for (const other of spoiled(inner)) yield { ...value, [name]: other };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const client = new QueryClient();
const inConsole = (store: EditorStore, ...children: ReactNode[]) => renderToString(
  createElement(QueryClientProvider, { client }, createElement(Router, { ssrPath: '/', children: createElement(TipProvider, {
    children: createElement(ReactFlowProvider, { children: createElement(EditorContext.Provider, { value: store }, ...children) }),
  }) })),
);

const nothing = () => undefined;
const common = { agent: 'agt_1', kinds, onClose: nothing, focus: 0 };
const panelOf = (id: string): ReactElement => (id === TRIGGER
  ? createElement(TriggerPanel, { ...common, webhookURL: 'https://x/hooks/y', published: true })
  : createElement(NodePanel, { ...common, id, onDuplicate: nothing, onDelete: nothing, test: { workflow: 'wf_1', sample: null, saver: { withDraft: (act) => act('') } } }));

/** Everything that the editor makes of a document when it opens and its step is selected. */
function open(stored: WorkflowDocument, id: string): string {
  const document = placed(whole(stored), kinds);
  const drawing = { doc: document, kinds, diagnostics: [], selected: new Set([id]), selectedEdges: new Set<string>() };
  const steps = stepNodes(drawing, []);
  stepNodes(drawing, steps);
  cordEdges(drawing);
  layout(document, kinds);
  changesSince({}, document, (type) => type);
  renameNode(document, 'step', 'other');
  readSnippet(JSON.stringify({ nodes: document.nodes, edges: document.edges }));
  for (const node of nodesOf(document)) followPorts(node.id, { names: kinds.get(node.type)?.named?.(node) ?? [], edges: [] }, []);
  offered(document, null);
  const sample = { title: '', trigger: { body: { a: 1 }, input: { a: 1 } }, steps: { step: { a: 1 } } };
  const variables = variablesAt(document, 'last', kinds, sample);
  for (const { rows } of groupsOf(variables)) for (const row of rows) expect([row.name, row.value].every((text) => typeof text === 'string')).toBe(true);
  const scope = scopeAt(document, 'last', sample, '');
  const store = new EditorStore(document);
  store.select([id]);
  return inConsole(store,
    steps.map((step) => createElement('p', { key: step.id }, step.data.title, step.data.subtitle, step.data.ports.join(), createElement(StepIcon, { type: step.data.type, icon: step.data.icon }))),
    createElement(TemplateContext.Provider, { key: 'panel', value: { variables, scope } }, panelOf(id), createElement(DataList)),
    createElement(WorkflowPanel, { key: 'settings', onClose: nothing, focus: 0 }),
  );
}

const withStep = (node: unknown): WorkflowDocument => ({
  name: 'w', trigger: { type: 'webhook' }, nodes: [node as WorkflowNode, { id: 'last', type: 'set' }], edges: [{ from: TRIGGER, to: 'step' }, { from: 'step', port: 'a', to: 'last' }],
});

describe('a step with anything in its config', () => {
  it.each(configs)('%s opens', (type, config) => {
    for (const other of spoiled(config)) if (isObject(other)) open(withStep({ id: 'step', type, config: other }), 'step');
    for (const member of ['name', 'credential', 'config', 'retry', 'timeout_seconds', 'on_error', 'on_uncertain', 'position']) open(withStep({ id: 'step', type, config, [member]: null }), 'step');
    open(withStep({ id: 'step', type, config, retry: { max_attempts: null }, position: { x: 1 } }), 'step');
  }, 180_000); // thousands of documents: a quarter of a minute, on a machine that is free
});

describe('a trigger with anything in its config', () => {
  it.each(triggers)('%s opens', (type, config) => {
    for (const other of spoiled(config)) if (isObject(other)) open({ trigger: { type, config: other }, nodes: [{ id: 'last', type: 'set' }], edges: [{ from: TRIGGER, to: 'last' }] }, TRIGGER);
  }, 180_000); // thousands of documents: a quarter of a minute, on a machine that is free
});

describe('a workflow that another one runs', () => {
  it('may ask for its input by anything', () => {
    for (const other of spoiled(schema)) {
      client.setQueryData(keys.workflow('wf_2'), { id: 'wf_2', agent_id: 'agt_1', document: { trigger: { type: 'manual', config: { input_schema: other } } } });
      open(withStep({ id: 'step', type: 'workflow', config: { workflow: 'wf_2', input: { a: 'x' } } }), 'step');
      // As the form of a start shows it.
      inConsole(new EditorStore({}), createElement(FormContext.Provider, { key: 'start', value: plainTools }, createElement(Fields, { schema: readSchema(other), value: { a: null }, at: '', onChange: nothing })));
    }
    client.clear();
  }, 180_000); // thousands of documents: a quarter of a minute, on a machine that is free
});

describe('a document with null and gaps', () => {
  it.each<[string, unknown]>([
    ['all', { name: null, description: null, trigger: null, nodes: null, edges: null, output: null, timeout_seconds: null }],
    ['trigger', { trigger: { type: null, name: null, config: null, position: { x: null, y: 1e300 } } }],
    ['ids', { nodes: [{}, {}, { id: 'last', type: null }], edges: [{}, { from: 'last' }, { to: null }] }],
  ])('%s opens', (_, stored) => {
    expect(wrongShape(stored)).toBe('');
    open(stored as WorkflowDocument, TRIGGER);
    for (const id of ['', 'last']) open(stored as WorkflowDocument, id);
  });
  it('keeps what it says', () => {
    expect(whole({ name: 'w', output: null, nodes: [{ id: 'a', type: 'set', config: { values: { x: null } }, position: { x: 1, y: 2 } }], edges: [{ from: 'a', to: 'b' }] }))
      .toEqual({ name: 'w', output: null, nodes: [{ id: 'a', type: 'set', config: { values: { x: null } }, position: { x: 1, y: 2 } }], edges: [{ from: 'a', to: 'b' }] });
  });
});

describe('what is pasted or imported', () => {
  it.each<[unknown, string]>([
    [null, 'It must be an object.'], [[], 'It must be an object.'], [{ name: {} }, '/name must be a text.'], [{ nodes: {} }, '/nodes must be a list.'], [{ nodes: [null] }, '/nodes/0 must be an object.'],
    [{ nodes: [{ id: 'a', type: 'set', name: {} }] }, '/nodes/0/name must be a text.'], [{ nodes: [{ config: [] }] }, '/nodes/0/config must be an object.'], [{ nodes: [{ retry: { max_attempts: 'x' } }] }, '/nodes/0/retry/max_attempts must be a number.'],
    [{ trigger: [] }, '/trigger must be an object.'], [{ trigger: { position: { x: '1' } } }, '/trigger/position/x must be a number.'], [{ edges: [{ from: 1 }] }, '/edges/0/from must be a text.'], [{ edges: [null] }, '/edges/0 must be an object.'],
  ])('%j is no document', (value, problem) => expect(wrongShape(value)).toBe(problem));
  it('may be a document', () => expect(wrongShape({ name: 'w', trigger: { type: 'manual' }, nodes: [{ id: 'a', type: 'set', name: null, retry: {} }], edges: [{ from: 'trigger', to: 'a' }], output: [] })).toBe(''));
});
