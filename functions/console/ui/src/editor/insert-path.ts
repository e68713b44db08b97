import type { EditorState } from '@codemirror/state';
import type { EditorView } from '@codemirror/view';

let last: EditorView | null = null;

/** Notes the text field that is edited, so that what is chosen elsewhere goes there. */
export function noteFocus(view: EditorView): void {
  last = view;
}

export function forgetView(view: EditorView): void {
  if (last === view) last = null;
}

/** What inserting a path at the cursor comes to: within an open {{ the path alone, else an expression of its own. */
export function pathChange(state: EditorState, path: string): { changes: { from: number; to: number; insert: string }; selection: { anchor: number } } {
  const { from, to } = state.selection.main;
  const before = state.sliceDoc(0, from);
  const open = before.lastIndexOf('{{');
  const isOpen = open !== -1 && before.indexOf('}}', open) === -1;
  if (!isOpen) return { changes: { from, to, insert: `{{${path}}}` }, selection: { anchor: from + path.length + 4 } };
  const closed = /^\s*\}\}/.test(state.sliceDoc(to));
  const start = open + 2;
  return { changes: { from: start, to, insert: closed ? path : `${path}}}` }, selection: { anchor: start + path.length + (closed ? 0 : 2) } };
}

/** Puts a path into the field that was edited last; false if there is none. */
export function insertPath(path: string): boolean {
  if (!last?.dom.isConnected) return false;
  last.dispatch({ ...pathChange(last.state, path), userEvent: 'input.complete' });
  last.focus();
  return true;
}
