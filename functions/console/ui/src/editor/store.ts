import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Diagnostic, WorkflowDocument } from '../api/model';
import { edgeKey, edgesOf, findNode, TRIGGER } from './document';

export type SaveState = 'saved' | 'waiting' | 'saving' | 'offline' | 'conflict' | 'held' | 'refused';

/** Whether nothing is stored before the person has chosen: between two drafts, or after the sign-in ended. */
export const isHeld = (save: SaveState): save is 'conflict' | 'held' => save === 'conflict' || save === 'held';

export interface EditorState {
  doc: WorkflowDocument;
  /** Ids of the selected nodes, trigger included. */
  nodes: ReadonlySet<string>;
  /** Keys of the selected edges. */
  edges: ReadonlySet<string>;
  diagnostics: readonly Diagnostic[];
  /** When the document would start by its schedule, in UTC; empty for other triggers. */
  nextRuns: readonly string[];
  /** The diagnostics are of this very document. */
  checked: boolean;
  save: SaveState;
  /** Why the draft is refused, while it is. */
  refusal: unknown;
  canUndo: boolean;
  canRedo: boolean;
}

interface Past {
  doc: WorkflowDocument;
  merge: string | undefined;
}

const MAX_HISTORY = 200;
const MERGE_MS = 1_200;
const none: ReadonlySet<string> = new Set();

/** The state of one open editor: a document with its history, and what is selected in it. */
export class EditorStore {
  private state: EditorState;
  private past: Past[] = [];
  private future: WorkflowDocument[] = [];
  private lastChange = 0;
  private readonly listeners = new Set<() => void>();

  constructor(
    doc: WorkflowDocument,
    private readonly now: () => number = () => Date.now(),
  ) {
    this.state = { doc, nodes: none, edges: none, diagnostics: [], nextRuns: [], checked: false, save: 'saved', refusal: null, canUndo: false, canRedo: false };
  }

  get = (): EditorState => this.state;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private set(change: Partial<EditorState>): void {
    this.state = { ...this.state, ...change, canUndo: this.past.length > 0, canRedo: this.future.length > 0 };
    this.listeners.forEach((listener) => listener());
  }

  /** Changes the document. Changes of the same merge that follow one another closely are one step of undo. */
  change(doc: WorkflowDocument, merge?: string): void {
    if (doc === this.state.doc) return;
    const time = this.now();
    const merges = merge !== undefined && merge === this.past.at(-1)?.merge && time - this.lastChange < MERGE_MS;
    if (!merges) this.past = [...this.past.slice(1 - MAX_HISTORY), { doc: this.state.doc, merge }];
    this.lastChange = time;
    this.future = [];
    this.put(doc);
  }

  undo(): void {
    const last = this.past.at(-1);
    if (!last) return;
    this.past = this.past.slice(0, -1);
    this.future = [...this.future, this.state.doc];
    this.put(last.doc);
  }

  redo(): void {
    const next = this.future.at(-1);
    if (!next) return;
    this.future = this.future.slice(0, -1);
    this.past = [...this.past, { doc: this.state.doc, merge: undefined }];
    this.put(next);
  }

  /** Takes a document from the server; there is nothing to save then. */
  replace(doc: WorkflowDocument): void {
    this.past = [];
    this.future = [];
    this.set({ doc, checked: false, save: 'saved', refusal: null, ...this.surviving(doc) });
  }

  private put(doc: WorkflowDocument): void {
    const save = isHeld(this.state.save) ? this.state.save : 'waiting';
    this.set({ doc, checked: false, save, refusal: null, ...this.surviving(doc) });
  }

  /** What is selected and still there. */
  private surviving(doc: WorkflowDocument): Pick<EditorState, 'nodes' | 'edges'> {
    const nodes = new Set([...this.state.nodes].filter((id) => id === TRIGGER || findNode(doc, id)));
    const keys = new Set(edgesOf(doc).map(edgeKey));
    return { nodes, edges: new Set([...this.state.edges].filter((key) => keys.has(key))) };
  }

  select(nodes: Iterable<string>, edges: Iterable<string> = []): void {
    const next = { nodes: new Set(nodes), edges: new Set(edges) };
    if (equal(next.nodes, this.state.nodes) && equal(next.edges, this.state.edges)) return;
    this.set(next);
  }

  saving(save: SaveState, refusal: unknown = null): void {
    if (save !== this.state.save || refusal !== this.state.refusal) this.set({ save, refusal });
  }

  diagnose(diagnostics: Diagnostic[], of: WorkflowDocument, nextRuns: string[] = []): void {
    this.set({ diagnostics, nextRuns, checked: of === this.state.doc });
  }
}

const equal = (a: ReadonlySet<string>, b: ReadonlySet<string>) => a.size === b.size && [...a].every((item) => b.has(item));

export const EditorContext = createContext<EditorStore | null>(null);

export function useStore(): EditorStore {
  const store = useContext(EditorContext);
  if (!store) throw new Error('There is no editor around this part.');
  return store;
}

/** A part of the editor's state; what is given has to be the same object while it means the same. */
export function useEditor<T>(pick: (state: EditorState) => T): T {
  const store = useStore();
  const now = () => pick(store.get());
  return useSyncExternalStore(store.subscribe, now, now);
}
