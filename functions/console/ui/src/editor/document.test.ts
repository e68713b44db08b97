import { describe, expect, it } from 'vitest';
import type { WorkflowDocument } from '../api/model';
import { addNode, ancestors, canConnect, COLUMN, connect, copyNodes, findNode, followPorts, freeId, pasteNodes, readSnippet, removeNodes, renameNode } from './document';
import { layout, placed } from './layout';
import { nodeKinds, portsOf } from './node-kinds';

const alert: WorkflowDocument = {
  trigger: { type: 'webhook', position: { x: 0, y: 0 } },
  nodes: [
    { id: 'is_big', type: 'condition', position: { x: 316, y: 0 } },
    { id: 'notify', type: 'slack.post_message', config: { text: '{{trigger.body.id}}' }, position: { x: 632, y: 0 } },
    { id: 'log', type: 'set', config: { values: { ts: '{{steps.notify.ts}} of steps.notify' } }, position: { x: 948, y: 0 } },
  ],
  edges: [{ from: 'trigger', to: 'is_big' }, { from: 'is_big', port: 'true', to: 'notify' }, { from: 'notify', to: 'log' }],
  output: { ts: '{{steps.notify.ts}}' },
};

describe('addNode', () => {
  it('connects a node to the port that it was added at', () => {
    const doc = addNode(alert, { id: 'other', type: 'set' }, { from: 'is_big', port: 'false' }, '');
    expect(doc.edges).toContainEqual({ from: 'is_big', port: 'false', to: 'other' });
  });
  it('puts a node into an edge and makes room', () => {
    const doc = addNode(alert, { id: 'w', type: 'wait' }, { edge: alert.edges![1]! }, '');
    expect(doc.edges).toEqual(expect.arrayContaining([{ from: 'is_big', port: 'true', to: 'w' }, { from: 'w', to: 'notify' }]));
    expect(doc.edges).toHaveLength(4);
    expect(findNode(doc, 'notify')!.position!.x).toBeGreaterThanOrEqual(findNode(doc, 'w')!.position!.x + COLUMN);
  });
  it('ends the way where nothing can follow', () => {
    const doc = addNode(alert, { id: 'end', type: 'stop' }, { edge: alert.edges![2]! }, undefined);
    expect(doc.edges).not.toContainEqual(expect.objectContaining({ to: 'log' }));
  });
  it('does not put two nodes on one spot', () => {
    let doc = addNode(alert, { id: 'a', type: 'set' }, { from: 'trigger', port: '' }, '');
    doc = addNode(doc, { id: 'b', type: 'set' }, { from: 'trigger', port: '' }, '');
    const spots = doc.nodes!.map((n) => `${n.position!.x},${n.position!.y}`);
    expect(new Set(spots).size).toBe(spots.length);
  });
});

describe('removeNodes', () => {
  it('closes the gap of a node in a line', () => {
    expect(removeNodes(alert, new Set(['notify'])).edges).toContainEqual({ from: 'is_big', port: 'true', to: 'log' });
  });
  it('keeps the trigger', () => expect(removeNodes(alert, new Set(['trigger'])).trigger).toBe(alert.trigger));
});

describe('connect', () => {
  it.each([
    ['a circle', 'log', '', 'is_big'], ['itself', 'log', '', 'log'], ['the trigger', 'log', '', 'trigger'], ['what is connected already', 'notify', '', 'log'],
  ])('refuses %s', (_, from, port, to) => {
    expect(canConnect(alert, from, port, to)).toBe(false);
    expect(connect(alert, from, port, to)).toBe(alert);
  });
  it('takes another port to the same node', () => expect(canConnect(alert, 'is_big', 'false', 'notify')).toBe(true));
});

describe('renaming', () => {
  it('follows in edges and templates, not in plain text', () => {
    const doc = renameNode(alert, 'notify', 'tell');
    expect(findNode(doc, 'log')!.config).toEqual({ values: { ts: '{{steps.tell.ts}} of steps.notify' } });
    expect(doc.output).toEqual({ ts: '{{steps.tell.ts}}' });
    expect(doc.edges).toContainEqual({ from: 'tell', to: 'log' });
  });
});

