// The API's shapes, as GET /openapi.json describes them. Only what the console reads.

export interface Page<T> {
  items: T[];
  next_cursor?: string;
}

export interface Agent {
  id: string;
  name: string;
  description: string;
  created_at: string;
  updated_at: string;
}

export interface ConnectorName {
  name: string;
  title: string;
  category: string;
}

export interface Credential {
  id: string;
  type: string;
  name: string;
  hint: string;
  created_at: string;
  updated_at: string;
  verified_at: string | null;
  status: 'ok' | 'needs_reconnect' | 'failing';
  status_detail?: string;
  status_at: string | null;
  /** Whether the service is asked now and then whether it still works. */
  checked: boolean;
  connectors: ConnectorName[];
}

/** A JSON Schema as package schema writes it: x- members say how a form shows it. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  writeOnly?: boolean;
  required?: string[];
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: boolean | Schema;
  'x-order'?: string[];
  'x-kind'?: string;
  'x-placeholder'?: string;
  'x-advanced'?: boolean;
  'x-suggestions'?: string[];
  'x-pattern-hint'?: string;
  /** The service knows its values: GET /v1/credentials/{id}/options lists them. */
  'x-options'?: boolean;
  /** The fields of the same action that its options depend on. */
  'x-options-depends'?: string[];
  /** JSON that mostly is a value or a variable, so one line is enough to begin with. */
  'x-line'?: boolean;
}

/** A value that a field may take, as the service knows it. */
export interface Option {
  value: string;
  label: string;
  description?: string;
}

/** How access of a credential type is granted. */
export interface Grants {
  /** The deployment has a client of its own: no client id and secret are needed. */
  app: boolean;
  /** What has to be registered for a client of one's own. */
  redirect_uri: string;
  scopes: string[];
  connector_scopes: Record<string, string[]>;
  /** A client may work by its id and secret alone, without a person's grant. */
  client_credentials: boolean;
}

/** What POST /v1/connectors/http/import-curl made of a command. */
export interface CurlImport {
  type: string;
  config: Record<string, unknown>;
  timeout_seconds?: number;
  credential?: { type: string; data?: Record<string, unknown>; detail: string };
  warnings: { message: string; hint?: string }[];
}

export interface CredentialType {
  type: string;
  title: string;
  summary: string;
  fields: Schema;
  oauth?: Grants;
  verifiable: boolean;
  connectors: ConnectorName[];
}

export interface Action {
  name: string;
  type: string;
  title: string;
  summary: string;
  input_schema: Schema;
  output_schema: Schema;
  /** Where a node has a port for each text of a list in its config. */
  ports?: { names: string; taken: string };
}

export interface Connector {
  name: string;
  title: string;
  category: string;
  summary: string;
  setup_guide: string;
  credential_types: string[];
  credential_optional: boolean;
  icon: string;
  actions: Action[];
}

export interface Integration {
  name: string;
  title: string;
  category: string;
  summary: string;
  icon: string;
  credential_types: string[];
  credential_optional: boolean;
  connected: boolean;
  ready_to_link: boolean;
}

export interface Integrations {
  connected: Credential[];
  ready_to_link: Credential[];
  available: Integration[];
}

export interface Verification {
  ok: boolean;
  detail: string;
  hint?: string;
  identity?: { name: string; detail?: Record<string, unknown> };
}

export interface Diagnostic {
  severity: 'error' | 'warning';
  code: string;
  message: string;
  hint: string;
  node: string;
  pointer: string;
  /** Byte offsets within the text that pointer names. */
  start?: number;
  end?: number;
}

export interface Position {
  x: number;
  y: number;
}

export interface Trigger {
  type?: string;
  config?: Record<string, unknown>;
  name?: string;
  position?: Position;
}

export interface WorkflowNode {
  id: string;
  name?: string;
  type: string;
  credential?: string;
  config?: Record<string, unknown>;
  retry?: { max_attempts?: number; interval_seconds?: number; backoff_rate?: number };
  timeout_seconds?: number;
  on_error?: string;
  on_uncertain?: string;
  position?: Position;
}

export interface WorkflowEdge {
  id?: string;
  name?: string;
  from: string;
  port?: string;
  to: string;
}

export interface WorkflowDocument {
  name?: string;
  description?: string;
  trigger?: Trigger;
  nodes?: WorkflowNode[];
  edges?: WorkflowEdge[];
  output?: unknown;
  timeout_seconds?: number;
}

export interface WorkflowItem {
  id: string;
  agent_id: string;
  name: string;
  trigger: string;
  etag: string;
  published_version: number | null;
  latest_version: number | null;
  webhook_url?: string;
  next_run?: string;
  created_at: string;
  updated_at: string;
}

export interface Workflow extends WorkflowItem {
  document: WorkflowDocument;
  diagnostics?: Diagnostic[];
}

export interface Version {
  version: number;
  published_at: string;
  published_by: string;
  current: boolean;
}

/** A version with what was published. */
export interface VersionWhole extends Version {
  document: WorkflowDocument;
}

export type ExecutionStatus = 'running' | 'succeeded' | 'failed' | 'timed_out' | 'stopped';
export type NodeStatus = ExecutionStatus | 'waiting' | 'skipped';

