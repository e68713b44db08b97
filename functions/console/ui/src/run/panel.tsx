import * as Tabs from '@radix-ui/react-tabs';
import { ExternalLink, Repeat2, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Attempt, Execution, NodeRun, WorkflowDocument } from '../api/model';
import { StepIcon } from '../canvas/step-card';
import { findNode, nodesOf, TRIGGER } from '../editor/document';
import type { NodeKinds } from '../editor/node-kinds';
import { IconButton } from '../parts/button';
import { Note } from '../parts/states';
import { StatusLamp } from '../parts/status';
import { lasting, Span, Time } from '../parts/time';
import { isUnfinished, type RunActions } from './actions';
import { Answer } from './answer';
import { Failure, isUncertain, Uncertain } from './failure';
import { chosenTurn, Iterations, loopsAround, turnName } from './iterations';
import { JsonView } from './json-view';

interface Props {
  execution: Execution;
  doc: WorkflowDocument;
  kinds: NodeKinds;
  selected: string | null;
  onSelect: (id: string | null) => void;
  turn: string;
  onTurn: (iteration: string) => void;
  actions: RunActions;
  onReplay: (from: string) => void;
}

/** Beside the canvas of a run: the steps in their order, or what happened at the selected one. */
export function RunPanel(props: Props) {
  const { execution, selected, onSelect } = props;
  const run = execution.nodes.find((n) => n.id === selected);
  const close = () => onSelect(null);
  // A start by hand shows its input alone.
  const root = props.doc.trigger?.type === 'manual' ? 'trigger.input' : 'trigger';
  if (selected === TRIGGER) return <Panel title="Trigger" subtitle="What the execution was started with" onClose={close}><JsonView value={execution.input} label="Input" root={root} /></Panel>;
  if (run) return <NodePanel key={run.id} {...props} run={run} />;
  if (selected) return <Panel title={titleOf(props, selected)} subtitle={<code>{selected}</code>} onClose={close}><p className="muted">This step was not reached{execution.status === 'running' ? ' yet' : ''}.</p></Panel>;
  return <Overview {...props} />;
}

function titleOf({ doc, kinds }: Pick<Props, 'doc' | 'kinds'>, id: string): string {
  const node = findNode(doc, id);
  return node?.name || (node && kinds.get(node.type)?.title) || id;
}

function Panel({ title, subtitle, onClose, children, icon, tools }: { title: string; subtitle?: ReactNode; onClose: () => void; children: ReactNode; icon?: ReactNode; tools?: ReactNode }) {
  return (
    <aside className="side" aria-label={title} onKeyDown={(event) => { if (event.key === 'Escape' && !event.defaultPrevented) onClose(); }}>
      <header className="side-head">
        {icon}
        <div className="grow"><h2 className="ellipsis">{title}</h2>{subtitle && <p className="small faint">{subtitle}</p>}</div>
        {tools}
        <IconButton slim look="quiet" label="Show all steps" onClick={onClose}><X aria-hidden /></IconButton>
      </header>
      <div className="side-body">{children}</div>
    </aside>
  );
}

function Overview(props: Props) {
  const { execution, doc, kinds, onSelect } = props;
  const waiting = waitingFor(execution);
  const reached = new Set(execution.nodes.map((n) => n.id));
  const later = execution.status === 'running' ? nodesOf(doc).filter((n) => !reached.has(n.id)).length : 0;
  return (
    <aside className="side" aria-label="Steps">
      <header className="side-head"><h2>Steps</h2></header>
      <div className="side-body">
        {execution.error && <Failure error={execution.error} at={execution.error.node ? titleOf(props, execution.error.node) : ''} />}
        {waiting.length > 0 && (
          <Note tone="warn"><p><strong>Somebody has to decide.</strong></p><p>{waiting.map((id, i) => <span key={id}>{i > 0 && ', '}<button type="button" className="linklike" onClick={() => onSelect(id)}>{titleOf(props, id)}</button></span>)}</p></Note>
        )}
        <ol className="rows">
          <li><StepIcon small type={doc.trigger?.type ?? ''} icon={undefined} /><div className="grow"><button type="button" className="row-button" onClick={() => onSelect(TRIGGER)}>Trigger</button></div></li>
          {execution.nodes.map((run) => {
            const node = findNode(doc, run.id);
            return (
              <li key={run.id}>
                <StepIcon small type={node?.type ?? ''} icon={node && kinds.get(node.type)?.icon} />
                <div className="grow">
                  <button type="button" className="row-button" onClick={() => onSelect(run.id)}>{titleOf(props, run.id)}</button>
                  <p className="small faint ellipsis"><span className="mono">{run.id}</span>{run.iterations && ` · ${run.iterations.length.toLocaleString('en')} items`}{run.reused && ' · taken over'}</p>
                </div>
                <span className="small muted nowrap">{run.status !== 'skipped' && <Span from={run.started_at} to={run.stopped_at} />}</span>
                <StatusLamp status={run.status} />
              </li>
            );
          })}
        </ol>
        {later > 0 && <p className="small muted">{later === 1 ? 'One more step is not reached yet.' : `${later} more steps are not reached yet.`}</p>}
        {execution.output != null && <section className="section"><h3>Output</h3><JsonView value={execution.output} label="Output" /></section>}
      </div>
    </aside>
  );
}

/** The nodes that wait for somebody's answer. */
const waitingFor = (execution: Execution) => execution.nodes.filter((n) => n.approval_url || n.iterations?.some((t) => t.approval_url)).map((n) => n.id);

