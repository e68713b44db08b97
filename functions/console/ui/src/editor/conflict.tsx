import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/client';
import type { Workflow } from '../api/model';
import { keys } from '../api/queries';
import { whole } from '../api/shape';
import { Button } from '../parts/button';
import { Note } from '../parts/states';
import { complain } from '../parts/toast';
import { placed } from './layout';
import type { NodeKinds } from './node-kinds';
import type { Saver } from './saver';
import { useEditor } from './store';

/** Says that somebody else changed the draft, and lets the person choose. */
export function Conflict({ workflow, kinds, saver }: { workflow: string; kinds: NodeKinds; saver: Saver | null }) {
  const client = useQueryClient();
  const save = useEditor((s) => s.save);
  const [busy, setBusy] = useState(false);
  const settle = async (how: (saver: Saver, theirs: Workflow) => unknown) => {
    if (!saver) return;
    setBusy(true);
    try {
      const theirs = await call<Workflow>(`/v1/workflows/${workflow}`);
      await how(saver, theirs);
      await client.invalidateQueries({ queryKey: keys.workflow(workflow) });
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  if (save === 'refused') return <Note tone="bad" role="alert"><p>The draft could not be stored as it is. Undo the last change, or export it and reload.</p></Note>;
  if (save !== 'conflict') return null;
  return (
    <Note tone="bad" role="alert">
      <p>Somebody else, or another tab, changed this workflow since you opened it. Nothing is saved until you choose.</p>
      <p className="row wrap">
        <Button slim busy={busy} onClick={() => void settle((s, theirs) => s.takeTheirs(theirs, placed(whole(theirs.document), kinds)))}>Load theirs, drop mine</Button>
        <Button slim busy={busy} onClick={() => void settle((s, theirs) => s.keepMine(theirs.etag))}>Keep mine, replace theirs</Button>
      </p>
    </Note>
  );
}
