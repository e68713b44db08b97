import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow, SelectionMode, useReactFlow, type Connection, type EdgeChange, type NodeChange } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef, type ReactNode } from 'react';
import type { NodeRun, Position } from '../api/model';
import { Cord, type CordEdge } from '../canvas/cord';
import { cordEdges } from '../canvas/elements';
import { moving } from '../canvas/moving';
import { AddStep, StepCard, type StepNode } from '../canvas/step-card';
import { useDrawn } from '../canvas/use-drawn';
import { canConnect, connect, moveNodes, NODE_WIDTH, type Place } from './document';
import type { NodeKinds } from './node-kinds';
import { useEditor, useStore } from './store';

const nodeTypes = { step: StepCard };
const edgeTypes = { cord: Cord };
// On a phone the beginning of a long workflow is better than all of it, too small to read.
const wideFit = { maxZoom: 1, padding: 0.15 };
const narrowFit = { maxZoom: 1, minZoom: 0.55, padding: 0.1 };
const portName = (handle: string | null | undefined) => (!handle || handle === 'out' ? '' : handle);

interface Props {
  kinds: NodeKinds;
  /** What happened at the steps in a trial of the draft. */
  runs: ReadonlyMap<string, NodeRun> | undefined;
  onAdd: (place: Place) => void;
  onOpenPanel: () => void;
  readOnly: boolean;
  children: ReactNode;
}

/** The canvas of the editor: draws the document, and turns what the mouse does into changes of it. */
export function Board({ kinds, runs, onAdd, onOpenPanel, readOnly, children }: Props) {
  const store = useStore();
  const state = useEditor((s) => s);
  const drawing = useMemo(
    () => ({ doc: state.doc, kinds, diagnostics: state.diagnostics, selected: state.nodes, selectedEdges: state.edges, ...(runs ? { runs } : {}) }),
    [state.doc, kinds, state.diagnostics, state.nodes, state.edges, runs],
  );
  const dragging = useRef(false);
  const [nodes, apply] = useDrawn(drawing, () => dragging.current);
  const edges = useMemo(() => cordEdges(drawing), [drawing]);
  useReveal(state.nodes);

  const onNodesChange = useCallback((changes: NodeChange<StepNode>[]) => {
    apply(changes);
    const selection = changes.filter((c) => c.type === 'select');
    if (selection.length > 0) {
      const selected = new Set(store.get().nodes);
      for (const c of selection) if (c.selected) selected.add(c.id); else selected.delete(c.id);
      store.select(selected, store.get().edges);
    }
    const moved = new Map<string, Position>();
    for (const c of changes) if (c.type === 'position' && c.position && !c.dragging) moved.set(c.id, { x: Math.round(c.position.x), y: Math.round(c.position.y) });
    dragging.current = changes.some((c) => c.type === 'position' && c.dragging) || (dragging.current && moved.size === 0);
    if (moved.size > 0) store.change(moveNodes(store.get().doc, moved), 'move');
  }, [store, apply]);

  const onEdgesChange = useCallback((changes: EdgeChange<CordEdge>[]) => {
    const selection = changes.filter((c) => c.type === 'select');
    if (selection.length === 0) return;
    const selected = new Set(store.get().edges);
    for (const c of selection) if (c.selected) selected.add(c.id); else selected.delete(c.id);
    store.select(store.get().nodes, selected);
  }, [store]);

  const onConnect = useCallback((c: Connection) => {
    store.change(connect(store.get().doc, c.source, portName(c.sourceHandle), c.target));
  }, [store]);
  const isValid = useCallback((c: Connection | CordEdge) => canConnect(store.get().doc, c.source, portName(c.sourceHandle), c.target), [store]);

  return (
    <div className="board">
      <AddStep.Provider value={readOnly ? null : onAdd}>
        <ReactFlow {...moving}
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodesChange={onNodesChange}
          onEdgesChange={onEdgesChange}
          onConnect={onConnect}
          onConnectEnd={(event, connection) => {
            if (connection.isValid || !connection.fromNode || connection.toNode || connection.fromHandle?.type !== 'source') return;
            const point = 'clientX' in event ? event : event.changedTouches[0];
            if (point && document.elementFromPoint(point.clientX, point.clientY)?.closest('.react-flow__pane')) onAdd({ from: connection.fromNode.id, port: portName(connection.fromHandle.id) });
          }}
          isValidConnection={isValid}
          onNodeClick={onOpenPanel}
          onPaneClick={() => store.select([])}
          nodesDraggable={!readOnly}
          nodesConnectable={!readOnly}
          deleteKeyCode={null}
          multiSelectionKeyCode={['Meta', 'Control', 'Shift']}
          selectionKeyCode="Shift"
          selectionMode={SelectionMode.Partial}
          connectionRadius={28}
          onlyRenderVisibleElements={nodes.length > 60}
          minZoom={0.15}
          maxZoom={1.75}
          fitView
          fitViewOptions={readOnly ? narrowFit : wideFit}
          aria-label="Workflow canvas"
        >
          <Background variant={BackgroundVariant.Dots} gap={20} size={1.6} />
          <Controls showInteractive={false} position="bottom-left" />
          {nodes.length > 8 && <MiniMap pannable zoomable position="bottom-right" ariaLabel="Map of the workflow" nodeBorderRadius={20} />}
          {children}
        </ReactFlow>
      </AddStep.Provider>
    </div>
  );
}

/** How far a stretch has to move to lie between two bounds; its beginning counts where it does not fit. */
const intoView = (from: number, to: number, low: number, high: number) => (from < low ? low - from : to > high ? Math.max(high - to, low - from) : 0);

/** Moves the canvas, no further than needed, when a step is selected that cannot be seen, as one that was just added behind the panel. */
function useReveal(selected: ReadonlySet<string>): void {
  const flow = useReactFlow();
  useEffect(() => {
    const [id] = selected;
    if (selected.size !== 1 || id === undefined) return;
    // The panel opens first: it takes room from the canvas.
    const frame = requestAnimationFrame(() => {
      const node = flow.getNode(id);
      const pane = document.querySelector('.react-flow')?.getBoundingClientRect();
      if (!node || !pane) return;
      const from = flow.flowToScreenPosition(node.position);
      const to = flow.flowToScreenPosition({ x: node.position.x + NODE_WIDTH, y: node.position.y + (node.measured?.height ?? 64) });
      const [dx, dy] = [intoView(from.x, to.x, pane.left + 30, pane.right - 70), intoView(from.y, to.y, pane.top + 70, pane.bottom - 30)];
      if (dx === 0 && dy === 0) return;
      const { x, y, zoom } = flow.getViewport();
      void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 220 });
    });
    return () => cancelAnimationFrame(frame);
  }, [selected, flow]);
}
