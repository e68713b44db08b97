import { describe, expect, it } from 'vitest';
import type { Diagnostic, NodeRun, WorkflowDocument } from '../api/model';
import { nodeKinds } from '../editor/node-kinds';
import { readAuth } from '../editor/panel/trigger-auth';
import { cordEdges, nodeOf, stepNodes, type Drawing } from './elements';

const doc: WorkflowDocument = {
  trigger: { type: 'webhook' },
  nodes: [{ id: 'is_big', type: 'condition', position: { x: 1, y: 2 } }, { id: 'yes', type: 'set' }, { id: 'no', type: 'set' }],
  edges: [{ from: 'trigger', to: 'is_big' }, { from: 'is_big', port: 'true', to: 'yes' }, { from: 'is_big', port: 'false', to: 'no' }, { from: 'gone', to: 'no' }],
};
const problem = (pointer: string, node = '', severity: Diagnostic['severity'] = 'error'): Diagnostic => ({ severity, code: 'x', message: 'm', hint: '', node, pointer });
const drawing = (more: Partial<Drawing> = {}): Drawing => ({ doc, kinds: nodeKinds([]), diagnostics: [], selected: new Set(), selectedEdges: new Set(), ...more });
const run = (id: string, status: NodeRun['status'], output: unknown = null) => [id, { id, status, output } as NodeRun] as const;

describe('stepNodes', () => {
  it('counts problems at their node', () => {
    const nodes = stepNodes(drawing({ diagnostics: [problem('/nodes/0/config'), problem('/nodes/0/id', '', 'warning'), problem('/trigger/type')] }), []);
    expect(nodes.map((n) => [n.id, n.data.errors, n.data.warnings])).toEqual([['trigger', 1, 0], ['is_big', 1, 1], ['yes', 0, 0], ['no', 0, 0]]);
  });
  it('draws anew only what changed', () => {
    const before = stepNodes(drawing(), []);
    const after = stepNodes(drawing({ selected: new Set(['yes']) }), before);
    expect(after.map((n, i) => n === before[i])).toEqual([true, true, false, true]);
  });
});

describe('cordEdges', () => {
  it('leaves out what leads nowhere, and marks what is wrong', () => {
    expect(cordEdges(drawing({ diagnostics: [problem('/edges/1/port')] })).map((e) => e.data!.look)).toEqual(['', 'wrong', '']);
  });
  it('shows which way a run went', () => {
    const runs = new Map([run('is_big', 'succeeded', { result: true }), run('yes', 'succeeded'), run('no', 'skipped')]);
    expect(cordEdges(drawing({ runs })).map((e) => e.data!.look)).toEqual(['taken', 'taken', 'untaken']);
  });
});

it.each([['/trigger/config/auth', '', 'trigger'], ['/nodes/2/config', 'is_big', 'no'], ['/nodes/9', 'yes', 'yes'], ['/output', '', '']])('%s belongs to its node', (pointer, node, id) => {
  expect(nodeOf(doc, problem(pointer, node))).toBe(id);
});

it.each([
  [{}, { type: 'none' }],
  [{ auth: 'token', header: 'X-T', credential: 'c' }, { type: 'token', header: 'X-T', credential: 'c' }],
  [{ auth: { type: 'basic', credential: 'c' }, header: 'ignored' }, { type: 'basic', credential: 'c' }],
])('%j is read as the server reads it', (config, auth) => expect(readAuth(config)).toEqual(auth));
