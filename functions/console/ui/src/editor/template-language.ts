import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { StateEffect, StateField, type ChangeSpec, type EditorState, type Range } from '@codemirror/state';
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view';
import type { Complaint } from '../form/context';
import { isObject } from '../api/shape';
import { writeJson } from '../json';
import { fromBytes } from '../template/bytes';
import { segments } from '../template/parse';
import { filterUsage, textOf } from '../template/render';
import type { Variable } from './variables';

// What CodeMirror needs to know of {{ }}: colours, underlines, completion.

export const setComplaints = StateEffect.define<Complaint[]>();

const variable = Decoration.mark({ class: 'cm-variable' });
const broken = Decoration.mark({ class: 'cm-broken' });
const underlined = { error: Decoration.mark({ class: 'cm-error' }), warning: Decoration.mark({ class: 'cm-warning' }) };

function decorate(state: EditorState, complaints: Complaint[]): DecorationSet {
  const text = state.doc.toString();
  const marks: Range<Decoration>[] = [];
  for (const s of segments(text)) if (s.kind === 'expression') marks.push((s.expression ? variable : broken).range(s.from, s.to));
  for (const c of complaints) {
    if (c.start === undefined || c.end === undefined) continue;
    const [from, to] = [fromBytes(text, c.start), fromBytes(text, c.end)];
    if (from < to) marks.push(underlined[c.severity].range(from, to));
  }
  return Decoration.set(marks, true);
}

interface Marks {
  complaints: Complaint[];
  set: DecorationSet;
}

/** Colours expressions and underlines complaints; those of an older text are dropped with the next key. */
export const marks = StateField.define<Marks>({
  create: (state) => ({ complaints: [], set: decorate(state, []) }),
  update(value, transaction) {
    const given = transaction.effects.find((effect) => effect.is(setComplaints));
    const complaints: Complaint[] = given ? (given.value as Complaint[]) : transaction.docChanged ? [] : value.complaints;
    if (!given && !transaction.docChanged) return value;
    return { complaints, set: decorate(transaction.state, complaints) };
  },
  provide: (field) => EditorView.decorations.from(field, (value) => value.set),
});

/** Completes paths after {{ and filters after |. */
export function completeTemplate(context: CompletionContext, variables: Variable[]): CompletionResult | null {
  const before = context.state.sliceDoc(0, context.pos);
  const open = before.lastIndexOf('{{');
  if (open === -1 || before.indexOf('}}', open) !== -1 || before[open - 1] === '\\') return null;
  const inside = before.slice(open + 2);
  const bar = inside.lastIndexOf('|');
  if (bar !== -1) {
    const typed = /^\s*[a-z]*$/.exec(inside.slice(bar + 1));
    if (!typed) return null;
    const from = context.pos - typed[0].trimStart().length;
    return { from, validFor: /^[a-z]*$/, options: filterUsage.map(([name, usage, help]) => ({ label: name, detail: help, apply: typed[0].startsWith(' ') ? usage : ` ${usage}` })) };
  }
  const typed = inside.trimStart();
  return {
    from: context.pos - typed.length,
    validFor: /^[\w.[\]"' -]*$/,
    options: variables.map((v): Completion => ({
      label: v.path,
      detail: v.sample === undefined ? v.detail : shorten(v.sample),
      apply: (view, _completion, from, to) => view.dispatch({ ...accept(view.state, v, from, to), userEvent: 'input.complete' }),
      boost: Math.max(-50, 10 - v.path.length),
    })),
  };
}

/** Puts a path where it was begun, and closes it. After a plain value one goes on behind it, else within it. */
export function accept(state: EditorState, { path, sample }: Variable, from: number, to: number): { changes: ChangeSpec; selection: { anchor: number } } {
  const closed = state.sliceDoc(to).startsWith('}}');
  const isPlain = sample !== undefined && !isObject(sample) && !Array.isArray(sample);
  return { changes: { from, to, insert: closed ? path : `${path}}}` }, selection: { anchor: from + path.length + (isPlain ? 2 : 0) } };
}

function shorten(value: unknown): string {
  const text = typeof value === 'string' ? writeJson(value) : textOf(value) || 'null';
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
