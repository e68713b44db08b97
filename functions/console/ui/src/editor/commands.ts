import { useEffect, useMemo } from 'react';
import { whole, wrongShape } from '../api/shape';
import { writeJson } from '../json';
import { say } from '../parts/toast';
import { copyNodes, edgesOf, nodesOf, pasteNodes, readSnippet, removeEdges, removeNodes, moveNodes, TRIGGER, type Place, type Snippet } from './document';
import { layout } from './layout';
import type { NodeKinds } from './node-kinds';
import type { EditorStore } from './store';

/** What a person can do to the selection, by key, by button or by menu. */
export interface Commands {
  undo: () => void;
  redo: () => void;
  copy: () => Snippet | null;
  paste: (snippet: Snippet) => void;
  duplicate: () => void;
  remove: () => void;
  selectAll: () => void;
  tidy: () => void;
}

export function commandsFor(store: EditorStore, kinds: NodeKinds): Commands {
  const selected = () => new Set([...store.get().nodes].filter((id) => id !== TRIGGER));
  const copy = () => (selected().size > 0 ? copyNodes(store.get().doc, selected()) : null);
  const paste = (snippet: Snippet) => {
    const { doc, ids } = pasteNodes(store.get().doc, snippet);
    store.change(doc);
    store.select(ids);
  };
  return {
    undo: () => store.undo(),
    redo: () => store.redo(),
    copy,
    paste,
    duplicate: () => { const snippet = copy(); if (snippet) paste(snippet); },
    remove: () => {
      const { doc, nodes, edges } = store.get();
      const next = removeNodes(edges.size > 0 ? removeEdges(doc, new Set(edges)) : doc, new Set(nodes));
      if (nodesOf(next).length !== nodesOf(doc).length || edgesOf(next).length !== edgesOf(doc).length) store.change(next);
    },
    selectAll: () => store.select(nodesOf(store.get().doc).map((n) => n.id)),
    tidy: () => store.change(moveNodes(store.get().doc, layout(store.get().doc, kinds))),
  };
}

/** Whether keys go into a text that is being edited. */
function isTyping(event: Event): boolean {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));
}

const dialogIsOpen = () => document.querySelector('[role="dialog"], [role="menu"]') !== null;

interface Hooks {
  add: (place: Place | null) => void;
  openPanel: () => void;
  showKeys: () => void;
  tryDraft: () => void;
}

/** The keys of the editor, as the list of shortcuts names them. */
export function useKeys(store: EditorStore, kinds: NodeKinds, hooks: Hooks): Commands {
  const commands = useMemo(() => commandsFor(store, kinds), [store, kinds]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || dialogIsOpen() || event.defaultPrevented) return;
      const mod = event.ctrlKey || event.metaKey;
      const key = event.key.toLowerCase();
      const run = (action: () => void) => { event.preventDefault(); action(); };
      if (mod && key === 'z') run(event.shiftKey ? commands.redo : commands.undo);
      else if (mod && key === 'y') run(commands.redo);
      else if (mod && key === 'a') run(commands.selectAll);
      else if (mod && key === 'd') run(commands.duplicate);
      else if (mod && key === 'enter') run(hooks.tryDraft);
      else if (mod || event.altKey) return;
      else if (event.key === 'Delete' || event.key === 'Backspace') run(commands.remove);
      else if (key === 'a' || event.key === '+') run(() => hooks.add(null));
      else if (key === 't') run(commands.tidy);
      else if (event.key === '?') run(hooks.showKeys);
      else if (event.key === 'Escape') store.select([]);
      else if (event.key === 'Enter') focusedNode(event, (id) => run(() => { store.select([id]); hooks.openPanel(); }));
    };
    const onCopy = (event: ClipboardEvent) => {
      const snippet = isTyping(event) || dialogIsOpen() || document.getSelection()?.toString() ? null : commands.copy();
      if (!snippet) return;
      event.clipboardData?.setData('text/plain', writeJson(snippet, 2));
      event.preventDefault();
      say(snippet.nodes.length === 1 ? 'The step is copied.' : `${snippet.nodes.length} steps are copied.`);
    };
    const onPaste = (event: ClipboardEvent) => {
      const snippet = isTyping(event) || dialogIsOpen() ? null : readSnippet(event.clipboardData?.getData('text/plain') ?? '');
      if (!snippet) return;
      event.preventDefault();
      const wrong = wrongShape(snippet);
      if (wrong) say(`These steps cannot be pasted. ${wrong}`);
      else commands.paste({ ...snippet, ...whole(snippet) } as Snippet);
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('copy', onCopy);
    document.addEventListener('paste', onPaste);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('paste', onPaste);
    };
  }, [commands, store, hooks]);
  return commands;
}

function focusedNode(event: Event, found: (id: string) => void): void {
  const id = event.target instanceof Element && event.target.classList.contains('react-flow__node') ? event.target.getAttribute('data-id') : null;
  if (id) found(id);
}

/** The keys with what they do, for the list of shortcuts. */
export const shortcuts: [keys: string, does: string][] = [
  ['A', 'add a step after the selected one'],
  ['Tab', 'go from step to step'],
  ['Enter', 'open the step that has the focus'],
  ['Arrows', 'move the selected steps'],
  ['Esc', 'close the panel, select nothing'],
  ['Delete', 'remove what is selected'],
  ['Ctrl Z', 'undo'],
  ['Ctrl Shift Z', 'redo'],
  ['Ctrl C, Ctrl V', 'copy and paste steps, also between workflows'],
  ['Ctrl D', 'duplicate'],
  ['Ctrl A', 'select all steps'],
  ['Shift and drag', 'select several'],
  ['Ctrl Enter', 'run the draft'],
  ['T', 'tidy up the canvas'],
  ['{{', 'complete a variable in a field'],
  ['?', 'show this list'],
];
