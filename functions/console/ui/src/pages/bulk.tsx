import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { Link } from 'wouter';
import { call, isUnanswered } from '../api/client';
import type { ExecutionItem, Page } from '../api/model';
import { freshKey } from '../api/once';
import { TRIGGER } from '../editor/document';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Note, wordsOf } from '../parts/states';
import { redriveExecution, replayExecution, type WhichVersion } from '../run/actions';

/** What is to be done, and with which executions: those chosen, or all that a filter picks. */
export type Bulk = { what: 'redrive' | 'replay' } & ({ chosen: ExecutionItem[] } | { filter: Record<string, string> });

/** What became of one, as the API says it. */
interface Done {
  of: string;
  id?: string;
  error: { detail: string } | null;
}

interface Progress {
  /** 0 while nobody knows. */
  total: number;
  done: Done[];
  ended: boolean;
}

/** How many requests for chosen ones are under way at once, and how many executions a request for all does. */
const AT_ONCE = 4;
const PER_PAGE = 25;

/** Lets many executions go on, or runs them again, and says of each that could not why. */
export function BulkDialog({ workflow, bulk, onClose }: { workflow: string; bulk: Bulk; onClose: () => void }) {
  const id = useId();
  const client = useQueryClient();
  const [version, setVersion] = useState<WhichVersion>('latest');
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const cancelled = useRef(false);
  useEffect(() => { cancelled.current = false; return () => { cancelled.current = true; }; }, []);
  const note = (done: Done[]) => setProgress((p) => p && { ...p, done: [...p.done, ...done] });

  // What is left is kept where an answer was lost, and so is the key: going on from there
  // runs nothing twice that was run after all.
  const left = useRef<{ key: string; chosen: ExecutionItem[]; cursor: string | undefined }>(null);
  const rest = (left.current ??= { key: freshKey(), chosen: 'chosen' in bulk ? [...bulk.chosen] : [], cursor: undefined });

  const doChosen = async () => {
    const worker = async () => {
      for (let x = rest.chosen.shift(); x && !cancelled.current; x = rest.chosen.shift()) {
        const of = x.id;
        try {
          const { id } = await (bulk.what === 'redrive' ? redriveExecution(of, rest.key) : replayExecution(of, TRIGGER, version, rest.key));
          note([{ of, id, error: null }]);
        } catch (e) {
          if (isUnanswered(e)) {
            rest.chosen.unshift(x);
            throw e;
          }
          note([{ of, error: { detail: wordsOf(e).message } }]);
        }
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
    const lost = ends.find((end) => end.status === 'rejected');
    if (lost) throw lost.reason;
  };
  const doAll = async (filter: Record<string, string>) => {
    do {
      const body = { ...filter, limit: PER_PAGE, ...(rest.cursor ? { cursor: rest.cursor } : {}), ...(bulk.what === 'replay' ? { from: TRIGGER, version } : {}) };
      const page: Page<Done> = await call(`/v1/workflows/${workflow}/executions/${bulk.what}`, { method: 'POST', body, ...(bulk.what === 'replay' ? { idempotencyKey: rest.key } : {}) });
      note(page.items);
      rest.cursor = page.next_cursor;
    } while (rest.cursor && !cancelled.current);
  };
  const run = async () => {
    setError(null);
    setProgress((p) => ({ total: 'chosen' in bulk ? bulk.chosen.length : 0, done: p?.done ?? [], ended: false }));
    try {
      await ('chosen' in bulk ? doChosen() : doAll(bulk.filter));
    } catch (e) {
      setError(e);
    }
    setProgress((p) => p && { ...p, ended: true });
    void client.invalidateQueries({ queryKey: ['executions', workflow] });
  };
  const count = 'chosen' in bulk ? bulk.chosen.length : 0;
  const title = count === 0 ? 'all that are in the list' : count === 1 ? 'one execution' : `${count} executions`;
  const refused = progress?.done.filter((d) => d.error) ?? [];
  const started = (progress?.done.length ?? 0) - refused.length;
  const verb = bulk.what === 'redrive' ? 'Go on' : 'Run again';
  return (
    <Dialog title={bulk.what === 'redrive' ? `Go on with ${title}` : `Run ${title} again`} onClose={onClose}
      foot={progress?.ended ? <>{error != null && <Button onClick={() => void run()}>Go on with the rest</Button>}<Button look="primary" onClick={onClose}>Done</Button></> : <><Button onClick={onClose}>{progress ? 'Stop here' : 'Cancel'}</Button><Button look="primary" busy={progress !== null} onClick={() => void run()}>{verb}</Button></>}
    >
      {bulk.what === 'redrive'
        ? <p className="muted">Each goes on from where it failed, with its own version. What is done is not done again. A call whose outcome was not known is made again.</p>
        : <p className="muted">Each becomes a new execution, from the trigger on, with the data that it had. Everything is done again.</p>}
      {bulk.what === 'replay' && !progress && (
        <fieldset className="choices">
          <legend>Version</legend>
          <label className="choice"><input type="radio" name={id} checked={version === 'latest'} onChange={() => setVersion('latest')} /><span><strong>The newest one</strong><br /><span className="small muted">With what was mended since</span></span></label>
          <label className="choice"><input type="radio" name={id} checked={version === 'same'} onChange={() => setVersion('same')} /><span><strong>The one that each has run</strong></span></label>
        </fieldset>
      )}
      {!progress && <Note tone="warn"><p>They run for real: mails are sent, messages posted.</p></Note>}
      {progress && (
        <div className="stack tight">
          {progress.total > 0 ? <progress className="progress" max={progress.total} value={progress.done.length} aria-label="Progress" /> : !progress.ended && <progress className="progress" aria-label="Progress" />}
          <p className="small muted" role="status">{started}{progress.total > 0 && ` of ${progress.total}`} started{refused.length > 0 && `, ${refused.length} refused`}.</p>
        </div>
      )}
      {refused.length > 0 && <Note tone="bad"><p>These stay as they are:</p><ul>{refused.slice(0, 20).map((d) => <li key={d.of}><Link href={`/workflows/${workflow}/executions/${d.of}`}>…{d.of.slice(-8)}</Link>: {d.error!.detail}</li>)}</ul></Note>}
      {error != null && <Note tone="bad" role="alert"><p>{wordsOf(error).message}</p><p>{wordsOf(error).hint}</p></Note>}
    </Dialog>
  );
}
