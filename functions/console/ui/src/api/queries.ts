import { QueryClient, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { call, Offline, Problem } from './client';
import type {
  Agent, ApprovalItem, Connector, Credential, CredentialType, Execution, ExecutionItem, Integrations, Page, Version, VersionWhole, Workflow, WorkflowDocument, WorkflowItem,
} from './model';
import { whole } from './shape';

export const queryClient = new QueryClient({
  defaultOptions: {
    // The browser's word for being offline means little: the server may be on the same
    // machine. Who asks and gets no answer is told so, rather than left waiting.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 5_000,
      // Only what may pass is tried again: a refusal stays one.
      retry: (count, error) => count < 2 && (error instanceof Offline || (error instanceof Problem && error.status >= 500)),
    },
  },
});

/** Every key begins with the noun, so that invalidating the noun reaches all of it. */
export const keys = {
  agents: ['agents'] as const,
  integrations: (agent: string) => ['integrations', agent] as const,
  apiKeys: ['api-keys'] as const,
  members: ['members'] as const,
  quotas: ['quotas'] as const,
  credentials: ['credentials'] as const,
  uses: (credential: string) => ['uses', credential] as const,
  catalog: ['catalog'] as const,
  credentialTypes: ['credential-types'] as const,
  workflows: (agent: string) => ['workflows', agent] as const,
  workflow: (id: string) => ['workflow', id] as const,
  versions: (workflow: string) => ['versions', workflow] as const,
  version: (workflow: string, version: number) => ['versions', workflow, version] as const,
  executions: (workflow: string, filter: Record<string, string>) => ['executions', workflow, filter] as const,
  execution: (id: string) => ['execution', id] as const,
  approvals: (status: string) => ['approvals', status] as const,
};

/** Reads a list to its end; lists of people's own things are short. */
export async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '200', ...(cursor ? { cursor } : {}) });
    const page: Page<T> = await call(`${path}?${query}`, { signal });
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

export const useAgents = () => useQuery({ queryKey: keys.agents, queryFn: ({ signal }) => all<Agent>('/v1/agents', signal) });

export const useIntegrations = (agent: string) =>
  useQuery({ queryKey: keys.integrations(agent), queryFn: ({ signal }) => call<Integrations>(`/v1/agents/${agent}/integrations`, { signal }) });

export const useCredentials = () =>
  useQuery({ queryKey: keys.credentials, refetchInterval: 30_000, queryFn: ({ signal }) => all<Credential>('/v1/credentials', signal) });

// What the server offers does not change while it runs.
export const useCatalog = (enabled = true) =>
  useQuery({ queryKey: keys.catalog, enabled, staleTime: Infinity, queryFn: async ({ signal }) => (await call<Page<Connector>>('/v1/connectors', { signal })).items });

export const useCredentialTypes = () =>
  useQuery({
    queryKey: keys.credentialTypes, staleTime: Infinity,
    queryFn: async ({ signal }) => (await call<Page<CredentialType>>('/v1/credential-types', { signal })).items,
  });

export const useWorkflows = (agent: string) =>
  useQuery({ queryKey: keys.workflows(agent), refetchInterval: 30_000, queryFn: ({ signal }) => all<WorkflowItem>(`/v1/agents/${agent}/workflows`, signal) });

/** A workflow or version whose document is as the editor takes it. */
const withWhole = <T extends { document: WorkflowDocument }>(stored: T): T => ({ ...stored, document: whole(stored.document) });

/** With "" it asks for nothing. */
export const useWorkflow = (id: string) =>
  useQuery({ queryKey: keys.workflow(id), enabled: id !== '', select: withWhole<Workflow>, queryFn: ({ signal }) => call<Workflow>(`/v1/workflows/${id}`, { signal }) });

/** The number of a workflow's newest version, as the server has it now rather than a moment ago; undefined until it says so. */
export function useLatestVersion(workflow: string): number | undefined {
  const query = useQuery({ queryKey: keys.workflow(workflow), refetchOnMount: 'always', queryFn: ({ signal }) => call<Workflow>(`/v1/workflows/${workflow}`, { signal }) });
  return (query.isFetchedAfterMount && query.data?.latest_version) || undefined;
}

export const useVersions = (workflow: string, enabled: boolean) =>
  useQuery({ queryKey: keys.versions(workflow), enabled, queryFn: ({ signal }) => all<Version>(`/v1/workflows/${workflow}/versions`, signal) });

/** Reads a version with its document; without one (undefined or 0) it waits. A version never changes, but for whether it serves. */
export const useVersion = (workflow: string, version: number | undefined) =>
  useQuery({
    queryKey: keys.version(workflow, version ?? 0), enabled: Boolean(version), staleTime: Infinity, select: withWhole<VersionWhole>,
    queryFn: ({ signal }) => call<VersionWhole>(`/v1/workflows/${workflow}/versions/${version}`, { signal }),
  });

/** A workflow's executions, narrowed by what the list's query parameters say. */
export const useExecutions = (workflow: string, filter: Record<string, string>) =>
  useInfiniteQuery({
    queryKey: keys.executions(workflow, filter),
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '30', ...filter, ...(pageParam ? { cursor: pageParam } : {}) });
      return call<Page<ExecutionItem>>(`/v1/workflows/${workflow}/executions?${query}`, { signal });
    },
    getNextPageParam: (page) => page.next_cursor,
    // Every page that is open is read again, so the more there are, the more seldom.
    refetchInterval: (query) => {
      const pages = query.state.data?.pages ?? [];
      return pages.length * (pages.some((page) => page.items.some((x) => x.status === 'running')) ? 1_500 : 5_000) || 5_000;
    },
  });

/** With "" it asks for nothing. While it runs it is looked at again, the more often the smaller it is; quick is how often at most, in milliseconds. */
export const useExecution = (id: string, quick = 1_000) =>
  useQuery({
    queryKey: keys.execution(id),
    enabled: id !== '',
    queryFn: ({ signal }) => call<Execution>(`/v1/executions/${id}`, { signal }),
    refetchInterval: (query) => (query.state.data?.status === 'running' ? pollAfter(query.state.data, quick) : false),
  });

/** When to look again at an execution that runs, in milliseconds: one with a loop of 10,000 items is large. */
export function pollAfter(execution: Execution, quick = 1_000): number {
  const runs = execution.nodes.reduce((sum, node) => sum + 1 + (node.iterations?.length ?? 0), 0);
  return Math.min(10_000, quick + runs);
}

export const useApprovals = (status: string) =>
  useInfiniteQuery({
    queryKey: keys.approvals(status),
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const query = new URLSearchParams({ limit: '30', ...(status ? { status } : {}), ...(pageParam ? { cursor: pageParam } : {}) });
      return call<Page<ApprovalItem>>(`/v1/approvals?${query}`, { signal });
    },
    getNextPageParam: (page) => page.next_cursor,
    // Who may not see them is not told so again and again. A fault passes.
    refetchInterval: (query) => (query.state.error instanceof Problem && query.state.error.status < 500 && query.state.error.status !== 429 ? false : 10_000),
  });

/** The newest execution of a workflow, or null. */
export const useLastExecution = (workflow: string, refetchInterval: number | false = false) =>
  useQuery({
    queryKey: ['executions', workflow, 'last'],
    queryFn: async ({ signal }) => (await call<Page<ExecutionItem>>(`/v1/workflows/${workflow}/executions?limit=1`, { signal })).items[0] ?? null,
    refetchInterval,
  });
