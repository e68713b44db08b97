import { useId, useState } from 'react';
import { Link } from 'wouter';
import type { RunError, Schema } from '../api/model';
import { parseInput } from '../editor/run-input';
import { isObject } from '../api/shape';
import { writeJson } from '../json';
import { Button } from '../parts/button';
import { FormDialog } from '../parts/dialog';
import { Note } from '../parts/states';
import type { RunActions } from './actions';

/** Whether nobody knows if the service did what it was asked for: the API then names the setting for that. */
export function isUncertain(error: RunError | null | undefined): boolean {
  return error != null && (error.name === 'Connector.Uncertain' || (error.hint ?? '').includes('on_uncertain'));
}

/** What went wrong, with what to do about it. */
export function Failure({ error, at }: { error: RunError; at?: string }) {
  return (
    <Note tone="bad">
      <p>{at && <strong>{at}: </strong>}{error.message || error.name}</p>
      {error.hint && !isUncertain(error) && <p>{error.hint}</p>}
      <p className="small"><code>{error.name}</code></p>
    </Note>
  );
}

interface Props {
  workflow: string;
  node: string;
  /** What the step gives, so that a person who says that it was done knows what is asked for. */
  outputs: Record<string, Schema>;
  canRedrive: boolean;
  redrive: RunActions['redrive'];
}

/** What one can do about a call of which nobody knows whether the service did it. */
export function Uncertain({ workflow, node, outputs, canRedrive, redrive }: Props) {
  const [isDone, setDone] = useState(false);
  return (
    <section className="section uncertain" aria-label="What to do about it">
      <h3>Was it done?</h3>
      <p className="small muted">The connection was lost before the service answered, and doing it twice may do harm. So it was not tried again. Look at the service first:</p>
      <ul className="choice-list">
        <li><p><strong>It was not done.</strong> Make the call again, and go on from here.</p>{canRedrive && <Button slim needs="operator" busy={redrive.isPending} onClick={() => redrive.mutate(undefined)}>Call it again and go on</Button>}</li>
        <li><p><strong>It was done.</strong> Say so: it is not called again, and what comes after it goes on.</p>{canRedrive && <Button slim needs="operator" onClick={() => setDone(true)}>Mark it as done…</Button>}</li>
        <li><p><strong>Nothing has to follow.</strong> Leave this execution as it is.</p></li>
        <li><p><strong>Doing it twice does no harm.</strong> Let the step repeat by itself: <Link href={`/workflows/${workflow}`}>open the editor</Link>, and choose in the settings of <code>{node}</code> what to do when the outcome is not known.</p></li>
      </ul>
      {isDone && <MarkDone node={node} outputs={outputs} redrive={redrive} onClose={() => setDone(false)} />}
    </section>
  );
}

const blanks: Record<string, unknown> = { string: '', number: 0, integer: 0, boolean: true, array: [], object: {} };

function MarkDone({ node, outputs, redrive, onClose }: Pick<Props, 'node' | 'outputs' | 'redrive'> & { onClose: () => void }) {
  const id = useId();
  const [text, setText] = useState(() => writeJson(Object.fromEntries(Object.entries(outputs).map(([name, s]) => [name, blanks[String(s.type)] ?? null])), 2));
  const output = parseInput(text)?.value;
  const given = isObject(output) ? output : null;
  return (
    <FormDialog title="It was done" verb="Mark as done and go on" busy={redrive.isPending} onClose={onClose} onSubmit={() => { if (given) redrive.mutate({ [node]: given }, { onSuccess: onClose }); }}>
      <p className="muted">The steps after it may use what it gave. Nobody heard the answer, so fill in what they need, as the service shows it.</p>
      <div className="field">
        <label className="field-label" htmlFor={id}>Output of {node}</label>
        <textarea id={id} className="input mono" rows={8} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} aria-invalid={!given || undefined} aria-describedby={`${id}-help`} />
        <p id={`${id}-help`} className={given ? 'help' : 'complaint'}>{given ? 'A JSON object. Your name stands in the audit.' : 'This is no JSON object.'}</p>
      </div>
    </FormDialog>
  );
}
