import { Link } from 'wouter';
import type { RunError } from '../api/model';
import { Button } from '../parts/button';
import { Note } from '../parts/states';

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
  canRedrive: boolean;
  onRedrive: () => void;
}

/** What one can do about a call of which nobody knows whether the service did it. */
export function Uncertain({ workflow, node, canRedrive, onRedrive }: Props) {
  return (
    <section className="section uncertain" aria-label="What to do about it">
      <h3>Was it done?</h3>
      <p className="small muted">The connection was lost before the service answered, and doing it twice may do harm. So it was not tried again. Look at the service first:</p>
      <ul className="options">
        <li><strong>It was not done.</strong> Then make the call again, and go on from here. {canRedrive && <span className="row"><Button slim onClick={onRedrive}>Call it again and go on</Button></span>}</li>
        <li><strong>It was done.</strong> Then leave this execution as it is. What comes after the step can be started with its data in the editor.</li>
        <li><strong>Doing it twice does no harm.</strong> Then let the step repeat by itself: <Link href={`/workflows/${workflow}`}>open the editor</Link>, and choose in the settings of <code>{node}</code> what to do when the outcome is not known.</li>
      </ul>
    </section>
  );
}
