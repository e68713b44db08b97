import { beforeEach, expect, it, vi } from 'vitest';
import { Problem } from '../api/client';
import type { Workflow } from '../api/model';
import { endSession, signIn, signOut } from '../session';
import { dropDraft, enterDraft, forgetDrafts, holdDrafts, leaveDraft, leftDraft, unstored } from './drafts';
import { Saver } from './saver';
import { EditorStore } from './store';

const listen = vi.fn();
vi.stubGlobal('window', { addEventListener: listen });
vi.stubGlobal('sessionStorage', { setItem: () => undefined, clear: () => undefined });

beforeEach(() => { forgetDrafts(); signIn('tok'); });

function opened(put: () => Promise<Workflow>) {
  const store = new EditorStore({ name: 'a' });
  const draft = { store, saver: new Saver(store, 'wf_1', '"1"', () => undefined, { put, read: async () => ({ document: { name: 'theirs' }, etag: '"9"' }) as Workflow }) };
  enterDraft('wf_1', draft);
  return draft;
}
const stores = async () => ({ etag: '"2"' }) as Workflow;

it('is stored when it is left, and read anew when it is opened again', async () => {
  const draft = opened(stores);
  draft.store.change({ name: 'b' });
  const left = leaveDraft('wf_1', draft);
  expect(leftDraft('wf_1')).toBe(draft); // until then it is gone on with
  await left;
  expect(leftDraft('wf_1')).toBeUndefined();
});

it.each([412, 422, 503])('is kept if it is left with an answer of %i', async (status) => {
  const draft = opened(async () => { throw new Problem(status, {}); });
  draft.store.change({ name: 'b' });
  await draft.saver.flush().catch(() => undefined);
  await leaveDraft('wf_1', draft);
  expect(leftDraft('wf_1')).toBe(draft);
});

it('keeps the tab from being closed without a word', async () => {
  const draft = opened(async () => { throw new Problem(422, {}); });
  const asked = () => {
    const event = { preventDefault: vi.fn() };
    (listen.mock.lastCall![1] as (e: unknown) => void)(event);
    return event.preventDefault.mock.calls.length > 0;
  };
  expect(asked()).toBe(false);
  draft.store.change({ name: 'b' });
  await leaveDraft('wf_1', draft);
  expect(asked()).toBe(true);
});

it('is held, and not stored by whoever signs in next, when the sign-in ends', async () => {
  const put = vi.fn(stores);
  const draft = opened(put);
  draft.store.change({ name: 'b' });
  endSession('another token, of an earlier request');
  expect(unstored()).toEqual([draft]);
  endSession('tok');
  await leaveDraft('wf_1', draft);
  holdDrafts();
  signIn('tok of the next one');
  expect(leftDraft('wf_1')).toBe(draft);
  expect(draft.store.get().save).toBe('held');
  expect(put).not.toHaveBeenCalled();
});

it('is forgotten when somebody signs out', () => {
  const draft = opened(stores);
  draft.store.change({ name: 'b' });
  signOut();
  forgetDrafts();
  expect(leftDraft('wf_1')).toBeUndefined();
});

it('is dropped with its workflow', async () => {
  const draft = opened(async () => { throw new Problem(404, {}); });
  draft.store.change({ name: 'b' });
  await leaveDraft('wf_1', draft);
  dropDraft('wf_1');
  expect(unstored()).toEqual([]);
});
