import '@xyflow/react/dist/base.css';
import '../canvas/canvas.css';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow, ReactFlowProvider } from '@xyflow/react';
import { ArrowLeft, FlaskConical, RotateCw, Square } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { call } from '../api/client';
import type { Connector, Execution, NodeRun, Workflow } from '../api/model';
import { keys, useCatalog, useExecution, useWorkflow } from '../api/queries';
import { Cord } from '../canvas/cord';
import { cordEdges } from '../canvas/elements';
import { AddStep, StepCard } from '../canvas/step-card';
import { useDrawn } from '../canvas/use-drawn';
import { nodesOf } from '../editor/document';
import { placed } from '../editor/layout';
import { nodeKinds, type NodeKinds } from '../editor/node-kinds';
import { pinSample } from '../editor/sample';
import { sampleOf } from '../editor/variables';
import { Button } from '../parts/button';
import { Loaded } from '../parts/states';
import { starter, StatusLamp } from '../parts/status';
import { spanOf, Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { complain, say } from '../parts/toast';
import { RunPanel } from './panel';

const nodeTypes = { step: StepCard };
const edgeTypes = { cord: Cord };

export default function RunPage({ workflow: workflowId, id }: { workflow: string; id: string }) {
  const workflow = useWorkflow(workflowId);
  const execution = useExecution(id);
  const catalog = useCatalog();
  const data = workflow.data && execution.data && catalog.data ? { workflow: workflow.data, execution: execution.data, catalog: catalog.data } : undefined;
  const refetch = () => { void workflow.refetch(); void execution.refetch(); void catalog.refetch(); };
  return (
    <Loaded query={{ data, error: execution.error ?? workflow.error ?? catalog.error, refetch }}>
      {(all) => <ReactFlowProvider><Run {...all} /></ReactFlowProvider>}
    </Loaded>
  );
}

interface Props {
  workflow: Workflow;
  execution: Execution;
  catalog: Connector[];
}

function Run({ workflow, execution, catalog }: Props) {
  const kinds = useMemo(() => nodeKinds(catalog), [catalog]);
  const [selected, setSelected] = useState<string | null>(execution.error?.node ?? null);
  return (
    <div className="workbench">
      <Header workflow={workflow} execution={execution} />
      <RunBoard workflow={workflow} execution={execution} kinds={kinds} selected={selected} onSelect={setSelected} />
      <RunPanel execution={execution} doc={workflow.document} kinds={kinds} selected={selected} onSelect={setSelected} />
    </div>
  );
}

function Header({ workflow, execution }: { workflow: Workflow; execution: Execution }) {
  useTitle('Execution', workflow.name);
  const client = useQueryClient();
  const [, go] = useLocation();
  const stop = useMutation({
    mutationFn: () => call<Execution>(`/v1/executions/${execution.id}/stop`, { method: 'POST' }),
    onSuccess: (stopped) => client.setQueryData(keys.execution(execution.id), stopped),
    onError: complain,
  });
  const redrive = useMutation({
    mutationFn: () => call(`/v1/executions/${execution.id}/redrive`, { method: 'POST' }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.execution(execution.id) }),
    onError: complain,
  });
  const isUnfinished = execution.status === 'failed' || execution.status === 'timed_out' || execution.status === 'stopped';
  const useData = () => {
    pinSample(workflow.id, sampleOf(execution, workflow.document.trigger?.type, execution.id));
    say('The fields now show the data of this execution.');
    go(`/workflows/${workflow.id}`);
  };
  return (
    <header className="workbench-head">
      <Link href={`/workflows/${workflow.id}/executions`} className="button quiet icon" aria-label="Back to the executions"><ArrowLeft aria-hidden /></Link>
      <div>
        <h1 className="run-title">{workflow.name || 'Untitled'}</h1>
        <p className="small muted"><Time at={execution.started_at} exact />, version {execution.version}, started by {starter(execution.started_by)}</p>
      </div>
      <span className="grow" />
      <span role="status"><StatusLamp status={execution.status} /></span>
      <span className="small muted">{spanOf(execution.started_at, execution.stopped_at)}</span>
      {execution.status === 'running' && <Button look="danger" busy={stop.isPending} onClick={() => stop.mutate()}><Square aria-hidden />Stop</Button>}
      {isUnfinished && <Button look="primary" busy={redrive.isPending} onClick={() => redrive.mutate()}><RotateCw aria-hidden />Go on from the failed step</Button>}
      <Button onClick={useData}><FlaskConical aria-hidden />Open this data in the editor</Button>
    </header>
  );
}

interface BoardProps {
  workflow: Workflow;
  execution: Execution;
  kinds: NodeKinds;
  selected: string | null;
  onSelect: (id: string | null) => void;
}

function RunBoard({ workflow, execution, kinds, selected, onSelect }: BoardProps) {
  const drawing = useMemo(() => ({
    doc: placed(workflow.document), kinds, diagnostics: [], runs: new Map<string, NodeRun>(execution.nodes.map((n) => [n.id, n])),
    selected: new Set(selected ? [selected] : []), selectedEdges: new Set<string>(),
  }), [workflow.document, kinds, execution.nodes, selected]);
  const [nodes, apply] = useDrawn(drawing);
  const edges = useMemo(() => cordEdges(drawing), [drawing]);
  const missing = execution.nodes.filter((n) => !nodesOf(workflow.document).some((other) => other.id === n.id));
  return (
    <div className="board">
      <AddStep.Provider value={null}>
        <ReactFlow nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} deleteKeyCode={null}
          fitView fitViewOptions={{ maxZoom: 1, padding: 0.12 }} minZoom={0.15} onNodesChange={(changes) => { apply(changes); for (const c of changes) if (c.type === 'select' && c.selected) onSelect(c.id); }}
          onPaneClick={() => onSelect(null)} aria-label="Execution on the canvas">
          <Background variant={BackgroundVariant.Dots} gap={20} size={1.6} />
          <Controls showInteractive={false} position="bottom-left" />
          {nodes.length > 8 && <MiniMap pannable zoomable position="bottom-right" ariaLabel="Map of the workflow" />}
        </ReactFlow>
      </AddStep.Provider>
      {missing.length > 0 && <div className="note"><p>The canvas shows the draft of today. {missing.map((n) => n.id).join(', ')} {missing.length === 1 ? 'is' : 'are'} not in it any more; see the list of steps.</p></div>}
    </div>
  );
}
