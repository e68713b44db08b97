import { useQuery } from '@tanstack/react-query';
import { call, type Use } from './client';
import type { Agent, Integrations, Workflow, WorkflowDocument, WorkflowItem } from './model';
import { all, keys } from './queries';

export interface WorkflowUse extends Use {
  published: boolean;
}

export interface CredentialUses {
  agents: Use[];
  workflows: WorkflowUse[];
}

/** Whether a document names a credential: in a node, or in its trigger. */
export function namesCredential(document: WorkflowDocument, credential: string): boolean {
  if (document.nodes?.some((node) => node.credential === credential)) return true;
  return JSON.stringify(document.trigger?.config ?? {}).includes(`"${credential}"`);
}

/** The agent's workflows that name a credential. */
export async function workflowsUsing(agent: string, credential: string, signal?: AbortSignal): Promise<WorkflowUse[]> {
  const items = await all<WorkflowItem>(`/v1/agents/${agent}/workflows`, signal);
  const whole = await Promise.all(items.map((item) => call<Workflow>(`/v1/workflows/${item.id}`, { signal })));
  return whole
    .filter((workflow) => namesCredential(workflow.document, credential))
    .map((workflow) => ({ id: workflow.id, name: workflow.name, published: workflow.published_version !== null }));
}

/** Where a credential is used in the account. */
export const useCredentialUses = (credential: string) =>
  useQuery({
    queryKey: keys.uses(credential),
    queryFn: async ({ signal }): Promise<CredentialUses> => {
      const agents = await all<Agent>('/v1/agents', signal);
      const found = await Promise.all(
        agents.map(async (agent) => {
          const [page, workflows] = await Promise.all([
            call<Integrations>(`/v1/agents/${agent.id}/integrations`, { signal }),
            workflowsUsing(agent.id, credential, signal),
          ]);
          return { agent, linked: page.connected.some((c) => c.id === credential), workflows };
        }),
      );
      return {
        agents: found.filter((f) => f.linked).map((f) => ({ id: f.agent.id, name: f.agent.name })),
        workflows: found.flatMap((f) => f.workflows),
      };
    },
  });
