import { EditorState } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { pathChange } from './insert-path';

/** | is the cursor. */
function insert(text: string, path = 'trigger.body.id'): string {
  const at = text.indexOf('|');
  const state = EditorState.create({ doc: text.replace('|', ''), selection: { anchor: at } });
  const after = state.update(pathChange(state, path)).state;
  return `${after.doc.sliceString(0, after.selection.main.head)}|${after.doc.sliceString(after.selection.main.head)}`;
}

describe('inserting a path', () => {
  it.each([
    ['|', '{{trigger.body.id}}|'],
    ['Order |: new', 'Order {{trigger.body.id}}|: new'],
    ['{{|}}', '{{trigger.body.id|}}'],
    ['{{trig|', '{{trigger.body.id}}|'],
    ['{{a}} |', '{{a}} {{trigger.body.id}}|'],
  ])('into %j gives %j', (before, after) => expect(insert(before)).toBe(after));
});
