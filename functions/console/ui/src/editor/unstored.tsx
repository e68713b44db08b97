import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, Problem } from '../api/client';
import type { Workflow } from '../api/model';
import { keys } from '../api/queries';
import { whole } from '../api/shape';
import { Button } from '../parts/button';
import { Note, wordsOf } from '../parts/states';
import { complain } from '../parts/toast';
import { placed } from './layout';
import type { NodeKinds } from './node-kinds';
import type { Saver } from './saver';
import { useEditor } from './store';

/** Says why the draft is not stored, and lets the person choose what counts. */
export function Unstored({ workflow, kinds, saver }: { workflow: string; kinds: NodeKinds; saver: Saver }) {
  const client = useQueryClient();
  const save = useEditor((s) => s.save);
  const [busy, setBusy] = useState(false);
  const settle = async (how: (theirs: Workflow) => unknown) => {
    setBusy(true);
    try {
      const theirs = await call<Workflow>(`/v1/workflows/${workflow}`);
      await how(theirs);
      await client.invalidateQueries({ queryKey: keys.workflow(workflow) });
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  const takeTheirs = () => void settle((theirs) => saver.takeTheirs(theirs, placed(whole(theirs.document), kinds)));
  if (save === 'refused') return <Refusal>Nothing is sent again until you change something. Undo the last change, or export the draft to keep it.</Refusal>;
  if (save === 'held') {
    return (
      <Note tone="bad" role="alert">
        <p>The sign-in ended before your changes were stored. They are still here. Nothing is saved until you choose.</p>
        <p className="row wrap">
          <Button slim busy={busy} onClick={() => void saver.resume()}>Store them</Button>
          <Button slim busy={busy} onClick={takeTheirs}>Drop them, load what is stored</Button>
        </p>
      </Note>
    );
  }
  if (save !== 'conflict') return null;
  return (
    <Note tone="bad" role="alert">
      <p>Somebody else, or another tab, changed this workflow since you opened it. Nothing is saved until you choose.</p>
      <p className="row wrap">
        <Button slim busy={busy} onClick={takeTheirs}>Load theirs, drop mine</Button>
        <Button slim busy={busy} onClick={() => void settle((theirs) => saver.keepMine(theirs.etag))}>Keep mine, replace theirs</Button>
      </p>
    </Note>
  );
}

/** Why the API does not take the draft, in its own words. */
export function Refusal({ children }: { children?: string }) {
  const refusal = useEditor((s) => s.refusal);
  const fields = refusal instanceof Problem ? refusal.errors : [];
  const { message, hint } = wordsOf(refusal);
  return (
    <Note tone="bad" role="alert">
      <p>The draft could not be stored. {refusal instanceof Problem ? refusal.message : message}</p>
      {fields.length > 0 ? <ul>{fields.map((f, i) => <li key={i}>{f.pointer && <code>{f.pointer}</code>} {f.message} {f.hint && <span className="muted">{f.hint}</span>}</li>)}</ul> : hint && <p>{hint}</p>}
      {children && <p>{children}</p>}
    </Note>
  );
}
