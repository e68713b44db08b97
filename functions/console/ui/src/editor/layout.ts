import type { Position, WorkflowDocument } from '../api/model';
import { COLUMN, edgesOf, moveNodes, nodesOf, TRIGGER } from './document';
import { portsOf, type NodeKinds } from './node-kinds';

/**
 * Places the nodes of a document in columns from left to right: every node right of
 * all that lead to it, and within a column near what leads to it. Edges that close a
 * circle, which a draft may have, are left out.
 */
export function layout(doc: WorkflowDocument, kinds: NodeKinds = new Map(), more = 0): Map<string, Position> {
  const used = (id: string) => edgesOf(doc).filter((e) => e.from === id).map((e) => e.port ?? '');
  const heights = new Map(nodesOf(doc).map((node) => [node.id, height(portsOf(node, kinds, used(node.id)).length)]));
  const ids = [TRIGGER, ...nodesOf(doc).map((n) => n.id)];
  const order = new Map(ids.map((id, i) => [id, i]));
  const edges = forward(ids, edgesOf(doc).filter((e) => order.has(e.from) && order.has(e.to)).map((e): [string, string] => [e.from, e.to]));
  const column = columns(ids, edges);

  const byColumn: string[][] = [];
  for (const id of ids) (byColumn[column.get(id)!] ??= []).push(id);
  for (let pass = 0; pass < 4; pass++) arrange(byColumn, edges, pass % 2 === 0);

  const places = new Map<string, Position>();
  const parents = (id: string) => edges.filter(([, to]) => to === id).map(([from]) => from);
  byColumn.forEach((list, x) => {
    let free = -Infinity;
    list.forEach((id) => {
      const above = parents(id).map((p) => places.get(p)?.y).filter((y) => y !== undefined);
      const sibling = parents(id).length > 0 ? Math.min(...above) : 0;
      const y = Math.max(Number.isFinite(sibling) ? sibling : 0, free);
      places.set(id, { x: x * COLUMN, y });
      free = y + (heights.get(id) ?? height(1)) + more + 40;
    });
  });
  return places;
}

/** The edges without those that lead back to a node that is still being looked at. */
function forward(ids: string[], edges: [string, string][]): [string, string][] {
  const out = new Map<string, string[]>();
  for (const [from, to] of edges) out.set(from, [...(out.get(from) ?? []), to]);
  const state = new Map<string, 'open' | 'done'>();
  const kept: [string, string][] = [];
  const visit = (id: string) => {
    state.set(id, 'open');
    for (const to of out.get(id) ?? []) {
      if (state.get(to) === 'open') continue;
      kept.push([id, to]);
      if (!state.has(to)) visit(to);
    }
    state.set(id, 'done');
  };
  ids.forEach((id) => state.has(id) || visit(id));
  return kept;
}

/** The length of the longest way to every node. What nothing leads to stands beside the trigger's followers. */
function columns(ids: string[], edges: [string, string][]): Map<string, number> {
  const waiting = new Map(ids.map((id) => [id, 0]));
  for (const [, to] of edges) waiting.set(to, waiting.get(to)! + 1);
  const column = new Map(ids.map((id) => [id, id === TRIGGER ? 0 : waiting.get(id) === 0 ? 1 : 0]));
  const queue = ids.filter((id) => waiting.get(id) === 0);
  for (const id of queue) {
    for (const [from, to] of edges) {
      if (from !== id) continue;
      column.set(to, Math.max(column.get(to)!, column.get(id)! + 1));
      waiting.set(to, waiting.get(to)! - 1);
      if (waiting.get(to) === 0) queue.push(to);
    }
  }
  return column;
}

/** Orders every column by the middle of its neighbours in the one before (or after). */
function arrange(byColumn: string[][], edges: [string, string][], forwards: boolean): void {
  const place = new Map<string, number>();
  const note = (list: string[] | undefined) => list?.forEach((id, i) => place.set(id, i));
  byColumn.forEach(note);
  const pairs = forwards ? edges.map(([a, b]) => [b, a] as const) : edges;
  const neighbours = new Map<string, string[]>();
  for (const [of, next] of pairs) neighbours.set(of, [...(neighbours.get(of) ?? []), next]);
  const sequence = [...byColumn.keys()];
  if (!forwards) sequence.reverse();
  for (const x of sequence) {
    const list = byColumn[x];
    if (!list) continue;
    const middle = new Map(list.map((id, i) => {
      const next = neighbours.get(id) ?? [];
      return [id, next.length === 0 ? i : next.reduce((sum, n) => sum + place.get(n)!, 0) / next.length];
    }));
    byColumn[x] = [...list].sort((a, b) => middle.get(a)! - middle.get(b)!);
    note(byColumn[x]);
  }
}

/** About how tall a node is drawn: one with several ports has a line for each. */
const height = (ports: number) => (ports > 1 ? 70 + ports * 29 : 62);

/** Gives every node a place if some have none, as documents that a program wrote. more is the room that nodes need besides their own height. */
export function placed(doc: WorkflowDocument, kinds?: NodeKinds, more?: number): WorkflowDocument {
  if (nodesOf(doc).every((n) => n.position)) return doc;
  return moveNodes(doc, layout(doc, kinds, more));
}
