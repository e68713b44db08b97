import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Offline, Problem } from '../api/client';
import type { Workflow, WorkflowDocument } from '../api/model';
import { Saver, type Remote } from './saver';
import { EditorStore } from './store';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** A server with one workflow, as far as a saver sees it. */
class Server implements Remote {
  revision = 1;
  document: WorkflowDocument = { name: 'a' };
  /** What was asked to be stored. */
  puts: { name: string | undefined; etag: string }[] = [];
  /** What happens to the next requests, before and after they are done. */
  before: () => unknown = () => undefined;
  after: () => unknown = () => undefined;

  get workflow(): Workflow {
    return { document: this.document, etag: `"${this.revision}"` } as Workflow;
  }
  put = async (document: WorkflowDocument, etag: string): Promise<Workflow> => {
    this.puts.push({ name: document.name, etag });
    await this.before();
    if (etag !== this.workflow.etag) throw new Problem(412, {});
    this.store(JSON.parse(JSON.stringify(document)) as WorkflowDocument);
    const { workflow } = this;
    await this.after();
    return workflow;
  };
  read = async (): Promise<Workflow> => this.workflow;
  store(document: WorkflowDocument) {
    this.document = document;
    this.revision++;
  }
}

function scene() {
  const server = new Server();
  const store = new EditorStore({ name: 'a' });
  return { server, store, saver: new Saver(store, 'wf_1', server.workflow.etag, () => undefined, server), name: (name: string) => store.change({ name }) };
}

