import { Panel } from '@xyflow/react';
import { useQueryClient } from '@tanstack/react-query';
import { Square, X } from 'lucide-react';
import { useEffect, useMemo } from 'react';
import { Link } from 'wouter';
import type { NodeRun } from '../api/model';
import { useExecution } from '../api/queries';
import { Button, IconButton } from '../parts/button';
import { StatusLamp } from '../parts/status';
import { Span } from '../parts/time';
import { useRunActions } from '../run/actions';

interface Props {
  workflow: string;
  execution: string;
  onClose: () => void;
  /** Shows a step, by its id. */
  onGo: (node: string) => void;
}

/** How often a trial is looked at: somebody watches it. */
const LOOK_EVERY = 500;

/** What happens at the steps in a trial of the draft, for the canvas. */
export function useTrialRuns(execution: string | null): ReadonlyMap<string, NodeRun> | undefined {
  const nodes = useExecution(execution ?? '', LOOK_EVERY).data?.nodes;
  return useMemo(() => nodes && new Map(nodes.map((n) => [n.id, n])), [nodes]);
}

/** Below the canvas: how a trial of the draft goes. */
export function TrialBar({ workflow, execution: id, onClose, onGo }: Props) {
  const client = useQueryClient();
  const execution = useExecution(id, LOOK_EVERY).data;
  const { stop } = useRunActions({ id, workflow_id: workflow });
  const ended = execution !== undefined && execution.status !== 'running';
  // Previews then show its data: it is the last execution.
  useEffect(() => { if (ended) void client.invalidateQueries({ queryKey: ['executions', workflow] }); }, [ended, client, workflow]);
  const failed = execution?.error?.node;
  return (
    <Panel position="bottom-center">
      <section className="trial" aria-label="Run of the draft">
        <span className="row"><span role="status">{execution ? <StatusLamp status={execution.status} /> : <span className="lamp live">Starting</span>}</span><span className="small muted"><Span from={execution?.started_at} to={execution?.stopped_at} /></span></span>
        {execution?.error && <span className="trial-error small ellipsis" title={execution.error.message}>{execution.error.message}</span>}
        {failed && <Button slim onClick={() => onGo(failed)}>Show the step</Button>}
        {execution?.status === 'running' && <Button slim busy={stop.isPending} onClick={() => stop.mutate()}><Square aria-hidden />Stop</Button>}
        <Link className="button slim" href={`/workflows/${workflow}/executions/${id}`}>Details</Link>
        <IconButton slim look="quiet" label="Back to the draft" onClick={onClose}><X aria-hidden /></IconButton>
      </section>
    </Panel>
  );
}
