import { useLocation } from 'wouter';
import type { Agent } from '../api/model';
import { useWorkflow } from '../api/queries';

const KEY = 'switchboard.agent';

export const rememberAgent = (id: string) => sessionStorage.setItem(KEY, id);

/** The agent that the page is about; else the one that was looked at last, else the first. */
export function useCurrentAgent(agents: Agent[] | undefined): Agent | undefined {
  const [location] = useLocation();
  const [, noun, id] = location.split('/');
  const workflow = useWorkflow(noun === 'workflows' && id ? id : '').data;
  const named = noun === 'agents' ? id : workflow?.agent_id;
  if (named) rememberAgent(named);
  const wanted = named ?? sessionStorage.getItem(KEY);
  return agents?.find((agent) => agent.id === wanted) ?? agents?.[0];
}

/** The name of a workflow, for pages whose address has its id alone. */
export function useWorkflowName(id: string): string {
  return useWorkflow(id).data?.name ?? 'Workflow';
}