/** Something that is done when somebody says so. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => { open = resolve; });
  return { opened, open };
}

it('stores with the etag of the draft before', async () => {
  const { server, store, saver, name } = scene();
  name('b');
  await saver.flush();
  name('c');
  expect(await saver.flush()).toBe('"3"');
  expect(server.puts.map((p) => p.etag)).toEqual(['"1"', '"2"']);
  expect(store.get().save).toBe('saved');
});

it('goes on with a change that came while it stored', async () => {
  const { server, saver, name } = scene();
  server.before = () => { server.before = () => undefined; name('c'); };
  name('b');
  await saver.flush();
  expect(server.document.name).toBe('c');
  expect(saver.dirty).toBe(false);
});

it('sends one request at a time, whoever waits for it', async () => {
  const { server, store, saver, name } = scene();
  const slow = gate();
  server.before = () => slow.opened;
  name('b');
  const first = saver.flush();
  name('c');
  const others = [saver.flush(), saver.flush()];
  slow.open();
  expect(await Promise.all([first, ...others])).toEqual(['"3"', '"3"', '"3"']);
  expect(server.puts.map((p) => p.name)).toEqual(['b', 'c']);
  expect(store.get().save).toBe('saved');
});

it('says that the draft before is stored only when it is again', async () => {
  const { server, store, saver, name } = scene();
  const slow = gate();
  server.before = () => slow.opened;
  name('b');
  const first = saver.flush();
  store.undo();
  const second = saver.flush();
  slow.open();
  expect([await first, await second]).toEqual(['"3"', '"3"']);
  expect(server.document.name).toBe('a');
});

it('stores a moment after the last change', async () => {
  const { server, name } = scene();
  name('b');
  await vi.advanceTimersByTimeAsync(600);
  name('c');
  await vi.advanceTimersByTimeAsync(600);
  expect(server.puts).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.document.name).toBe('c');
});

it('waits no longer because something else than the document changes', async () => {
  const { server, store, name } = scene();
  name('b');
  await vi.advanceTimersByTimeAsync(600);
  store.diagnose([], store.get().doc);
  store.select(['x']);
  await vi.advanceTimersByTimeAsync(100);
  expect(server.document.name).toBe('b');
});

it('stores at last, however steadily somebody types', async () => {
  const { server, name } = scene();
  for (let i = 0; i < 30; i++) {
    name(`b${i}`);
    await vi.advanceTimersByTimeAsync(200);
  }
  expect(server.puts.length).toBeGreaterThanOrEqual(1);
});

it('stores nothing over a draft that somebody else changed', async () => {
  const { server, store, saver, name } = scene();
  server.store({ name: 'theirs' });
  name('b');
  await expect(saver.flush()).rejects.toMatchObject({ status: 412 });
  name('c');
  await expect(saver.flush()).rejects.toMatchObject({ status: 412, message: 'The draft was changed elsewhere.' });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(server.puts).toHaveLength(1);
  expect(store.get().save).toBe('conflict');
});

it('ends a conflict as the person says', async () => {
  const { server, store, saver, name } = scene();
  server.store({ name: 'theirs' });
  name('mine');
  await saver.flush().catch(() => undefined);
  await saver.keepMine(server.workflow.etag);
  expect([server.document.name, store.get().save]).toEqual(['mine', 'saved']);
  server.store({ name: 'theirs' });
  name('mine again');
  await saver.flush().catch(() => undefined);
  saver.takeTheirs(server.workflow, { name: 'theirs' });
  expect([server.document.name, store.get().doc.name, store.get().save, saver.dirty]).toEqual(['theirs', 'theirs', 'saved', false]);
});

it('keeps what it could not store, says so, and tries again', async () => {
  const { server, store, saver, name } = scene();
  server.before = () => { throw new Offline(); };
  name('b');
  await expect(saver.flush()).rejects.toThrow(Offline);
  expect(store.get().save).toBe('offline');
  expect(saver.dirty).toBe(true);
  server.before = () => undefined;
  await vi.advanceTimersByTimeAsync(3_000);
  expect([server.document.name, store.get().save]).toEqual(['b', 'saved']);
});

it.each([['the same', 'b'], ['a later one', 'c']])('is in no conflict with itself after an answer was lost, sending %s again', async (_, last) => {
  const { server, store, saver, name } = scene();
  server.after = () => { server.after = () => undefined; throw new Offline(); };
  name('b');
  await saver.flush().catch(() => undefined);
  name(last);
  await saver.flush();
  expect([server.document.name, store.get().save, saver.dirty]).toEqual([last, 'saved', false]);
});

it('stores what was undone after an answer was lost: what it undid may be stored', async () => {
  const { server, store, saver, name } = scene();
  server.after = () => { server.after = () => undefined; throw new Offline(); };
  name('b');
  await saver.flush().catch(() => undefined);
  store.undo();
  expect(saver.dirty).toBe(true);
  await saver.flush();
  expect([server.document.name, store.get().save, saver.dirty]).toEqual(['a', 'saved', false]);
});

it('still is in a conflict if somebody else changed what was stored without an answer', async () => {
  const { server, store, saver, name } = scene();
  server.after = () => { throw new Offline(); };
  name('b');
  await saver.flush().catch(() => undefined);
  server.store({ name: 'theirs' });
  await saver.flush().catch(() => undefined);
  expect([server.document.name, store.get().save]).toEqual(['theirs', 'conflict']);
});

it('sends what is refused once, says why, and goes on after the next change', async () => {
  const { server, store, saver, name } = scene();
  const refusal = new Problem(422, { detail: 'Unknown member.' });
  server.before = () => { throw refusal; };
  name('b');
  await vi.advanceTimersByTimeAsync(20_000);
  store.diagnose([], store.get().doc);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.puts).toHaveLength(1);
  expect(store.get()).toMatchObject({ save: 'refused', refusal });
  await expect(saver.leave()).rejects.toBe(refusal);
  await expect(saver.flush()).rejects.toBe(refusal);
  server.before = () => undefined;
  name('c');
  await vi.advanceTimersByTimeAsync(700);
  expect(store.get()).toMatchObject({ save: 'saved', refusal: null });
});

it('holds what is not stored when the sign-in ends, until somebody says so', async () => {
  const { server, store, saver, name } = scene();
  server.before = () => { throw new Problem(401, {}); };
  name('b');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.puts).toHaveLength(1);
  expect(store.get().save).toBe('held');
  server.before = () => undefined;
  name('c');
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.puts).toHaveLength(1);
  await saver.resume();
  expect([server.document.name, store.get().save]).toEqual(['c', 'saved']);
});

it('tries no more once it is held', async () => {
  const { server, saver, store, name } = scene();
  server.before = () => { throw new Offline(); };
  name('b');
  await saver.flush().catch(() => undefined);
  saver.hold();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(server.puts).toHaveLength(1);
  expect(store.get().save).toBe('held');
});

// Publishing and trying, which are of the stored draft.
it('gives the etag of what is shown to who uses the draft', async () => {
  const { server, saver, name } = scene();
  name('b');
  const act = vi.fn(async (etag: string) => `${etag} is ${server.document.name}`);
  expect(await saver.withDraft(act)).toBe('"2" is b');
});

it('lets nobody use a draft that is not the one that is shown', async () => {
  const { server, store, saver, name } = scene();
  const act = vi.fn(async (etag: string) => { if (etag !== server.workflow.etag) throw new Problem(412, {}); });
  server.store({ name: 'theirs' });
  await expect(saver.withDraft(act)).rejects.toMatchObject({ status: 412 }); // nothing was changed here
  expect(store.get().save).toBe('conflict');
  saver.takeTheirs(server.workflow, { name: 'theirs' });
  act.mockClear();
  server.store({ name: 'theirs again' });
  name('mine');
  await expect(saver.withDraft(act)).rejects.toMatchObject({ status: 412 });
  saver.takeTheirs(server.workflow, { name: 'theirs again' });
  server.before = () => { throw new Problem(422, {}); };
  name('refused');
  await expect(saver.withDraft(act)).rejects.toMatchObject({ status: 422 });
  expect(act).not.toHaveBeenCalled();
});

it('uses the draft under its other etag, if it is still what is shown', async () => {
  const { server, saver } = scene();
  server.store({ name: 'a' });
  const used: string[] = [];
  await saver.withDraft(async (etag) => { used.push(etag); if (etag !== server.workflow.etag) throw new Problem(412, {}); });
  expect(used).toEqual(['"1"', '"2"']);
});
