import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import type { ExecutionItem } from '../api/model';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Note, wordsOf } from '../parts/states';
import { redriveExecution, replayExecution, type WhichVersion } from '../run/actions';

export interface Bulk {
  what: 'redrive' | 'replay';
  /** Of what, in words. */
  title: string;
  read: () => Promise<ExecutionItem[]>;
}

interface Progress {
  total: number;
  done: number;
  refused: { execution: ExecutionItem; why: string }[];
}

/** How many requests are under way at once. */
const AT_ONCE = 4;

/** Lets many executions go on, or runs them again, and says of each that could not why. */
export function BulkDialog({ workflow, bulk, onClose }: { workflow: string; bulk: Bulk; onClose: () => void }) {
  const id = useId();
  const client = useQueryClient();
  const [version, setVersion] = useState<WhichVersion>('latest');
  const [progress, setProgress] = useState<Progress | null>(null);
  const [error, setError] = useState<unknown>(null);
  const cancelled = useRef(false);
  useEffect(() => () => { cancelled.current = true; }, []);
  const one = (x: ExecutionItem) => (bulk.what === 'redrive' ? redriveExecution(x.id) : replayExecution(x.id, 'trigger', version));
  const run = async () => {
    setError(null);
    setProgress({ total: 0, done: 0, refused: [] });
    try {
      const list = await bulk.read();
      setProgress({ total: list.length, done: 0, refused: [] });
      const queue = [...list];
      const worker = async () => {
        for (let x = queue.shift(); x && !cancelled.current; x = queue.shift()) {
          const execution = x;
          const why = await one(execution).then(() => '', (e: unknown) => wordsOf(e).message);
          setProgress((p) => p && { ...p, done: p.done + 1, refused: why ? [...p.refused, { execution, why }] : p.refused });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    } catch (e) {
      setError(e);
      setProgress(null);
    }
    void client.invalidateQueries({ queryKey: ['executions', workflow] });
  };
  const finished = progress !== null && progress.done === progress.total && progress.total > 0;
  const verb = bulk.what === 'redrive' ? 'Go on' : 'Run again';
  return (
    <Dialog title={bulk.what === 'redrive' ? `Go on with ${bulk.title}` : `Run ${bulk.title} again`} onClose={onClose}
      foot={finished ? <Button look="primary" onClick={onClose}>Done</Button> : <><Button onClick={onClose}>{progress ? 'Stop here' : 'Cancel'}</Button><Button look="primary" busy={progress !== null} onClick={() => void run()}>{verb}</Button></>}
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
          <progress className="progress" max={progress.total || 1} value={progress.done} aria-label="Progress" />
          <p className="small muted" role="status">{progress.total === 0 ? 'Reading the list…' : `${progress.done - progress.refused.length} of ${progress.total} started${progress.refused.length > 0 ? `, ${progress.refused.length} refused` : ''}.`}</p>
        </div>
      )}
      {progress && progress.refused.length > 0 && <Note tone="bad"><p>These stay as they are:</p><ul>{progress.refused.slice(0, 20).map((r) => <li key={r.execution.id}><code>{r.execution.id.slice(-8)}</code>: {r.why}</li>)}</ul></Note>}
      {error != null && <Note tone="bad" role="alert"><p>{wordsOf(error).message}</p><p>{wordsOf(error).hint}</p></Note>}
    </Dialog>
  );
}
