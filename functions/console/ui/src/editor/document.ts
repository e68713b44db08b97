import type { Position, WorkflowDocument, WorkflowEdge, WorkflowNode } from '../api/model';
import { readJson } from '../json';
import { mapTexts, renameStep } from '../template/parse';

// What can be done to a workflow document. Every function gives a new document and
// leaves the old one as it is, so that undo is a list of documents.

export const TRIGGER = 'trigger';
export const NODE_WIDTH = 236;
export const COLUMN = 344;
export const ROW = 116;

export const nodesOf = (doc: WorkflowDocument) => doc.nodes ?? [];
export const edgesOf = (doc: WorkflowDocument) => doc.edges ?? [];
export const findNode = (doc: WorkflowDocument, id: string) => nodesOf(doc).find((node) => node.id === id);
export const edgeKey = (edge: WorkflowEdge) => `${edge.from}:${edge.port ?? ''}:${edge.to}`;
const isPort = (edge: WorkflowEdge, from: string, port: string) => edge.from === from && (edge.port ?? '') === port;

/** Where a new node goes: on a port, into an edge, or free. */
export type Place = { from: string; port: string } | { edge: WorkflowEdge } | { at: Position };

function makeEdge(from: string, port: string, to: string): WorkflowEdge {
  return port === '' ? { from, to } : { from, port, to };
}

/** An id for a node of a type that no node has yet: post_message, post_message_2, ... */
export function freeId(doc: WorkflowDocument, type: string, taken: Iterable<string> = []): string {
  const used = new Set([TRIGGER, ...nodesOf(doc).map((node) => node.id), ...taken]);
  const cleaned = type.slice(type.lastIndexOf('.') + 1).toLowerCase().replace(/[^a-z0-9_]/g, '_').replace(/^[^a-z]+/, '');
  const base = cleaned.replace(/_\d+$/, '').slice(0, 36) || 'step';
  for (let i = 1; ; i++) {
    const id = i === 1 ? base : `${base}_${i}`;
    if (!used.has(id)) return id;
  }
}

const positionOf = (doc: WorkflowDocument, id: string): Position =>
  (id === TRIGGER ? doc.trigger?.position : findNode(doc, id)?.position) ?? { x: 0, y: 0 };

/** Adds a node and connects it. firstPort is the port by which an edge's target is then reached. */
export function addNode(doc: WorkflowDocument, node: WorkflowNode, place: Place, firstPort: string | undefined): WorkflowDocument {
  const nodes = nodesOf(doc);
  if ('at' in place) return { ...doc, nodes: [...nodes, { ...node, position: place.at }] };
  if ('edge' in place) {
    const { edge } = place;
    const target = positionOf(doc, edge.to);
    const at = { x: positionOf(doc, edge.from).x + COLUMN, y: target.y };
    // What stands behind makes room, if there is none.
    const shift = Math.max(0, at.x + COLUMN - target.x);
    const behind = descendants(doc, edge.to);
    const moved = nodes.map((n) => (shift > 0 && behind.has(n.id) && n.position ? { ...n, position: { ...n.position, x: n.position.x + shift } } : n));
    const rest = edgesOf(doc).filter((e) => edgeKey(e) !== edgeKey(edge));
    const onward = firstPort === undefined ? [] : [makeEdge(node.id, firstPort, edge.to)];
    return { ...doc, nodes: [...moved, { ...node, position: at }], edges: [...rest, makeEdge(edge.from, edge.port ?? '', node.id), ...onward] };
  }
  const source = positionOf(doc, place.from);
  const siblings = edgesOf(doc).filter((e) => e.from === place.from).length;
  const at = freeSpot(doc, { x: source.x + COLUMN, y: source.y + siblings * ROW });
  return { ...doc, nodes: [...nodes, { ...node, position: at }], edges: [...edgesOf(doc), makeEdge(place.from, place.port, node.id)] };
}

function freeSpot(doc: WorkflowDocument, wanted: Position): Position {
  const taken = nodesOf(doc).map((n) => n.position ?? { x: 0, y: 0 });
  let y = wanted.y;
  while (taken.some((p) => Math.abs(p.x - wanted.x) < NODE_WIDTH && Math.abs(p.y - y) < ROW - 20)) y += ROW;
  return { x: wanted.x, y };
}

