import { describe, expect, it } from 'vitest';
import type { Execution, WorkflowDocument } from '../api/model';
import { nodeKinds } from './node-kinds';
import { sampleOf, scopeAt, variablesAt } from './variables';
import { preview } from '../template/render';

const doc: WorkflowDocument = {
  name: 'Order alert',
  trigger: { type: 'webhook' },
  nodes: [{ id: 'names', type: 'set', config: { values: { customer: 'x' } } }, { id: 'is_big', type: 'condition' }, { id: 'later', type: 'set', config: { values: { late: 1 } } }],
  edges: [{ from: 'trigger', to: 'names' }, { from: 'names', to: 'is_big' }, { from: 'is_big', port: 'true', to: 'later' }],
};
const run = { input: { body: { id: 'A-1', 'the total': 3 }, headers: {} }, nodes: [{ id: 'names', output: { customer: 'Ann' } }, { id: 'later', output: { late: 1 } }, { id: 'is_big', output: null }] };
const sample = sampleOf(run as unknown as Execution, 'webhook', 'the last execution');
const kinds = nodeKinds([]);
const paths = (node: string | null, with_ = false) => variablesAt(doc, node, kinds, with_ ? sample : null).map((v) => v.path);

describe('variablesAt', () => {
  it('offers the trigger and what comes before, not what comes later', () => {
    expect(paths('is_big')).toEqual(expect.arrayContaining(['trigger.body', 'customer', 'agent.name']));
    expect(paths('is_big')).not.toContain('late');
  });
  it('knows what a step before gives', () => expect(paths('later')).toContain('steps.is_big.result'));
  it('offers everything to the output', () => expect(paths(null)).toContain('late'));
  it('goes into sample data, and quotes names', () => expect(paths('is_big', true)).toEqual(expect.arrayContaining(['trigger.body.id', 'trigger.body["the total"]', 'steps.names.customer'])));
  it('shows sample values', () => expect(variablesAt(doc, 'is_big', kinds, sample).find((v) => v.path === 'customer')?.sample).toBe('Ann'));
  it('knows the fields of a manual input', () => {
    const manual = { ...doc, trigger: { type: 'manual', config: { input_schema: { properties: { city: { type: 'string' } } } } } };
    expect(variablesAt(manual, 'is_big', kinds, null).map((v) => v.path)).toEqual(expect.arrayContaining(['trigger.input.city', 'city']));
  });
});

describe('in a loop', () => {
  const looping: WorkflowDocument = {
    trigger: { type: 'webhook' },
    nodes: [{ id: 'each', type: 'loop', config: { items: '{{trigger.body.lines}}' } }, { id: 'inside', type: 'set' }, { id: 'after', type: 'set' }],
    edges: [{ from: 'trigger', to: 'each' }, { from: 'each', port: 'body', to: 'inside' }, { from: 'each', port: 'done', to: 'after' }],
  };
  const lines = { title: '', trigger: { body: { lines: [{ sku: 'X' }] } }, steps: {} };
  it('the item has a name in the body alone', () => {
    expect(variablesAt(looping, 'inside', kinds, lines).map((v) => v.path)).toEqual(expect.arrayContaining(['item.sku', 'index']));
    expect(variablesAt(looping, 'after', kinds, lines).map((v) => v.path)).not.toContain('item');
  });
  it('previews show the first item', () => expect(preview('{{item.sku}} {{index}}', scopeAt(looping, 'inside', lines, ''))).toEqual({ value: 'X 0' }));
});

it('every variable with a sample can be previewed', () => {
  const scope = scopeAt(doc, 'is_big', sample, 'Ada');
  for (const v of variablesAt(doc, 'is_big', kinds, sample)) if (v.sample !== undefined) expect(preview(`{{${v.path}}}`, scope)).toEqual({ value: v.sample });
});
