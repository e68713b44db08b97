import '@xyflow/react/dist/base.css';
import '../canvas/canvas.css';
import './run.css';
import { ReactFlowProvider } from '@xyflow/react';
import { useCallback, useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { Connector, Execution, Workflow, WorkflowDocument } from '../api/model';
import { useCatalog, useExecution, useVersion, useWorkflow } from '../api/queries';
import { TRIGGER } from '../editor/document';
import { nodeKinds } from '../editor/node-kinds';
import { isMissing, Loaded, Note } from '../parts/states';
import { useTitle } from '../parts/title';
import { useRunActions } from './actions';
import { RunBoard } from './board';
import { Failure } from './failure';
import { Header } from './header';
import { loopsAround, turnName } from './iterations';
import { JsonView } from './json-view';
import { RunPanel } from './panel';
import { ReplayDialog } from './replay-dialog';

export default function RunPage({ workflow: workflowId, id }: { workflow: string; id: string }) {
  const workflow = useWorkflow(workflowId);
  const execution = useExecution(id);
  const version = useVersion(workflowId, execution.data?.version);
  const catalog = useCatalog();
  const queries = [execution, workflow, version, catalog];
  const refetch = () => queries.forEach((query) => { if (query.error) void query.refetch(); });
  if (execution.data && !workflow.data && isMissing(workflow.error)) return <RunAlone execution={execution.data} />;
  const data = workflow.data && execution.data && version.data && catalog.data
    ? { workflow: workflow.data, execution: execution.data, doc: version.data.document, catalog: catalog.data } : undefined;
  return (
    <Loaded query={{ data, error: queries.find((query) => query.error)?.error, refetch }} inset>
      {(all) => <ReactFlowProvider><Run {...all} /></ReactFlowProvider>}
    </Loaded>
  );
}

const nothing: WorkflowDocument = {};

/** An execution whose workflow was deleted. The version that says what its steps are went with it; the execution itself is left, and can be stopped. */
function RunAlone({ execution }: Pick<Props, 'execution'>) {
  useTitle('Execution', 'A deleted workflow');
  const actions = useRunActions(execution);
  return (
    <div className="workbench plain">
      <Header workflow={undefined} doc={nothing} execution={execution} actions={actions} />
      <section className="side-body" aria-label="What is left of it">
        <Note>
          <p>The workflow was deleted, and its versions with it, so there is nothing that says what the steps are.</p>
          {execution.status === 'running' && <p>The execution goes on to its end, unless somebody stops it. What it asks people is under <Link href="/account/approvals">Approvals</Link>.</p>}
        </Note>
        {execution.error && <Failure error={execution.error} at={execution.error.node ?? ''} />}
        <section className="section"><h2>Input</h2><JsonView value={execution.input} label="Input" /></section>
        {execution.output != null && <section className="section"><h2>Output</h2><JsonView value={execution.output} label="Output" /></section>}
      </section>
    </div>
  );
}

interface Props {
  workflow: Workflow;
  execution: Execution;
  doc: WorkflowDocument;
  catalog: Connector[];
}

/** The node that somebody wants to see first: what failed, or what waits for an answer. */
function firstSelected(execution: Execution): string | null {
  const waits = execution.nodes.find((n) => n.approval_url || n.iterations?.some((t) => t.approval_url));
  return execution.error?.node ?? (execution.status === 'running' ? waits?.id : undefined) ?? null;
}

function Run({ workflow, execution, doc, catalog }: Props) {
  useTitle('Execution', workflow.name);
  const kinds = useMemo(() => nodeKinds(catalog), [catalog]);
  // As long as nobody has chosen a step, the panel follows what needs somebody.
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const selected = chosen === undefined ? firstSelected(execution) : chosen;
  const [turn, setTurn] = useState('');
  const turnNode = useMemo(() => execution.nodes.find((n) => n.iterations?.some((t) => t.iteration === turn))?.id ?? '', [execution.nodes, turn]);
  const [replaying, setReplaying] = useState<string | null>(null);
  const actions = useRunActions(execution);
  const select = useCallback((id: string | null) => setChosen(id), []);
  return (
    <div className="workbench">
      <Header workflow={workflow} doc={doc} execution={execution} actions={actions} onReplay={() => setReplaying(TRIGGER)} />
      <RunBoard doc={doc} execution={execution} kinds={kinds} selected={selected} onSelect={select} turn={turn} turnTitle={turn && turnName(turn, loopsAround(doc, turnNode))} onAllTurns={() => setTurn('')} />
      <RunPanel execution={execution} doc={doc} kinds={kinds} selected={selected} onSelect={select} turn={turn} onTurn={setTurn} actions={actions} onReplay={setReplaying} />
      {replaying && <ReplayDialog execution={execution} doc={doc} kinds={kinds} from={replaying} replay={actions.replay} onClose={() => { setReplaying(null); actions.replay.reset(); }} />}
    </div>
  );
}
