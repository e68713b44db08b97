import { call, isUnanswered, Problem } from '../api/client';
import type { Workflow, WorkflowDocument } from '../api/model';
import { same } from './changes';
import { isHeld, type EditorStore } from './store';

/** Where the draft is stored. */
export interface Remote {
  put: (doc: WorkflowDocument, etag: string) => Promise<Workflow>;
  read: () => Promise<Workflow>;
}

const remoteOf = (workflow: string): Remote => ({
  put: (doc, etag) => call<Workflow>(`/v1/workflows/${workflow}`, { method: 'PUT', body: doc, ifMatch: etag }),
  read: () => call<Workflow>(`/v1/workflows/${workflow}`),
});

/** How long after a change it is stored, and how long at most after the first one while more follow, in milliseconds. */
const DELAY = 700;
const LONGEST = 3_000;
/** When to try again where no answer came, in milliseconds. */
const AGAIN = 3_000;

const isStale = (error: unknown) => error instanceof Problem && error.status === 412;
// Without an answer, or with one of these, it may have been stored, or may be yet.
export const mayPass = (error: unknown) => isUnanswered(error) || (error instanceof Problem && error.status === 429);

/**
 * Stores the draft a moment after each change, one request at a time. A draft that
 * somebody else changed meanwhile is a conflict: nothing is stored until the person
 * has said which one counts. One that is refused is not sent again before it changes.
 */
export class Saver {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private draining: Promise<string> | undefined;
  /** What is stored under the etag; undefined if that is not of this editor. */
  private stored: WorkflowDocument | undefined;
  /** What was sent since and had no answer, so that it may be what is stored. */
  private unanswered: WorkflowDocument[] = [];
  /** The document that was last seen here: other changes of the store are none to store. */
  private seen: WorkflowDocument;
  /** Since when something waits to be stored. */
  private since: number | undefined;

  constructor(
    private readonly store: EditorStore,
    workflow: string,
    private etag: string,
    private readonly onStored: (workflow: Workflow) => void,
    private readonly remote: Remote = remoteOf(workflow),
  ) {
    this.stored = this.seen = store.get().doc;
    store.subscribe(() => this.plan());
  }

  private plan(): void {
    const { doc, save } = this.store.get();
    if (doc === this.seen) return;
    this.seen = doc;
    if (isHeld(save)) return;
    this.since ??= Date.now();
    this.after(Math.min(DELAY, this.since + LONGEST - Date.now()));
  }

  /** Stores in so many milliseconds; that it cannot be is said by the store's state. */
  private after(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush().catch(() => undefined), ms);
  }

  /** Whether something else may be stored than what is shown. */
  get dirty(): boolean {
    return this.store.get().doc !== this.stored || this.unanswered.length > 0;
  }

  /**
   * Stores what is not stored yet, now, and gives the etag of the draft as it is shown.
   * Throws what keeps it from being stored.
   */
  async flush(): Promise<string> {
    clearTimeout(this.timer);
    if (this.draining) return this.draining;
    const { save } = this.store.get();
    if (isHeld(save)) throw unsettled(save);
    if (this.dirty) return (this.draining = this.drain());
    this.since = undefined;
    this.store.saving('saved'); // undone before it was stored
    return this.etag;
  }

  private async drain(): Promise<string> {
    try {
      while (this.dirty) await this.send(this.store.get().doc);
      this.store.saving('saved');
      return this.etag;
    } finally {
      this.draining = undefined;
    }
  }

  private async send(doc: WorkflowDocument): Promise<void> {
    this.since = undefined;
    this.store.saving('saving');
    try {
      this.took(doc, await this.remote.put(doc, this.etag));
    } catch (error) {
      if (!isStale(error)) throw this.failed(error, doc);
      await this.compare();
    }
  }

  private took(doc: WorkflowDocument, workflow: Workflow): void {
    this.etag = workflow.etag;
    this.stored = doc;
    this.unanswered = [];
    this.onStored(workflow);
  }

  /**
   * Looks which draft is stored, if it is not under the etag that is known here. It is
   * somebody else's, unless it says what this editor shows or has sent: then an answer
   * was lost on its way, and there is nothing to choose.
   */
  private async compare(): Promise<void> {
    const { doc } = this.store.get();
    const theirs = await this.remote.read().catch((error: unknown) => { throw this.failed(error, doc); });
    const mine = [doc, ...this.unanswered, this.stored].find((sent) => sent !== undefined && same(sent, theirs.document));
    if (mine === undefined || theirs.etag === this.etag) {
      this.store.saving('conflict');
      throw unsettled('conflict');
    }
    this.took(mine, theirs);
  }

  private failed(error: unknown, doc: WorkflowDocument): unknown {
    if (error instanceof Problem && error.status === 401) {
      this.store.saving('held');
    } else if (mayPass(error)) {
      this.unanswered = [...this.unanswered, doc];
      this.store.saving('offline');
      this.after(AGAIN);
    } else {
      this.store.saving('refused', error);
    }
    return error;
  }

  /**
   * Does something with the draft as it is shown, and with no other: stores it, and
   * gives its etag to send along. A draft that was changed meanwhile is a conflict.
   */
  async withDraft<T>(act: (etag: string) => Promise<T>): Promise<T> {
    const etag = await this.flush();
    try {
      return await act(etag);
    } catch (error) {
      if (!isStale(error)) throw error;
      await this.compare();
      return act(await this.flush());
    }
  }

  /** Ends a conflict with the other draft. */
  takeTheirs(workflow: Workflow, doc: WorkflowDocument): void {
    this.seen = doc;
    this.took(doc, workflow);
    this.store.replace(doc);
  }

  /** Ends a conflict with this draft: it replaces the other one. */
  async keepMine(theirs: string): Promise<void> {
    this.etag = theirs;
    this.stored = undefined;
    await this.resume();
  }

  /** Stores again what was held. */
  async resume(): Promise<void> {
    this.store.saving('waiting');
    await this.flush().catch(() => undefined);
  }

  /** Sends nothing any more until somebody says so: whoever was signed in is not. */
  hold(): void {
    clearTimeout(this.timer);
    if (this.dirty && this.store.get().save !== 'conflict') this.store.saving('held');
  }

  /** Stores what is not stored yet, as its editor is left. Throws what keeps it from that. */
  async leave(): Promise<void> {
    const { save, refusal } = this.store.get();
    if (this.dirty && save === 'refused') throw refusal;
    if (this.dirty) await this.flush();
  }
}

/** What keeps a draft from being stored, or from being used, until the person has chosen. */
function unsettled(save: 'conflict' | 'held'): Problem {
  const detail = save === 'conflict' ? 'The draft was changed elsewhere.' : 'The sign-in ended before the draft was stored.';
  return new Problem(412, { code: 'precondition_failed', detail, hint: 'Choose above the canvas what counts, then do this again.' });
}