/** The nodes that come after one, with itself. */
export function descendants(doc: WorkflowDocument, id: string): Set<string> {
  return reach(id, (at) => edgesOf(doc).filter((e) => e.from === at).map((e) => e.to));
}

/** The nodes that come before one, without itself unless there is a cycle. */
export function ancestors(doc: WorkflowDocument, id: string): Set<string> {
  const before = (at: string) => edgesOf(doc).filter((e) => e.to === at).map((e) => e.from);
  const found = new Set<string>();
  for (const from of before(id)) reach(from, before).forEach((n) => found.add(n));
  return found;
}

/** The innermost loop whose body a node is in. */
export function loopAround(doc: WorkflowDocument, id: string): WorkflowNode | undefined {
  const inBody = (loop: WorkflowNode) => edgesOf(doc).some((e) => isPort(e, loop.id, 'body') && descendants(doc, e.to).has(id));
  const around = nodesOf(doc).filter((n) => n.type === 'loop' && n.id !== id && inBody(n));
  return around.find((n) => around.every((other) => other === n || ancestors(doc, n.id).has(other.id)));
}

function reach(start: string, next: (id: string) => string[]): Set<string> {
  const found = new Set([start]);
  for (const id of found) next(id).forEach((n) => found.add(n));
  return found;
}

/** Connects two nodes; what cannot be (into the trigger, to itself, twice, in a circle) changes nothing. */
export function connect(doc: WorkflowDocument, from: string, port: string, to: string): WorkflowDocument {
  if (!canConnect(doc, from, port, to)) return doc;
  return { ...doc, edges: [...edgesOf(doc), makeEdge(from, port, to)] };
}

export function canConnect(doc: WorkflowDocument, from: string, port: string, to: string): boolean {
  if (to === TRIGGER || from === to || descendants(doc, to).has(from)) return false;
  return !edgesOf(doc).some((e) => isPort(e, from, port) && e.to === to);
}

export function removeEdges(doc: WorkflowDocument, keys: Set<string>): WorkflowDocument {
  return { ...doc, edges: edgesOf(doc).filter((e) => !keys.has(edgeKey(e))) };
}

/** Removes nodes. One with a single way in and a single way out leaves an edge behind. */
export function removeNodes(doc: WorkflowDocument, ids: Set<string>): WorkflowDocument {
  let edges = edgesOf(doc);
  for (const id of ids) {
    if (id === TRIGGER) continue;
    const into = edges.filter((e) => e.to === id);
    const out = edges.filter((e) => e.from === id);
    edges = edges.filter((e) => e.to !== id && e.from !== id);
    const [before, after] = [into[0], out[0]];
    if (into.length === 1 && out.length === 1 && before && after) {
      const bridge = makeEdge(before.from, before.port ?? '', after.to);
      if (!edges.some((e) => edgeKey(e) === edgeKey(bridge))) edges = [...edges, bridge];
    }
  }
  return { ...doc, nodes: nodesOf(doc).filter((n) => !ids.has(n.id)), edges };
}

export function changeNode(doc: WorkflowDocument, id: string, change: (node: WorkflowNode) => WorkflowNode): WorkflowDocument {
  return { ...doc, nodes: nodesOf(doc).map((n) => (n.id === id ? withoutEmpty(change(n)) : n)) };
}

/** Takes away members that say nothing. */
function withoutEmpty(node: WorkflowNode): WorkflowNode {
  const kept = Object.entries(node).filter(([name, value]) => name === 'id' || name === 'type' || (value !== undefined && value !== ''));
  return Object.fromEntries(kept) as unknown as WorkflowNode;
}

/** Gives a node another id, in edges and in every {{steps.…}} too. */
export function renameNode(doc: WorkflowDocument, from: string, to: string): WorkflowDocument {
  const inTexts = (value: unknown) => mapTexts(value, (text) => renameStep(text, from, to));
  return {
    ...doc,
    nodes: nodesOf(doc).map((n) => {
      const renamed = n.id === from ? { ...n, id: to } : n;
      return renamed.config ? { ...renamed, config: inTexts(renamed.config) as Record<string, unknown> } : renamed;
    }),
    edges: edgesOf(doc).map((e) => ({ ...e, from: e.from === from ? to : e.from, to: e.to === from ? to : e.to })),
    ...(doc.output === undefined ? {} : { output: inTexts(doc.output) }),
  };
}

