import type { Diagnostic, NodeRun, Position, WorkflowDocument, WorkflowEdge, WorkflowNode } from '../api/model';
import { edgeKey, edgesOf, nodesOf, TRIGGER } from '../editor/document';
import { portsOf, type NodeKinds } from '../editor/node-kinds';
import { toNumber } from '../json';
import { spanOf } from '../parts/time';
import type { CordData, CordEdge } from './cord';
import type { StepData, StepNode } from './step-card';

/** What the canvas draws of a document: with diagnostics while editing, with runs of an execution. */
export interface Drawing {
  doc: WorkflowDocument;
  kinds: NodeKinds;
  diagnostics: readonly Diagnostic[];
  runs?: ReadonlyMap<string, NodeRun>;
  selected: ReadonlySet<string>;
  selectedEdges: ReadonlySet<string>;
}

const triggerTitles = new Map<string, [title: string, subtitle: string]>(Object.entries({
  webhook: ['Webhook', 'An HTTP request starts it'],
  manual: ['By hand or API', 'A person or a program starts it'],
  schedule: ['Schedule', 'It starts at set times'],
  event: ['Event', 'An event on the bus starts it'],
}));

/** The canvas's nodes. Where nothing changed, the old objects are given again, so that they are not drawn anew. */
export function stepNodes(d: Drawing, before: StepNode[]): StepNode[] {
  const old = new Map(before.map((node) => [node.id, node]));
  const leaving = new Map<string, string[]>();
  for (const e of edgesOf(d.doc)) leaving.set(e.from, [...(leaving.get(e.from) ?? []), e.port ?? '']);
  const counted = countProblems(d);
  const make = (id: string, data: StepData, at = { x: 0, y: 0 }): StepNode => {
    const position = { x: toNumber(at.x) ?? 0, y: toNumber(at.y) ?? 0 };
    const last = old.get(id);
    const selected = d.selected.has(id);
    const same = last && last.selected === selected && last.position.x === position.x && last.position.y === position.y && sameData(last.data, data);
    if (same) return last;
    return { ...last, id, type: 'step', position, style: styleAt(position), selected, data, ariaLabel: `${data.title}, ${id}${data.errors > 0 ? `, ${data.errors} to mend` : ''}`, deletable: false };
  };
  const common = (id: string, ports: string[]) => ({
    id, ports, connected: (leaving.get(id) ?? []).map((port) => port || 'out').join(' '), ...(counted.get(id) ?? { errors: 0, warnings: 0 }), ...runOf(d, id),
  });
  const type = d.doc.trigger?.type ?? '';
  const [title, subtitle] = triggerTitles.get(type) ?? ['Trigger', type || 'Choose what starts it'];
  const trigger = make(TRIGGER, { ...common(TRIGGER, ['']), title: d.doc.trigger?.name || title, subtitle, type, icon: undefined }, d.doc.trigger?.position);
  return [trigger, ...nodesOf(d.doc).map((node) => make(node.id, { ...common(node.id, portsOf(node, d.kinds, leaving.get(node.id) ?? [])), ...face(node, d.kinds) }, node.position))];
}

/**
 * Places a node without the transform that React Flow gives it: of two hundred, each
 * would be a part of its own to put together again in every frame that pans.
 */
export const styleAt = ({ x, y }: Position) => ({ transform: 'none', left: x, top: y });

function face(node: WorkflowNode, kinds: NodeKinds): Pick<StepData, 'title' | 'subtitle' | 'type' | 'icon'> {
  const kind = kinds.get(node.type);
  const service = kind?.connector?.title;
  return { title: node.name || kind?.title || node.type, subtitle: service ? `${service} · ${node.id}` : node.id, type: node.type, icon: kind?.icon };
}

