import { applyNodeChanges, type NodeChange } from '@xyflow/react';
import { useCallback, useEffect, useState } from 'react';
import { stepNodes, styleAt, type Drawing } from './elements';
import type { StepNode } from './step-card';

/**
 * React Flow's list of nodes: those of a drawing, with what React Flow itself notes
 * of them (their sizes, and where they are while they are dragged). The drawing has
 * to be the same object while it means the same; while hold is true it is not taken.
 */
export function useDrawn(drawing: Drawing, hold: () => boolean = () => false): [StepNode[], (changes: NodeChange<StepNode>[]) => void] {
  const [nodes, setNodes] = useState<StepNode[]>(() => stepNodes(drawing, []));
  useEffect(() => {
    if (!hold()) setNodes((before) => stepNodes(drawing, before));
    // hold asks for what is now; that it is another function means nothing.
  }, [drawing]);
  const apply = useCallback((changes: NodeChange<StepNode>[]) => setNodes((before) => applyNodeChanges(changes.filter((c) => c.type !== 'select'), before).map(inPlace)), []);
  return [nodes, apply];
}

/** The node with the style of where it is, which a drag has changed. */
const inPlace = (node: StepNode): StepNode => (node.style?.left === node.position.x && node.style.top === node.position.y ? node : { ...node, style: styleAt(node.position) });
