import { ArrowLeft, FlaskConical, MoreHorizontal, Repeat2, RotateCw, Square } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Execution, Workflow, WorkflowDocument } from '../api/model';
import { pinSample } from '../editor/sample';
import { sampleOf } from '../editor/variables';
import { Button, IconButton } from '../parts/button';
import { Confirm } from '../parts/dialog';
import { Menu, MenuItem } from '../parts/menu';
import { startedWords, StatusLamp, versionWords } from '../parts/status';
import { Span, Time } from '../parts/time';
import { say } from '../parts/toast';
import { isUnfinished, type RunActions } from './actions';

interface Props {
  /** Not there of a workflow that was deleted: then nothing can be run again. */
  workflow: Workflow | undefined;
  doc: WorkflowDocument;
  execution: Execution;
  actions: RunActions;
  onReplay?: () => void;
}

export function Header({ workflow, doc, execution, actions, onReplay }: Props) {
  const [, go] = useLocation();
  const [stopping, setStopping] = useState(false);
  const { stop, redrive } = actions;
  const running = execution.status === 'running';
  const useData = (of: Workflow) => {
    pinSample(of.id, sampleOf(execution, doc.trigger?.type, execution.id));
    say('The fields now show the data of this execution.');
    go(`/workflows/${of.id}`);
  };
  return (
    <header className="workbench-head run-head">
      {workflow
        ? <Link href={`/workflows/${workflow.id}/executions`} className="button quiet icon" aria-label="Back to the executions"><ArrowLeft aria-hidden /></Link>
        : <Link href={`/agents/${execution.agent_id}/workflows`} className="button quiet icon" aria-label="To the workflows"><ArrowLeft aria-hidden /></Link>}
      <div className="run-what">
        <h1 className="run-title ellipsis">{workflow ? workflow.name || 'Untitled' : 'A deleted workflow'}</h1>
        <p className="small muted run-meta">
          <Time at={execution.started_at} exact /> · {versionWords(execution)} · {startedWords(execution)}
          {execution.replay_of && <> · again after <Link href={`/executions/${execution.replay_of}`}>an earlier one</Link>{execution.from && execution.from !== 'trigger' && <> from <code>{execution.from}</code> on</>}</>}
          {execution.parent && <> · started in <Link href={`/executions/${execution.parent.execution_id}`}>another execution</Link></>}
        </p>
      </div>
      <span className="run-state"><span role="status"><StatusLamp status={execution.status} /></span><span className="small muted"><Span from={execution.started_at} to={execution.stopped_at} /></span></span>
      <span className="grow" />
      {running && <Button look="danger" needs="operator" busy={stop.isPending} onClick={() => setStopping(true)}><Square aria-hidden />Stop</Button>}
      {workflow && isUnfinished(execution.status) && <Button look="primary" needs="operator" busy={redrive.isPending} onClick={() => redrive.mutate(undefined)}><RotateCw aria-hidden />{execution.status === 'stopped' ? 'Go on' : 'Go on from the failed step'}</Button>}
      {workflow && (
        <>
          <span className="wide-only row">
            {!running && onReplay && <Button needs="operator" onClick={onReplay}><Repeat2 aria-hidden />Run again…</Button>}
            <Button onClick={() => useData(workflow)} title="Shows the data of this execution in the fields"><FlaskConical aria-hidden />Open in the editor</Button>
          </span>
          <span className="narrow-only">
            <Menu trigger={<IconButton look="quiet" label="More"><MoreHorizontal aria-hidden /></IconButton>}>
              {!running && onReplay && <MenuItem needs="operator" icon={<Repeat2 aria-hidden />} onSelect={onReplay}>Run again…</MenuItem>}
              <MenuItem icon={<FlaskConical aria-hidden />} onSelect={() => useData(workflow)}>Open this data in the editor</MenuItem>
            </Menu>
          </span>
        </>
      )}
      {stopping && running && (
        <Confirm title="Stop this execution?" verb="Stop it" danger busy={stop.isPending} onClose={() => setStopping(false)} onConfirm={() => stop.mutate(undefined, { onSettled: () => setStopping(false) })}>
          <p>What is under way is cut off, and nothing follows.{workflow && ' You can let it go on later, from where it was.'}</p>
        </Confirm>
      )}
    </header>
  );
}
