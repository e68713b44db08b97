import * as Tabs from '@radix-ui/react-tabs';
import { X } from 'lucide-react';
import { useState } from 'react';
import type { Execution, NodeRun, RunError, WorkflowDocument } from '../api/model';
import { StepIcon } from '../canvas/step-card';
import { findNode, TRIGGER } from '../editor/document';
import type { NodeKinds } from '../editor/node-kinds';
import { IconButton } from '../parts/button';
import { Note } from '../parts/states';
import { StatusLamp, statusWord } from '../parts/status';
import { spanOf, Time } from '../parts/time';
import { JsonView } from './json-view';

interface Props {
  execution: Execution;
  doc: WorkflowDocument;
  kinds: NodeKinds;
  selected: string | null;
  onSelect: (id: string | null) => void;
}

/** Beside the canvas of a run: the steps in their order, or what happened at the selected one. */
export function RunPanel(props: Props) {
  const { execution, selected, onSelect } = props;
  const run = execution.nodes.find((n) => n.id === selected);
  if (selected === TRIGGER) return <DataPanel title="Trigger" subtitle="What the execution was started with" onClose={() => onSelect(null)}><JsonView value={execution.input} label="Input" /></DataPanel>;
  if (selected && !run) return <DataPanel title={selected} onClose={() => onSelect(null)}><p className="muted">This step was not reached{execution.status === 'running' ? ' yet' : ''}.</p></DataPanel>;
  if (run) return <NodePanel key={run.id} {...props} run={run} />;
  return <Overview {...props} />;
}

function DataPanel({ title, subtitle, onClose, children, icon }: { title: string; subtitle?: React.ReactNode; onClose: () => void; children: React.ReactNode; icon?: React.ReactNode }) {
  return (
    <aside className="side" aria-label={title}>
      <header className="side-head">
        {icon}
        <div className="grow"><h2 className="ellipsis">{title}</h2>{subtitle && <p className="small faint">{subtitle}</p>}</div>
        <IconButton slim look="quiet" label="Show all steps" onClick={onClose}><X aria-hidden /></IconButton>
      </header>
      <div className="side-body">{children}</div>
    </aside>
  );
}

function Overview({ execution, doc, kinds, onSelect }: Props) {
  return (
    <aside className="side" aria-label="Steps">
      <header className="side-head"><h2>Steps</h2></header>
      <div className="side-body">
        {execution.error && <Failure error={execution.error} />}
        <ol className="rows">
          <li><div className="grow"><button type="button" className="row-button" onClick={() => onSelect(TRIGGER)}>Trigger</button></div></li>
          {execution.nodes.map((run) => {
            const node = findNode(doc, run.id);
            return (
              <li key={run.id}>
                <div className="grow">
                  <button type="button" className="row-button" onClick={() => onSelect(run.id)}>{node?.name || (node && kinds.get(node.type)?.title) || run.id}</button>
                  <p className="small faint mono">{run.id}</p>
                </div>
                <span className="small muted nowrap">{run.status !== 'skipped' && spanOf(run.started_at, run.stopped_at)}</span>
                <StatusLamp status={run.status} />
              </li>
            );
          })}
        </ol>
        {execution.output != null && <section className="section"><h3>Output</h3><JsonView value={execution.output} label="Output" /></section>}
      </div>
    </aside>
  );
}

function Failure({ error }: { error: RunError }) {
  return (
    <Note tone="bad">
      <p>{error.node && <strong>{error.node}: </strong>}{error.message || error.name}</p>
      {error.hint && <p>{error.hint}</p>}
      <p className="small"><code>{error.name}</code></p>
    </Note>
  );
}

function NodePanel({ run: whole, doc, kinds, onSelect }: Props & { run: NodeRun }) {
  const [turn, setTurn] = useState('');
  const turns = whole.iterations ?? [];
  const run = turns.find((i) => i.iteration === turn) ?? whole;
  const node = findNode(doc, run.id);
  const kind = node && kinds.get(node.type);
  return (
    <DataPanel title={node?.name || kind?.title || run.id} icon={<StepIcon type={node?.type ?? ''} icon={kind?.icon} />} onClose={() => onSelect(null)}
      subtitle={<><code>{run.id}</code> {run.started_at && <Time at={run.started_at} exact />}</>}
    >
      {turns.length > 0 && (
        <div className="field">
          <label className="field-label" htmlFor="turn">Item of the loop</label>
          <select id="turn" className="input" value={turn} onChange={(event) => setTurn(event.target.value)}>
            <option value="">All {turns.length}</option>
            {turns.map((i) => <option key={i.iteration} value={i.iteration}>{i.iteration}: {statusWord(i.status).toLowerCase()}</option>)}
          </select>
        </div>
      )}
      <div className="row"><StatusLamp status={run.status} /><span className="small muted">{run.status !== 'skipped' && spanOf(run.started_at, run.stopped_at)}</span></div>
      {run.error && <Failure error={{ ...run.error, node: '' }} />}
      <Tabs.Root key={turn} defaultValue={run.output != null ? 'output' : 'input'}>
        <Tabs.List className="tabs" aria-label="What the step got and gave">
          <Tabs.Trigger className="tab" value="input">Input</Tabs.Trigger>
          <Tabs.Trigger className="tab" value="output">Output</Tabs.Trigger>
          {run.attempts > 0 && <Tabs.Trigger className="tab" value="attempts">Attempts ({run.attempts})</Tabs.Trigger>}
        </Tabs.List>
        <Tabs.Content className="tab-panel" value="input">{run.input != null ? <JsonView value={run.input} label="Input" /> : <p className="muted">A logic step has no input of its own.</p>}</Tabs.Content>
        <Tabs.Content className="tab-panel" value="output">{run.output != null ? <JsonView value={run.output} label="Output" /> : <p className="muted">It gave nothing.</p>}</Tabs.Content>
        <Tabs.Content className="tab-panel" value="attempts">
          <ol className="rows">
            {run.attempt_list.map((a) => (
              <li key={a.number}>
                <div className="grow">
                  <p><strong>Attempt {a.number}</strong> <span className="small muted">{spanOf(a.started_at, a.stopped_at)}</span></p>
                  {a.error && <p className="complaint">{a.error.message || a.error.name}</p>}
                  {a.retry_at && <p className="small muted">Tried again <Time at={a.retry_at} exact /></p>}
                </div>
                <span className="small faint"><Time at={a.started_at} exact /></span>
              </li>
            ))}
          </ol>
        </Tabs.Content>
      </Tabs.Root>
    </DataPanel>
  );
}