/** The names that a config gives to a node's ports, in their order, with the edges of that time. */
export interface PortNames {
  names: readonly string[];
  edges: readonly WorkflowEdge[];
}

/**
 * The edges after ports were named anew. They follow by place, from what was there
 * before the first letter was changed: on its way a name may be empty, or that of
 * another port. The edges of such a one stay where they were.
 */
export function followPorts(node: string, before: PortNames, names: readonly string[]): WorkflowEdge[] {
  const follows = names.map((name, i) => name !== '' && names.indexOf(name) === names.lastIndexOf(name) && before.names.indexOf(before.names[i]!) === i);
  const port = (i: number) => (follows[i] ? names[i]! : before.names[i]!);
  // What keeps its old name keeps others from it.
  for (let changed = true; changed;) {
    changed = false;
    names.forEach((name, i) => {
      if (!follows[i] || !names.some((_, j) => j !== i && !follows[j] && before.names[j] === name && name !== before.names[i])) return;
      follows[i] = false;
      changed = true;
    });
  }
  const renamed = new Map(before.names.map((name, i) => [name, port(i)] as const).reverse());
  return before.edges.map((e) => {
    const to = e.from === node && e.port ? renamed.get(e.port) : undefined;
    return to === undefined || to === e.port ? e : { ...e, port: to };
  });
}

export function moveNodes(doc: WorkflowDocument, positions: Map<string, Position>): WorkflowDocument {
  const trigger = positions.get(TRIGGER);
  return {
    ...doc,
    ...(trigger && doc.trigger ? { trigger: { ...doc.trigger, position: trigger } } : {}),
    nodes: nodesOf(doc).map((n) => (positions.has(n.id) ? { ...n, position: positions.get(n.id)! } : n)),
  };
}

/** What copying puts on the clipboard: nodes, and the edges among them. */
export interface Snippet {
  switchboard: 'nodes';
  nodes: WorkflowNode[];
  edges: WorkflowEdge[];
}

export function copyNodes(doc: WorkflowDocument, ids: Set<string>): Snippet {
  return {
    switchboard: 'nodes',
    nodes: nodesOf(doc).filter((n) => ids.has(n.id)),
    edges: edgesOf(doc).filter((e) => ids.has(e.from) && ids.has(e.to)),
  };
}

export function readSnippet(text: string): Snippet | null {
  try {
    const value = readJson(text) as Partial<Snippet> | null;
    const isNode = (n: WorkflowNode) => typeof n?.id === 'string' && typeof n?.type === 'string';
    if (value && Array.isArray(value.nodes) && value.nodes.length > 0 && value.nodes.every(isNode)) {
      return { switchboard: 'nodes', nodes: value.nodes, edges: Array.isArray(value.edges) ? value.edges : [] };
    }
  } catch {
    // It is some other text.
  }
  return null;
}

/** Adds copied nodes under free ids, a little aside; their references to one another follow. */
export function pasteNodes(doc: WorkflowDocument, snippet: Snippet): { doc: WorkflowDocument; ids: string[] } {
  const names = new Map<string, string>();
  for (const node of snippet.nodes) names.set(node.id, freeId(doc, node.id, names.values()));
  // Renamed by way of ids that nothing has, so that a→b and b→c do not run into each other.
  let copy: WorkflowDocument = { nodes: snippet.nodes, edges: snippet.edges.filter((e) => names.has(e.from) && names.has(e.to)) };
  const passing = new Map([...names.keys()].map((id, i) => [id, `zz_passing_${i}`]));
  for (const [id, other] of passing) copy = renameNode(copy, id, other);
  for (const [id, other] of passing) copy = renameNode(copy, other, names.get(id)!);
  const moved = nodesOf(copy).map((n) => ({ ...n, position: { x: (n.position?.x ?? 0) + 48, y: (n.position?.y ?? 0) + 48 } }));
  return { doc: { ...doc, nodes: [...nodesOf(doc), ...moved], edges: [...edgesOf(doc), ...edgesOf(copy)] }, ids: [...names.values()] };
}
