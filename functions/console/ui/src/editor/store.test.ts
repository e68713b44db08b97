import { describe, expect, it } from 'vitest';
import { EditorStore } from './store';

const named = (name: string) => ({ name });

function storeAt() {
  const clock = { time: 0 };
  return { clock, store: new EditorStore(named('a'), () => clock.time) };
}

describe('undo', () => {
  it('goes back and forth', () => {
    const { store } = storeAt();
    store.change(named('b'));
    store.change(named('c'));
    store.undo();
    expect(store.get()).toMatchObject({ doc: { name: 'b' }, canUndo: true, canRedo: true, save: 'waiting' });
    store.redo();
    expect(store.get()).toMatchObject({ doc: { name: 'c' }, canRedo: false });
  });
  it('takes typing in one field as one step, until a pause', () => {
    const { store, clock } = storeAt();
    store.change(named('ab'), 'name');
    clock.time = 500;
    store.change(named('abc'), 'name');
    clock.time = 9_000;
    store.change(named('abcd'), 'name');
    store.undo();
    expect(store.get().doc.name).toBe('abc');
    store.undo();
    expect(store.get().doc.name).toBe('a');
    expect(store.get().canUndo).toBe(false);
  });
  it('forgets what could be redone once something else is changed', () => {
    const { store } = storeAt();
    store.change(named('b'));
    store.undo();
    store.change(named('c'));
    expect(store.get().canRedo).toBe(false);
  });
});

it('a selection does not outlive its nodes', () => {
  const store = new EditorStore({ nodes: [{ id: 'a', type: 'set' }] });
  store.select(['a', 'trigger']);
  store.change({ nodes: [] });
  expect([...store.get().nodes]).toEqual(['trigger']);
});

it('diagnostics of an older document are marked as such', () => {
  const { store } = storeAt();
  const old = store.get().doc;
  store.change(named('b'));
  store.diagnose([], old);
  expect(store.get().checked).toBe(false);
});
