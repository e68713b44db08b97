import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow, useReactFlow } from '@xyflow/react';
import { useEffect, useMemo } from 'react';
import type { Execution, NodeRun, WorkflowDocument } from '../api/model';
import { Cord } from '../canvas/cord';
import { cordEdges } from '../canvas/elements';
import { moving } from '../canvas/moving';
import { AddStep, StepCard } from '../canvas/step-card';
import { useDrawn } from '../canvas/use-drawn';
import { placed } from '../editor/layout';
import type { NodeKinds } from '../editor/node-kinds';
import { Button } from '../parts/button';
import { turnOf } from './iterations';

const nodeTypes = { step: StepCard };
const edgeTypes = { cord: Cord };

interface Props {
  doc: WorkflowDocument;
  execution: Execution;
  kinds: NodeKinds;
  selected: string | null;
  onSelect: (id: string | null) => void;
  /** The item of the loops that is looked at, and its name; "" for all. */
  turn: string;
  turnTitle: string;
  onAllTurns: () => void;
}

/** The version that ran, with what happened at its nodes. */
export function RunBoard({ doc, execution, kinds, selected, onSelect, turn, turnTitle, onAllTurns }: Props) {
  const seen = useMemo(() => placed(doc, kinds, STATUS_HEIGHT), [doc, kinds]);
  const drawing = useMemo(() => ({
    doc: seen, kinds, diagnostics: [], runs: new Map<string, NodeRun>(execution.nodes.filter((n) => turn === '' || !n.iterations || turnOf(n, turn)).map((n) => [n.id, (turn && turnOf(n, turn)) || n])),
    selected: new Set(selected ? [selected] : []), selectedEdges: new Set<string>(),
  }), [seen, kinds, execution.nodes, selected, turn]);
  const [nodes, apply] = useDrawn(drawing);
  const edges = useMemo(() => cordEdges(drawing), [drawing]);
  useBringIntoView(selected);
  return (
    <div className="board">
      <AddStep.Provider value={null}>
        <ReactFlow {...moving} nodes={nodes} edges={edges} nodeTypes={nodeTypes} edgeTypes={edgeTypes} nodesDraggable={false} nodesConnectable={false} edgesFocusable={false} deleteKeyCode={null} onlyRenderVisibleElements={nodes.length > 60}
          fitView fitViewOptions={{ minZoom: 0.5, maxZoom: 1, padding: 0.12 }} minZoom={0.15} onNodesChange={(changes) => { apply(changes); for (const c of changes) if (c.type === 'select' && c.selected) onSelect(c.id); }}
          onPaneClick={() => onSelect(null)} aria-label="Execution on the canvas">
          <Background variant={BackgroundVariant.Dots} gap={20} size={1.6} />
          <Controls showInteractive={false} position="bottom-left" />
          {nodes.length > 8 && <MiniMap pannable zoomable position="bottom-right" ariaLabel="Map of the workflow" />}
        </ReactFlow>
      </AddStep.Provider>
      {turn !== '' && <div className="board-turn note"><span>What happened for <code>{turnTitle}</code></span><Button slim onClick={onAllTurns}>Show all items</Button></div>}
    </div>
  );
}

/** The line below a step that says what became of it. */
const STATUS_HEIGHT = 28;

/** Moves the canvas to the selected node if it is out of sight. */
function useBringIntoView(selected: string | null): void {
  const flow = useReactFlow();
  useEffect(() => {
    if (!selected) return;
    const node = flow.getNode(selected);
    const box = document.querySelector('.board')?.getBoundingClientRect();
    if (!node?.measured?.width || !box) return;
    const at = flow.flowToScreenPosition(node.position);
    if (at.x >= box.left && at.y >= box.top && at.x + 80 <= box.right && at.y + 40 <= box.bottom) return;
    void flow.setCenter(node.position.x + node.measured.width / 2, node.position.y + (node.measured.height ?? 0) / 2, { zoom: Math.max(0.6, flow.getZoom()) });
  }, [selected, flow]);
}
