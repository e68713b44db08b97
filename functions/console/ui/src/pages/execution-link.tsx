import { Redirect } from 'wouter';
import { useExecution } from '../api/queries';
import { Loaded } from '../parts/states';

/** Leads from an execution's id alone to its page, which stands under its workflow. */
export function ExecutionLink({ id }: { id: string }) {
  const execution = useExecution(id);
  return <Loaded query={execution} inset>{(x) => <Redirect to={`/workflows/${x.workflow_id}/executions/${x.id}`} replace />}</Loaded>;
}
