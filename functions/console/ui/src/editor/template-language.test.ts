import { CompletionContext } from '@codemirror/autocomplete';
import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { accept, completeTemplate } from './template-language';

const variables = [{ path: 'trigger.body.id', detail: 'trigger', sample: 'A-1' }, { path: 'trigger.body', detail: 'what was sent' }];

/** Completes where the text has a ^. */
function complete(text: string) {
  const pos = text.indexOf('^');
  const state = EditorState.create({ doc: text.replace('^', '') });
  return completeTemplate(new CompletionContext(state, pos, false), variables);
}

describe('completeTemplate', () => {
  it('offers paths from the braces on', () => {
    expect(complete('Order {{^')).toMatchObject({ from: 8, options: [{ label: 'trigger.body.id', detail: '"A-1"' }, { label: 'trigger.body' }] });
    expect(complete('{{ trigger.b^')).toMatchObject({ from: 3 });
  });
  it('offers filters after a bar', () => expect(complete('{{trigger.body.id | up^}}')?.options.map((o) => o.label)).toContain('upper'));
  it.each(['plain ^', '{{a}} ^', '\\{{ ^', '{{a | default: "^'])('offers nothing in %s', (text) => expect(complete(text)).toBeNull());
});

describe('accept', () => {
  it.each([
    ['{{trig^ EUR', 0, '{{trigger.body.id}}^ EUR'],
    ['{{trig^}} EUR', 0, '{{trigger.body.id}}^ EUR'],
    ['{{trig^}}', 1, '{{trigger.body^}}'],
  ])('%s', (text, which, after) => {
    const to = text.indexOf('^');
    const state = EditorState.create({ doc: text.replace('^', '') });
    const next = state.update(accept(state, variables[which]!, 2, to)).state;
    const { head } = next.selection.main;
    expect(`${next.sliceDoc(0, head)}^${next.sliceDoc(head)}`).toBe(after);
  });
});
