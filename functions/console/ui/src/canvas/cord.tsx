import { BaseEdge, EdgeLabelRenderer, getBezierPath, type Edge, type EdgeProps } from '@xyflow/react';
import { Plus } from 'lucide-react';
import { memo, useContext } from 'react';
import type { WorkflowEdge } from '../api/model';
import { AddStep } from './step-card';

export interface CordData extends Record<string, unknown> {
  edge: WorkflowEdge;
  /** What is wrong with it; or, of a run, whether it was taken. */
  look: '' | 'wrong' | 'taken' | 'untaken';
}

export type CordEdge = Edge<CordData, 'cord'>;

/** How far the button stands from the middle, so that it clears that of an open port beside the cord. */
const ASIDE = 14;

/** An edge: a cord from one jack to the other, with a button to put a step into it. */
export const Cord = memo(function Cord(props: EdgeProps<CordEdge>) {
  const add = useContext(AddStep);
  const [path, x, y] = getBezierPath({ ...props, curvature: 0.35 });
  const { edge, look } = props.data!;
  return (
    <>
      <BaseEdge path={path} className={`cord ${look} ${props.selected ? 'selected' : ''}`} interactionWidth={22} />
      {add && (
        <EdgeLabelRenderer>
          <button type="button" className="cord-add nodrag nopan" style={{ left: x + ASIDE, top: y }} aria-label={`Add a step between ${edge.from} and ${edge.to}`}
            onClick={() => add({ edge })}>
            <Plus aria-hidden />
          </button>
        </EdgeLabelRenderer>
      )}
    </>
  );
});