export interface RunError {
  name: string;
  message: string;
  hint?: string;
  node?: string;
}

/** What started an execution; manual is by hand or by API. */
export type StartedBy = 'manual' | 'webhook' | 'schedule' | 'event' | 'replay' | '';

export interface ExecutionItem {
  id: string;
  workflow_id: string;
  agent_id: string;
  version: number;
  status: ExecutionStatus;
  started_at: string;
  started_by: string;
  trigger: StartedBy;
  /** It runs a draft that is tried: its version is no published one. */
  test: boolean;
  /** Of a replay: the execution that it replays, and the node from which on. */
  replay_of?: string;
  from?: string;
  stopped_at: string | null;
  error: RunError | null;
}

export interface Attempt {
  number: number;
  started_at: string;
  stopped_at?: string;
  error?: RunError;
  retry_at?: string;
}

export interface NodeRun {
  id: string;
  status: NodeStatus;
  attempts: number;
  attempt_list: Attempt[];
  started_at: string | null;
  stopped_at: string | null;
  input: unknown;
  output: unknown;
  error: RunError | null;
  /** The service was not called: the result is that of the execution that this one replays. */
  reused?: boolean;
  /** Where people answer, while an approval waits for them. */
  approval_url?: string;
  /** Of a wait: when it goes on, while it waits. */
  until?: string;
  /** Of a workflow node: the execution that it runs. */
  execution_id?: string;
  /** What was possible here, and would not be on AWS. */
  warning?: string;
  /** Of a node within a loop: what happened for each item. */
  iterations?: Turn[];
  /** How many items there are, where only the first ones are given. */
  iterations_total?: number;
}

/** What happened at a node for one item: its index in every loop around, the outermost first, joined by dots. */
export type Turn = NodeRun & { iteration: string };

/** What running one node alone gave. */
export interface Trial {
  ok: boolean;
  input: unknown;
  output: unknown;
  error: RunError | null;
}

export interface Publication {
  version: number;
  webhook_url?: string;
  next_runs?: string[];
}

export interface Execution extends ExecutionItem {
  input: unknown;
  output: unknown;
  /** The node of another execution that runs this one. */
  parent: { execution_id: string; node: string; iteration?: string } | null;
  nodes: NodeRun[];
}

export type ApprovalStatus = 'waiting' | 'approved' | 'rejected' | 'timed_out' | 'cancelled';

export interface ApprovalItem {
  id: string;
  status: ApprovalStatus;
  agent_id: string;
  workflow_id: string;
  workflow: string;
  execution_id: string;
  node: string;
  message: string;
  asked_at: string;
  expires_at: string;
  answered_at: string | null;
  /** Empty for somebody who only had the link. */
  answered_by: string;
  comment: string;
  /** Where it is answered, while it waits. */
  url?: string;
}

/** What whoever has the link of an approval may know. */
export interface ApprovalLink {
  status: ApprovalStatus;
  workflow: string;
  message: string;
  asked_at: string;
  expires_at: string;
  decision: 'approved' | 'rejected' | null;
  answered_at: string | null;
}

/** A key by which a program comes in. */
export interface APIKey {
  id: string;
  name: string;
  role: string;
  /** The one agent that it is for. */
  agent_id?: string;
  hint: string;
  created_at: string;
  created_by: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface AuditEntry {
  at: string;
  actor: string;
  action: string;
  resource: string;
  execution?: string;
  reason?: string;
  count?: number;
  chain: string;
  sequence: number;
  prev_hash: string;
  hash: string;
}

/** A person with a role. */
export interface Member {
  id: string;
  subject?: string;
  email?: string;
  role: string;
  created_at: string;
  created_by: string;
}

export interface UsageCounts {
  executions: number;
  failed: number;
  node_runs: number;
  connectors: Record<string, { calls: number; errors: number }>;
}

export interface Usage {
  from: string;
  to: string;
  total: UsageCounts;
  counts: (UsageCounts & { period: string })[];
}

export interface Quota {
  name: string;
  /** 0 is no bound. */
  limit: number;
  summary: string;
}

/** What GET /readyz says of each part. */
export interface Readiness {
  status: 'ok' | 'failing';
  parts: Record<string, { status: 'ok' | 'failing'; problem?: string }>;
}

/** Starts that a trigger has not made, and will not: of one workflow, for one reason. */
export interface MissedStarts {
  workflow_id: string;
  workflow_name: string;
  agent_id: string;
  trigger: 'schedule' | 'event';
  reason: 'superseded' | 'expired' | 'failed';
  detail: string;
  hint: string;
  count: number;
  first_at: string;
  last_at: string;
  due_at: string;
  event_id?: string;
}

/** What an import did, or would do. */
export interface ImportReport {
  agents: { source: string; id: string; name: string; result: 'created' | 'exists'; renamed_from?: string }[];
  credentials: { source: string; type: string; name: string; result: 'matched' | 'missing'; id?: string }[];
  workflows: { source: string; id: string; agent_id: string; name: string; result: 'created' | 'unchanged' | 'connected' | 'kept' | 'replaced'; published_version?: number; problem?: string }[];
}
