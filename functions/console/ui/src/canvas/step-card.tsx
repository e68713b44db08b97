import { Handle, Position, type Node, type NodeProps } from '@xyflow/react';
import { AlertTriangle, CalendarClock, CirclePlay, CircleX, Clock3, GitBranch, Hand, OctagonX, Plus, Radio, Repeat, SlidersHorizontal, Split, UserCheck, Webhook, Waypoints } from 'lucide-react';
import { createContext, memo, useContext } from 'react';
import type { NodeStatus } from '../api/model';
import type { Place } from '../editor/document';
import { portWord } from '../editor/node-kinds';
import { Plate } from '../parts/glyph';
import { statusWord } from '../parts/status';

export interface StepData extends Record<string, unknown> {
  id: string;
  title: string;
  /** What stands under the title: the service, or what the trigger waits for. */
  subtitle: string;
  type: string;
  icon: string | undefined;
  ports: string[];
  /** Ports that an edge leaves from, joined by spaces. */
  connected: string;
  errors: number;
  warnings: number;
  status: NodeStatus | undefined;
  /** How long it took, and how often it was tried. */
  timing: string;
}

export type StepNode = Node<StepData, 'step'>;

/** Adds a step somewhere; null where the canvas is only looked at. */
export const AddStep = createContext<((place: Place) => void) | null>(null);

const logicIcons = new Map<string, typeof Plus>(Object.entries({
  condition: GitBranch, switch: Split, set: SlidersHorizontal, wait: Clock3, stop: OctagonX, loop: Repeat, approval: UserCheck, workflow: CirclePlay, webhook: Webhook, manual: Hand, schedule: CalendarClock, event: Radio,
}));

export function StepIcon({ type, icon, small }: { type: string; icon: string | undefined; small?: boolean }) {
  if (icon) return <Plate svg={icon} small={small ?? false} />;
  const Icon = logicIcons.get(type) ?? Waypoints;
  return <span className={`plate logic ${small ? 'small' : ''}`}><Icon aria-hidden /></span>;
}

export const StepCard = memo(function StepCard({ data, selected }: NodeProps<StepNode>) {
  const add = useContext(AddStep);
  const isTrigger = data.id === 'trigger';
  // A trigger that nobody has chosen yet is a question, not a mistake.
  const undecided = isTrigger && data.type === '';
  const connected = new Set(data.connected.split(' '));
  const single = data.ports.length === 1 && data.ports[0] === '';
  return (
    <div className={`step ${isTrigger ? 'trigger' : ''} ${selected ? 'selected' : ''} ${data.status ?? ''} ${undecided ? 'undecided' : data.errors > 0 ? 'wrong' : ''}`}>
      {!isTrigger && <Handle type="target" position={Position.Left} className="socket" isConnectable={add !== null} />}
      <div className="step-head">
        <StepIcon type={data.type} icon={data.icon} />
        <div className="grow">
          <p className="step-title ellipsis">{data.title}</p>
          <p className="step-sub ellipsis">{data.subtitle}</p>
        </div>
        {data.errors > 0 && !undecided && <span className="step-flag bad" title={`${data.errors} to mend`}><CircleX aria-hidden /></span>}
        {data.errors === 0 && data.warnings > 0 && <span className="step-flag warn" title={`${data.warnings} to look at`}><AlertTriangle aria-hidden /></span>}
      </div>
      {data.status && <p className="step-status"><span className="grow">{statusWord(data.status)}</span>{data.timing}</p>}
      {single ? (
        <Port port="" data={data} connected={connected.has('out')} />
      ) : (
        <ul className="ports">{data.ports.map((port) => <li key={port}><span>{portWord(port, data.ports)}</span><Port port={port} data={data} connected={connected.has(port || 'out')} /></li>)}</ul>
      )}
    </div>
  );
});

function Port({ port, data, connected }: { port: string; data: StepData; connected: boolean }) {
  const add = useContext(AddStep);
  return (
    <>
      <Handle type="source" id={port || 'out'} position={Position.Right} className={`socket ${port === 'error' ? 'bad' : ''}`} isConnectable={add !== null} />
      {add && !connected && (
        <button type="button" className="stub nodrag nopan" aria-label={`Add a step after ${data.title}${port ? `, ${port}` : ''}`} onClick={(event) => { event.stopPropagation(); add({ from: data.id, port }); }}>
          <Plus aria-hidden />
        </button>
      )}
    </>
  );
}