describe('naming ports anew', () => {
  const edges = [{ from: 'sw', port: 'ab', to: 'one' }, { from: 'sw', port: 'abc', to: 'two' }, { from: 'sw', port: 'default', to: 'three' }, { from: 'other', port: 'ab', to: 'one' }];
  const since = { names: ['ab', 'abc'], edges };
  const named = (...names: string[]) => followPorts('sw', since, names).slice(0, 2).map((e) => e.port);
  it('takes the edges along, and those of no other port', () => {
    expect(followPorts('sw', since, ['yes', 'abc'])).toEqual([{ from: 'sw', port: 'yes', to: 'one' }, ...edges.slice(1)]);
  });
  it('goes through the name of another port', () => {
    expect(named('abc', 'abc')).toEqual(['ab', 'abc']);
    expect(named('abcd', 'abc')).toEqual(['abcd', 'abc']);
  });
  it('goes through no name at all, and gives the name that waits to nobody', () => {
    expect(named('', 'abc')).toEqual(['ab', 'abc']);
    expect(named('', 'ab')).toEqual(['ab', 'abc']);
    expect(named('x', 'ab')).toEqual(['x', 'ab']);
  });
  it('lets two names change places', () => expect(named('abc', 'ab')).toEqual(['abc', 'ab']));
});

describe('copy and paste', () => {
  it('gives copies ids of their own and keeps their references', () => {
    const snippet = readSnippet(JSON.stringify(copyNodes(alert, new Set(['notify', 'log']))))!;
    const { doc, ids } = pasteNodes(alert, snippet);
    expect(ids).toEqual(['notify_2', 'log_2'].map((id) => expect.stringContaining(id.slice(0, 3))));
    expect(findNode(doc, ids[1]!)!.config).toEqual({ values: { ts: `{{steps.${ids[0]}.ts}} of steps.notify` } });
    expect(doc.edges).toContainEqual({ from: ids[0], to: ids[1] });
  });
  it.each(['hello', '[]', '{"nodes":[]}', '{"nodes":[{"id":1}]}', 'null'])('takes no %s', (text) => expect(readSnippet(text)).toBeNull());
});

describe('freeId', () => {
  it.each([['slack.post_message', 'post_message'], ['set', 'set'], ['notify', 'notify_2'], ['9x', 'x'], ['..', 'step']])('%s gives %s', (type, id) => {
    expect(freeId(alert, type)).toBe(id);
  });
});

describe('layout', () => {
  it('stands every node right of what leads to it', () => {
    const places = layout(alert);
    for (const e of alert.edges!) expect(places.get(e.to)!.x).toBeGreaterThan(places.get(e.from)!.x);
  });
  it('overlaps nothing, also with a circle and loose ends', () => {
    const doc = { ...alert, nodes: [...alert.nodes!, { id: 'loose', type: 'set' }], edges: [...alert.edges!, { from: 'log', to: 'is_big' }, { from: 'is_big', port: 'false', to: 'log' }] };
    const spots = [...layout(doc).values()].map((p) => `${p.x},${p.y}`);
    expect(new Set(spots).size).toBe(5);
  });
  it('leaves alone what has its place', () => expect(placed(alert)).toBe(alert));
});

it('ancestors are what comes before', () => expect([...ancestors(alert, 'notify')].sort()).toEqual(['is_big', 'trigger']));

describe('portsOf', () => {
  const sort = { name: 'sort', type: 'ai.sort', title: 'Sort', summary: '', input_schema: {}, output_schema: {}, ports: { names: 'categories', taken: 'category' } };
  const kinds = nodeKinds([{ name: 'ai', title: 'AI', actions: [sort] } as never]);
  it.each([
    [{ id: 'a', type: 'switch', config: { cases: [{ name: 'x' }, { name: 'x' }, { name: '' }, null] } }, [], ['x', 'default']],
    [{ id: 'a', type: 'stop' }, [], []],
    [{ id: 'a', type: 'nobody.knows' }, ['error'], ['', 'error']],
    [{ id: 'a', type: 'ai.sort', config: { categories: ['big', 'late parcel', 'big', '{{x}}', '', 'error', 3] } }, [], ['', 'big', 'late parcel']],
    [{ id: 'a', type: 'ai.sort', on_error: 'branch', config: { categories: '{{x}}' } }, [], ['', 'error']],
  ])('%j', (node, used, ports) => expect(portsOf(node as never, kinds, used)).toEqual(ports));
});
