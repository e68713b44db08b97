import { expect, it, vi } from 'vitest';
import { Offline, Problem } from '../api/client';
import type { Workflow } from '../api/model';
import { Saver } from './saver';
import { EditorStore } from './store';

function scene(put: (doc: unknown, etag: string) => Promise<{ etag: string; workflow: Workflow }>) {
  const store = new EditorStore({ name: 'a' });
  return { store, saver: new Saver(store, 'wf_1', '"1"', () => undefined, put, 10) };
}

it('stores with the etag of the draft before', async () => {
  const etags: string[] = [];
  const { store, saver } = scene(async (_, etag) => { etags.push(etag); return { etag: `"${etags.length + 1}"`, workflow: {} as Workflow }; });
  store.change({ name: 'b' });
  await saver.flush();
  store.change({ name: 'c' });
  await saver.flush();
  expect(etags).toEqual(['"1"', '"2"']);
  expect(store.get().save).toBe('saved');
});

it('goes on after a change that came while it stored', async () => {
  const { store, saver } = scene(async () => { if (store.get().doc.name === 'b') store.change({ name: 'c' }); return { etag: '"2"', workflow: {} as Workflow }; });
  store.change({ name: 'b' });
  await saver.flush();
  expect(saver.dirty).toBe(true);
  await vi.waitFor(() => expect(saver.dirty).toBe(false));
});

it('stores nothing over a draft that somebody else changed', async () => {
  const put = vi.fn(async () => { throw new Problem(412, {}); });
  const { store, saver } = scene(put);
  store.change({ name: 'b' });
  await saver.flush();
  store.change({ name: 'c' });
  await saver.flush();
  expect(put).toHaveBeenCalledTimes(1);
  expect(store.get().save).toBe('conflict');
});

it('keeps what it could not store, and says so', async () => {
  const { store, saver } = scene(async () => { throw new Offline(); });
  store.change({ name: 'b' });
  await saver.flush();
  expect(store.get().save).toBe('offline');
  expect(saver.dirty).toBe(true);
});
