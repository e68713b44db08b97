import { useId, useState } from 'react';
import type { Execution, WorkflowDocument } from '../api/model';
import { useLatestVersion } from '../api/queries';
import { nodesOf, TRIGGER } from '../editor/document';
import type { NodeKinds } from '../editor/node-kinds';
import { FormDialog } from '../parts/dialog';
import { Note } from '../parts/states';
import type { RunActions, WhichVersion } from './actions';

interface Props {
  execution: Execution;
  doc: WorkflowDocument;
  kinds: NodeKinds;
  from: string;
  replay: RunActions['replay'];
  onClose: () => void;
}

/** Asks from where on, and with which version, to run an execution again. */
export function ReplayDialog({ execution, doc, kinds, from: first, replay, onClose }: Props) {
  const id = useId();
  const [from, setFrom] = useState(first);
  const [version, setVersion] = useState<WhichVersion>('same');
  const latest = useLatestVersion(execution.workflow_id);
  return (
    <FormDialog title="Run again" verb="Run again" busy={replay.isPending} error={replay.error} onClose={onClose} onSubmit={() => replay.mutate({ from, version }, { onSuccess: onClose })}>
      <p className="muted">A new execution with what the trigger gave this one. Results of steps that do not come after the chosen one are taken over, so their services are not called again.</p>
      <div className="field">
        <label className="field-label" htmlFor={id}>From</label>
        <select id={id} className="input" value={from} onChange={(event) => setFrom(event.target.value)}>
          <option value={TRIGGER}>The trigger: everything is done again</option>
          {nodesOf(doc).map((node) => {
            const title = node.name || kinds.get(node.type)?.title || node.type;
            return <option key={node.id} value={node.id}>{title === node.id ? title : `${title} (${node.id})`}</option>;
          })}
        </select>
      </div>
      {latest !== undefined && latest !== execution.version ? (
        <fieldset className="choices">
          <legend>Version</legend>
          <label className="choice"><input type="radio" name={`${id}-version`} checked={version === 'same'} onChange={() => setVersion('same')} /><span><strong>{execution.test ? 'The draft' : `Version ${execution.version}`}</strong><br /><span className="small muted">{execution.test ? 'As it was when this execution ran it' : 'The one that this execution ran'}</span></span></label>
          <label className="choice"><input type="radio" name={`${id}-version`} checked={version === 'latest'} onChange={() => setVersion('latest')} /><span><strong>Version {latest}</strong><br /><span className="small muted">The newest one, with what was mended since</span></span></label>
        </fieldset>
      ) : <p className="small muted">{execution.test ? 'The draft, as it was then' : `Version ${execution.version}`}{!execution.test && latest !== undefined && ' is also the newest'}.</p>}
      <Note tone="warn"><p>It runs for real: mails are sent, messages posted.</p></Note>
    </FormDialog>
  );
}