function NodePanel(props: Props & { run: NodeRun }) {
  const { run: whole, execution, doc, kinds, onSelect, turn: chosen, onTurn, actions, onReplay } = props;
  const turns = whole.iterations ?? [];
  const turn = turns.length > 0 ? chosenTurn(whole, chosen) : undefined;
  const run: NodeRun = turn ?? whole;
  const loops = turns.length > 0 ? loopsAround(doc, whole.id) : [];
  const node = findNode(doc, whole.id);
  const ended = execution.status !== 'running';
  return (
    <Panel title={titleOf(props, whole.id)} icon={<StepIcon type={node?.type ?? ''} icon={node && kinds.get(node.type)?.icon} />} onClose={() => onSelect(null)}
      subtitle={<><code>{whole.id}</code>{run.started_at && <> · <Time at={run.started_at} exact /></>}</>}
      tools={ended && node ? <IconButton slim needs="operator" look="quiet" label="Run again from this step" onClick={() => onReplay(loops[0] ?? whole.id)}><Repeat2 aria-hidden /></IconButton> : undefined}
    >
      {turns.length > 0 && whole.iterations_total !== undefined && <Note tone="warn"><p>These are the first {turns.length.toLocaleString('en')} of {whole.iterations_total.toLocaleString('en')} items. The API gives the others, with <code>iterations_from</code>.</p></Note>}
      {turns.length > 0 && <Iterations turns={turns} loops={loops} chosen={turn?.iteration ?? ''} onChoose={onTurn} />}
      <div className="row wrap">
        {turn && <span className="mono small">{turnName(turn.iteration, loops)}</span>}
        <StatusLamp status={run.status} />
        <span className="small muted">{run.status !== 'skipped' && <Span from={run.started_at} to={run.stopped_at} />}</span>
        {run.reused && <span className="tag" title="The service was not called: this is the result of the execution that this one replays">taken over</span>}
      </div>
      {run.status === 'skipped' && <p className="muted">The execution went another way, so this step had nothing to do.</p>}
      {run.until && run.status === 'waiting' && <Note tone="warn"><p>Waits until <Time at={run.until} exact />.</p><p>That is <Time at={run.until} />. Nothing runs meanwhile.</p></Note>}
      {run.execution_id && <p><Link className="button slim" href={`/executions/${run.execution_id}`}><ExternalLink aria-hidden />Open the execution that it started</Link></p>}
      {/* Whoever begins to write has chosen: what needs somebody next does not take the place of what they write. */}
      {run.approval_url && <div onInput={() => { onSelect(whole.id); if (turn) onTurn(turn.iteration); }}><Answer key={run.approval_url} url={run.approval_url} /></div>}
      {run.error && <Failure error={run.error} />}
      {run.warning && <Note tone="warn"><p>{run.warning}</p></Note>}
      {isUncertain(run.error) && ended && <Uncertain workflow={execution.workflow_id} node={whole.id} outputs={(node && kinds.get(node.type)?.outputs) ?? {}} canRedrive={isUnfinished(execution.status)} redrive={actions.redrive} />}
      {run.status !== 'skipped' && <Data key={turn?.iteration ?? ''} run={run} />}
    </Panel>
  );
}

function Data({ run }: { run: NodeRun }) {
  const first = run.output != null ? 'output' : run.status === 'failed' && run.attempts > 1 ? 'attempts' : 'input';
  return (
    <Tabs.Root defaultValue={first}>
      <Tabs.List className="tabs" aria-label="What the step got and gave">
        <Tabs.Trigger className="tab" value="input">Input</Tabs.Trigger>
        <Tabs.Trigger className="tab" value="output">Output</Tabs.Trigger>
        {run.attempts > 0 && <Tabs.Trigger className="tab" value="attempts">Attempts ({run.attempts})</Tabs.Trigger>}
      </Tabs.List>
      <Tabs.Content className="tab-panel" value="input">{run.input != null ? <JsonView value={run.input} label="Input" /> : <p className="muted">A logic step has no input of its own.</p>}</Tabs.Content>
      <Tabs.Content className="tab-panel" value="output">{run.output != null ? <JsonView value={run.output} label="Output" root={`steps.${run.id}`} /> : <p className="muted">{run.status === 'running' || run.status === 'waiting' ? 'It has not given anything yet.' : 'It gave nothing.'}</p>}</Tabs.Content>
      <Tabs.Content className="tab-panel" value="attempts"><ol className="attempts">{run.attempt_list.map((a, i) => <AttemptItem key={a.number} attempt={a} isLast={i === run.attempt_list.length - 1} />)}</ol></Tabs.Content>
    </Tabs.Root>
  );
}

function AttemptItem({ attempt: a, isLast }: { attempt: Attempt; isLast: boolean }) {
  const pause = a.retry_at && a.stopped_at ? Date.parse(a.retry_at) - Date.parse(a.stopped_at) : 0;
  return (
    <li className={a.error ? 'bad' : a.stopped_at ? 'ok' : 'live'}>
      <p className="row"><strong className="grow">Attempt {a.number}</strong><span className="small muted"><Span from={a.started_at} to={a.stopped_at} /></span></p>
      <p className="small muted"><Time at={a.started_at} exact /></p>
      {a.error && <p className="small">{a.error.message || a.error.name}</p>}
      {a.error && <p className="small"><code>{a.error.name}</code></p>}
      {a.retry_at && (isLast ? <p className="small muted">The next attempt begins <Time at={a.retry_at} exact />.</p> : <p className="small muted">Tried again after {lasting(pause)}.</p>)}
    </li>
  );
}
