import { autocompletion, closeBrackets, completionKeymap, startCompletion } from '@codemirror/autocomplete';
import { history, historyKeymap, standardKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder as placeholderOf, tooltips } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { Braces } from 'lucide-react';
import { useContext, useEffect, useMemo, useRef } from 'react';
import type { TextProps } from '../form/context';
import { writeJson } from '../json';
import { IconButton } from '../parts/button';
import { hasExpression, preview } from '../template/render';
import { forgetView, noteFocus } from './insert-path';
import { TemplateContext } from './template-context';
import { completeTemplate, marks, setComplaints } from './template-language';

const theme = EditorView.theme({
  '&': { fontSize: '0.875rem', color: 'var(--ink)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'inherit', lineHeight: '1.5' },
  '.cm-content': { padding: '6px 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 10px' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-variable': { fontFamily: 'var(--mono)', fontSize: '0.92em', background: 'var(--petrol-soft)', color: 'var(--petrol)', borderRadius: '3px', padding: '1px 0' },
  '.cm-broken': { fontFamily: 'var(--mono)', fontSize: '0.92em', color: 'var(--warn)' },
  '.cm-error': { textDecoration: 'underline wavy var(--bad)', textUnderlineOffset: '3px' },
  '.cm-warning': { textDecoration: 'underline wavy var(--brass)', textUnderlineOffset: '3px' },
  '.cm-tooltip': { background: 'var(--raised)', border: '1px solid var(--line)', borderRadius: '8px', boxShadow: 'var(--shadow-high)', overflow: 'hidden', zIndex: '70' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '0.8rem', maxHeight: '260px', minWidth: '260px', maxWidth: 'min(460px, 92vw)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '4px 10px', display: 'flex', gap: '12px', color: 'var(--ink)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': { background: 'var(--petrol-soft)', color: 'var(--ink)' },
  '.cm-completionDetail': { marginLeft: 'auto', color: 'var(--ink-3)', fontStyle: 'normal', overflow: 'hidden', textOverflow: 'ellipsis', fontFamily: 'var(--sans)' },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '600', color: 'var(--petrol)' },
});

const jsonColours = syntaxHighlighting(HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--petrol)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--warn)' },
]));
const jsonLook: Extension = [json(), jsonColours, EditorView.theme({ '.cm-content': { fontFamily: 'var(--mono)', fontSize: '0.92em' } })];
/** What is pasted with line breaks gets spaces for them. */
const oneLine = EditorState.transactionFilter.of((transaction) => {
  if (transaction.newDoc.lines === 1) return transaction;
  const text = transaction.newDoc.toString().trim().replace(/\s*\n\s*/g, ' ');
  return [{ changes: { from: 0, to: transaction.startState.doc.length, insert: text }, selection: { anchor: text.length }, userEvent: 'input.paste' }];
});

/** A text input that knows {{ }}. It lives in a shadow root, where its styles need no exception from the Content-Security-Policy. */
export function TemplateText({ id, label, value, onChange, placeholder, multiline, language = 'text', complaints }: TextProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const labels = useRef(new Compartment());
  const templates = useContext(TemplateContext);
  const latest = useRef({ onChange, variables: templates.variables });
  latest.current = { onChange, variables: templates.variables };
  const invalid = complaints.some((c) => c.severity === 'error');
  // What is below the field cannot be referred to from within a shadow root.
  const said = complaints.map((c) => [c.message, c.hint].filter(Boolean).join(' ')).join(' ');

  useEffect(() => {
    const root = host.current!.shadowRoot ?? host.current!.attachShadow({ mode: 'open', delegatesFocus: true });
    const editor = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: value,
        extensions: [
          theme, marks, history(), closeBrackets(), EditorView.lineWrapping, placeholderOf(placeholder ?? ''),
          tooltips({ position: 'fixed' }),
          multiline ? [] : oneLine,
          language === 'json' ? jsonLook : [],
          autocompletion({ override: [(context) => completeTemplate(context, latest.current.variables)], icons: false }),
          EditorState.languageData.of(() => [{ closeBrackets: { brackets: language === 'json' ? ['{', '[', '"'] : ['{'] } }]),
          keymap.of([...completionKeymap, ...historyKeymap, ...(multiline ? [] : [{ key: 'Enter', run: () => true }]), ...standardKeymap]),
          labels.current.of([]),
          EditorView.domEventHandlers({ focus: (_, focused) => noteFocus(focused) }),
          EditorView.updateListener.of((update) => { if (update.docChanged && !update.transactions.some((t) => t.isUserEvent('external'))) latest.current.onChange(update.state.doc.toString()); }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = null;
      forgetView(editor);
      editor.destroy();
    };
    // The view is made once; what changes later is dispatched below.
  }, []);

  useEffect(() => {
    view.current?.dispatch({
      effects: labels.current.reconfigure(EditorView.contentAttributes.of({
        'aria-label': label, 'aria-multiline': String(multiline ?? false), spellcheck: 'false', ...(invalid ? { 'aria-invalid': 'true' } : {}), ...(said ? { 'aria-description': said } : {}),
      })),
    });
  }, [label, multiline, invalid, said]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value }, userEvent: 'external' });
  }, [value]);

  useEffect(() => { view.current?.dispatch({ effects: setComplaints.of(complaints) }); }, [complaints]);

  const insert = () => {
    const editor = view.current;
    if (!editor) return;
    const { from, to } = editor.state.selection.main;
    editor.dispatch({ changes: { from, to, insert: '{{' }, selection: { anchor: from + 2 }, userEvent: 'input' });
    editor.focus();
    startCompletion(editor);
  };

  return (
    <div className="template">
      <div className={`input template-input ${multiline ? 'tall' : ''}`} data-invalid={invalid || undefined}>
        <div ref={host} id={id} className="template-host" data-label={label} />
        <IconButton slim look="quiet" label={`Insert a variable into ${label}`} onClick={insert}><Braces aria-hidden /></IconButton>
      </div>
      <PreviewLine text={value} />
    </div>
  );
}

function PreviewLine({ text }: { text: string }) {
  const { scope } = useContext(TemplateContext);
  const result = useMemo(() => (scope && hasExpression(text) ? preview(text, scope) : null), [scope, text]);
  if (!result) return null;
  if ('problem' in result) return <p className="preview faint">{result.problem}</p>;
  const shown = typeof result.value === 'string' ? result.value : writeJson(result.value);
  return <p className="preview"><span className="faint">Gives </span>{shown === '' ? <em>an empty text</em> : shown.length > 300 ? `${shown.slice(0, 300)}…` : shown}</p>;
}
