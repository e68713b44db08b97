import { warn } from '../parts/toast';
import { currentToken } from '../session';
import type { Saver } from './saver';
import type { EditorStore } from './store';

// Drafts outlive their editor until they are stored: one that is left in a conflict,
// while it is sent, or because the sign-in ended, is there again when it is opened.
// They are in memory alone, so closing the tab with one asks first.

export interface Draft {
  store: EditorStore;
  saver: Saver;
}

const drafts = new Map<string, Draft>();
const open = new Set<Draft>();

export const unstored = (): Draft[] => [...drafts.values()].filter(({ saver }) => saver.dirty);

function askBeforeUnload(event: BeforeUnloadEvent) {
  if (unstored().length > 0) event.preventDefault();
}

/** The draft of a workflow that was left before it was stored. */
export function leftDraft(workflow: string): Draft | undefined {
  const draft = drafts.get(workflow);
  return draft?.saver.dirty ? draft : undefined;
}

/** An editor shows a draft. */
export function enterDraft(workflow: string, draft: Draft): void {
  drafts.set(workflow, draft);
  open.add(draft);
  window.addEventListener('beforeunload', askBeforeUnload); // once, however often this is called
}

/** An editor is left. Its draft is stored if it can be, and kept if not. */
export async function leaveDraft(workflow: string, draft: Draft): Promise<void> {
  open.delete(draft);
  if (currentToken() === null) return draft.saver.hold();
  try {
    await draft.saver.leave();
    if (!open.has(draft) && drafts.get(workflow) === draft) drafts.delete(workflow);
  } catch {
    if (!open.has(draft) && currentToken() !== null) warn(`Changes to ${draft.store.get().doc.name || 'Untitled'} are not stored. They are kept until this tab is closed: open the workflow again to settle it.`);
  }
}

/** A workflow is deleted: there is nowhere to store its draft. */
export function dropDraft(workflow: string): void {
  drafts.get(workflow)?.saver.hold();
  drafts.delete(workflow);
}

/** The sign-in ended: what is not stored is held until somebody signs in and says what to do. */
export function holdDrafts(): void {
  drafts.forEach(({ saver }) => saver.hold());
}

/** Somebody signed out, and the next one is not to see what was there. */
export function forgetDrafts(): void {
  holdDrafts();
  drafts.clear();
}
