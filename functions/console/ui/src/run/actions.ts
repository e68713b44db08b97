import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { call } from '../api/client';
import type { Execution, ExecutionStatus } from '../api/model';
import { useOnce } from '../api/once';
import { keys } from '../api/queries';
import { complain, say } from '../parts/toast';

/** Whether an execution has ended and can go on. */
export const isUnfinished = (status: ExecutionStatus) => status === 'failed' || status === 'timed_out' || status === 'stopped';

export type WhichVersion = 'same' | 'latest';

/** What a person found out of calls whose outcome was not known: the output by node of those that were done. */
export type Settled = Record<string, unknown>;

export const redriveExecution = (id: string, idempotencyKey: string, done: Settled = {}) =>
  call<{ id: string }>(`/v1/executions/${id}/redrive`, { method: 'POST', idempotencyKey, ...(Object.keys(done).length > 0 ? { body: { done } } : {}) });
export const replayExecution = (id: string, from: string, version: WhichVersion, idempotencyKey: string) =>
  call<{ id: string }>(`/v1/executions/${id}/replay`, { method: 'POST', idempotencyKey, body: { from, version } });

/** What can be done to an execution. */
export function useRunActions(execution: { id: string; workflow_id: string }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const changed = () => Promise.all([client.invalidateQueries({ queryKey: keys.execution(execution.id) }), client.invalidateQueries({ queryKey: ['executions', execution.workflow_id] })]);
  const stop = useMutation({
    mutationFn: () => call<Execution>(`/v1/executions/${execution.id}/stop`, { method: 'POST' }),
    onSuccess: (stopped) => { client.setQueryData(keys.execution(execution.id), stopped); void changed(); },
    onError: complain,
  });
  const redrive = useOnce({ send: (done: Settled | undefined, key) => redriveExecution(execution.id, key, done), onSuccess: () => changed(), onError: complain });
  const replay = useOnce({
    send: ({ from, version }: { from: string; version: WhichVersion }, key) => replayExecution(execution.id, from, version, key),
    onSuccess: ({ id }) => {
      void changed();
      say('This is the new execution. The old one stays as it was.');
      go(`/workflows/${execution.workflow_id}/executions/${id}`);
    },
  });
  return { stop, redrive, replay };
}

export type RunActions = ReturnType<typeof useRunActions>;
