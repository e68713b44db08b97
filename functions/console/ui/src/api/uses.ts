import { useQuery } from '@tanstack/react-query';
import { writeJson } from '../json';
import { call, type Use } from './client';
import type { Agent, Integrations, VersionWhole, Workflow, WorkflowDocument, WorkflowItem } from './model';
import { all, keys } from './queries';

export interface WorkflowUse extends Use {
  /** The version that serves names it, so that what starts next needs it; else only the draft does. */
  published: boolean;
}

export interface CredentialUses {
  agents: Use[];
  workflows: WorkflowUse[];
}

/** Whether a document names a credential: in a node, an approval's notification, or its trigger. */
export function namesCredential(document: WorkflowDocument, credential: string): boolean {
  if (document.nodes?.some((node) => node.credential === credential || (node.type === 'approval' && writeJson(node.config ?? {}).includes(`"${credential}"`)))) return true;
  return writeJson(document.trigger?.config ?? {}).includes(`"${credential}"`);
}

/** Which of a workflow's documents name a credential: null for neither the draft nor the version that serves. */
export function usesIn(workflow: Workflow, served: WorkflowDocument | null, credential: string): WorkflowUse | null {
  const published = served !== null && namesCredential(served, credential);
  return published || namesCredential(workflow.document, credential) ? { id: workflow.id, name: workflow.name, published } : null;
}

/** The agent's workflows that name a credential, in their draft or in the version that serves. */
export async function workflowsUsing(agent: string, credential: string, signal?: AbortSignal): Promise<WorkflowUse[]> {
  const items = await all<WorkflowItem>(`/v1/agents/${agent}/workflows`, signal);
  const found = await Promise.all(items.map(async ({ id, published_version: version }) => {
    const [workflow, served] = await Promise.all([
      call<Workflow>(`/v1/workflows/${id}`, { signal }),
      version === null ? null : call<VersionWhole>(`/v1/workflows/${id}/versions/${version}`, { signal }),
    ]);
    return usesIn(workflow, served?.document ?? null, credential);
  }));
  return found.filter((use) => use !== null);
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
