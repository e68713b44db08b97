import { exchange, Offline, Problem } from '../api/client';
import type { Workflow, WorkflowDocument } from '../api/model';
import type { EditorStore } from './store';

type Put = (doc: WorkflowDocument, etag: string) => Promise<{ etag: string; workflow: Workflow }>;

const putTo = (workflow: string): Put => async (doc, etag) => {
  const answer = await exchange<Workflow>(`/v1/workflows/${workflow}`, { method: 'PUT', body: doc, ifMatch: etag });
  return { etag: answer.body.etag, workflow: answer.body };
};

/**
 * Stores the draft a moment after each change, one request at a time. A draft that
 * somebody else changed meanwhile is a conflict: nothing is stored until the person
 * has said which one counts.
 */
export class Saver {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private storing: Promise<void> | undefined;
  private stored: WorkflowDocument;
  private readonly stopWatching: () => void;

  constructor(
    private readonly store: EditorStore,
    workflow: string,
    private etag: string,
    private readonly onStored: (workflow: Workflow) => void,
    private readonly put: Put = putTo(workflow),
    private readonly delay = 700,
  ) {
    this.stored = store.get().doc;
    this.stopWatching = store.subscribe(() => this.plan());
  }

  private plan(): void {
    const { doc, save } = this.store.get();
    if (doc === this.stored || save === 'conflict' || save === 'offline') return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.flush(), this.delay);
  }

  /** Stores what is not stored yet, now. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    await this.storing;
    const { doc, save } = this.store.get();
    if (save === 'conflict') return;
    if (doc === this.stored) {
      this.store.saving('saved'); // undone before it was stored
      return;
    }
    this.storing = this.send(doc).finally(() => { this.storing = undefined; });
    await this.storing;
  }

  private async send(doc: WorkflowDocument): Promise<void> {
    this.store.saving('saving');
    try {
      const { etag, workflow } = await this.put(doc, this.etag);
      this.etag = etag;
      this.stored = doc;
      this.onStored(workflow);
      this.store.saving(this.store.get().doc === doc ? 'saved' : 'waiting');
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    if (error instanceof Problem && error.status === 412) {
      this.store.saving('conflict');
    } else if (error instanceof Offline || (error instanceof Problem && error.status >= 500)) {
      this.store.saving('offline');
      this.timer = setTimeout(() => void this.flush(), 3_000);
    } else {
      this.store.saving('refused');
    }
  }

  /** Ends a conflict with the other draft. */
  takeTheirs(workflow: Workflow, doc: WorkflowDocument): void {
    this.etag = workflow.etag;
    this.stored = doc;
    this.store.replace(doc);
  }

  /** Ends a conflict with this draft: it replaces the other one. */
  async keepMine(theirs: string): Promise<void> {
    this.etag = theirs;
    this.store.saving('waiting');
    await this.flush();
  }

  get dirty(): boolean {
    return this.store.get().doc !== this.stored;
  }

  /** Stops watching; what is not stored yet is sent on its way. */
  close(): void {
    this.stopWatching();
    void this.flush();
  }
}