function runOf(d: Drawing, id: string): Pick<StepData, 'status' | 'timing'> {
  const run = d.runs?.get(id);
  if (!run) return { status: undefined, timing: '' };
  if (run.iterations) return { status: run.status, timing: itemsOf(run.iterations) };
  const tries = run.attempts > 1 ? `${run.attempts} attempts, ` : '';
  return { status: run.status, timing: run.status === 'skipped' ? '' : tries + spanOf(run.started_at, run.stopped_at) };
}

/** How many items of a loop a node ran for and, if some failed, how many. */
function itemsOf(turns: NodeRun[]): string {
  const failed = turns.filter((t) => t.status === 'failed' || t.status === 'timed_out').length;
  const all = `${turns.length.toLocaleString('en')} ${turns.length === 1 ? 'item' : 'items'}`;
  return failed > 0 && turns.length > 1 ? `${failed.toLocaleString('en')} of ${all}` : all;
}

/** Errors and warnings by node. What is about the trigger has no node, but a pointer. */
function countProblems(d: Drawing): Map<string, { errors: number; warnings: number }> {
  const counted = new Map<string, { errors: number; warnings: number }>();
  for (const problem of d.diagnostics) {
    const id = nodeOf(d.doc, problem);
    if (!id) continue;
    const count = counted.get(id) ?? { errors: 0, warnings: 0 };
    count[problem.severity === 'error' ? 'errors' : 'warnings']++;
    counted.set(id, count);
  }
  return counted;
}

/** The node that a diagnostic is about, or "". Its index counts before its id, which two nodes may share. */
export function nodeOf(doc: WorkflowDocument, problem: Diagnostic): string {
  if (problem.pointer === '/trigger' || problem.pointer.startsWith('/trigger/')) return TRIGGER;
  const index = /^\/nodes\/(\d+)/.exec(problem.pointer);
  return (index ? nodesOf(doc)[Number(index[1])]?.id : undefined) ?? problem.node;
}

function sameData(a: StepData, b: StepData): boolean {
  return (Object.keys(b) as (keyof StepData)[]).every((key) => (key === 'ports' ? a.ports.join() === b.ports.join() : a[key] === b[key]));
}

/** The canvas's edges; duplicates, which a draft may have, are drawn once. */
export function cordEdges(d: Drawing): CordEdge[] {
  const wrong = new Set(d.diagnostics.map((p) => /^\/edges\/(\d+)/.exec(p.pointer)?.[1]).filter((i) => i !== undefined));
  const known = new Set([TRIGGER, ...nodesOf(d.doc).map((n) => n.id)]);
  const cords = new Map<string, CordEdge>();
  edgesOf(d.doc).forEach((edge, i) => {
    if (!known.has(edge.from) || !known.has(edge.to)) return;
    const id = edgeKey(edge);
    const look: CordData['look'] = d.runs ? (taken(d.runs, edge) ? 'taken' : 'untaken') : wrong.has(String(i)) ? 'wrong' : '';
    cords.set(id, {
      id, type: 'cord', source: edge.from, target: edge.to, sourceHandle: edge.port || 'out', selected: d.selectedEdges.has(id), data: { edge, look }, deletable: false,
      ariaLabel: `From ${edge.from}${edge.port ? `, ${edge.port},` : ''} to ${edge.to}`,
    });
  });
  return [...cords.values()];
}

/** Whether a run went along an edge, as far as one can see: both ends ran, and a choice went this way. */
function taken(runs: ReadonlyMap<string, NodeRun>, { from, port, to }: WorkflowEdge): boolean {
  const ran = (id: string) => id === TRIGGER || (runs.has(id) && runs.get(id)!.status !== 'skipped');
  if (!ran(from) || !ran(to)) return false;
  const output = runs.get(from)?.output as { result?: unknown; case?: unknown; error?: unknown } | null | undefined;
  if (port === 'error') return output?.error !== undefined;
  if (typeof output?.result === 'boolean' && (port === 'true' || port === 'false')) return String(output.result) === port;
  if (typeof output?.case === 'string' && port) return output.case === port;
  return true;
}
