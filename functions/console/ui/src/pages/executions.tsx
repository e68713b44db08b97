import { ArrowLeft, CalendarClock, Hand, Radio, Repeat2, RotateCw, Webhook, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ExecutionItem, ExecutionStatus, StartedBy } from '../api/model';
import { useExecutions } from '../api/queries';
import { Button } from '../parts/button';
import { Empty, Loaded } from '../parts/states';
import { startedWords, StatusLamp, statusWord } from '../parts/status';
import { Span, Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { isUnfinished } from '../run/actions';
import { BulkDialog, type Bulk } from './bulk';
import { useWorkflowName } from './current-agent';

const statuses: ExecutionStatus[] = ['running', 'succeeded', 'failed', 'timed_out', 'stopped'];
const icons: Record<StartedBy, typeof Hand> = { manual: Hand, webhook: Webhook, schedule: CalendarClock, event: Radio, replay: Repeat2, '': Hand };

const spans: [words: string, hours: number][] = [['At any time', 0], ['In the last hour', 1], ['In the last 24 hours', 24], ['In the last 7 days', 168]];
const triggers: [StartedBy, string][] = [['manual', 'By hand or API'], ['webhook', 'Webhook'], ['schedule', 'Schedule'], ['event', 'Event'], ['replay', 'Run again']];

/** What the address says of the filter. */
function useFilter() {
  const [search, setSearch] = useSearchParams();
  const status = statuses.find((s) => s === search.get('status')) ?? '';
  const trigger = triggers.find(([t]) => t === search.get('trigger'))?.[0] ?? '';
  const error = search.get('error') ?? '';
  const hours = spans.find(([, h]) => String(h) === search.get('hours'))?.[1] ?? 0;
  // A time that moves would be another filter with every drawing.
  const after = useMemo(() => (hours > 0 ? new Date(Date.now() - hours * 3_600_000).toISOString() : ''), [hours]);
  const filter = useMemo(() => Object.fromEntries(Object.entries({ status, trigger, error, started_after: after }).filter(([, value]) => value !== '')), [status, trigger, error, after]);
  const set = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value === '' || value === '0') next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true });
  };
  return { status, trigger, error, hours, filter, set, clear: () => setSearch({}, { replace: true }) };
}

export function ExecutionsPage({ workflow }: { workflow: string }) {
  const { status, trigger, error, hours, filter, set, clear } = useFilter();
  const executions = useExecutions(workflow, filter);
  const name = useWorkflowName(workflow);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [bulk, setBulk] = useState<Bulk | null>(null);
  useTitle('Executions', name);
  const items = executions.data?.pages.flatMap((page) => page.items);
  const change = (name: string, value: string) => {
    setPicked(new Set());
    set(name, value);
  };
  const isNarrowed = Object.keys(filter).length > 0;
  const chosen = items?.filter((x) => picked.has(x.id)) ?? [];
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <p className="eyebrow"><Link href={`/workflows/${workflow}`} className="row"><ArrowLeft size={14} aria-hidden />{name}</Link></p>
          <h1>Executions</h1>
        </div>
        <div className="chips" role="group" aria-label="Status">
          {['', ...statuses].map((s) => (
            <button key={s} type="button" className="chip" aria-pressed={status === s} onClick={() => change('status', s)}>{s === '' ? 'All' : statusWord(s as ExecutionStatus)}</button>
          ))}
        </div>
      </header>
      <div className="filters row wrap">
        <select className="input" aria-label="Started by" value={trigger} onChange={(event) => change('trigger', event.target.value)}>
          <option value="">Started by anything</option>
          {triggers.map(([t, words]) => <option key={t} value={t}>{words}</option>)}
        </select>
        <select className="input" aria-label="Started" value={hours} onChange={(event) => change('hours', event.target.value)}>{spans.map(([words, h]) => <option key={h} value={h}>{words}</option>)}</select>
        {error && <Button slim onClick={() => change('error', '')} aria-label={`Only ${error}. Show all errors`}><code>{error}</code><X aria-hidden /></Button>}
        <span className="grow" />
        {status !== '' && isUnfinished(status as ExecutionStatus) && items !== undefined && items.length > 0 && chosen.length === 0 && (
          <>
            <Button slim needs="operator" onClick={() => setBulk({ what: 'redrive', filter })}><RotateCw aria-hidden />Go on with all</Button>
            <Button slim needs="operator" onClick={() => setBulk({ what: 'replay', filter })}><Repeat2 aria-hidden />Run all again</Button>
          </>
        )}
      </div>
      {chosen.length > 0 && <Chosen chosen={chosen} onBulk={setBulk} onNone={() => setPicked(new Set())} />}
      <Loaded query={{ data: items, error: executions.error, refetch: executions.refetch }}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={isNarrowed ? 'No execution is like that' : 'No executions yet'} action={isNarrowed ? <Button onClick={clear}>Show all</Button> : undefined}>
              {isNarrowed ? 'Widen the filter to see more.' : 'Publish the workflow and start it: every run shows up here, with what each step got and gave.'}
            </Empty>
          ) : (
            <ul className="rows runs">
              {list.map((x) => <Item key={x.id} execution={x} picked={picked.has(x.id)} onError={(code) => change('error', code)} onPick={(on) => setPicked((before) => withId(before, x.id, on))} />)}
            </ul>
          )
        }
      </Loaded>
      {executions.data && executions.error && <p className="small muted" role="status">The list could not be read again; it may be old.</p>}
      {executions.hasNextPage && <div><Button busy={executions.isFetchingNextPage} onClick={() => void executions.fetchNextPage()}>Show older ones</Button></div>}
      {bulk && <BulkDialog workflow={workflow} bulk={bulk} onClose={() => { setBulk(null); setPicked(new Set()); }} />}
    </div>
  );
}

function Chosen({ chosen, onBulk, onNone }: { chosen: ExecutionItem[]; onBulk: (bulk: Bulk) => void; onNone: () => void }) {
  const redrivable = chosen.filter((x) => isUnfinished(x.status));
  const replayable = chosen.filter((x) => x.status !== 'running');
  return (
    <div className="bulk card row wrap" role="group" aria-label="Several at once">
      <strong className="grow">{chosen.length === 1 ? 'One is' : `${chosen.length} are`} chosen</strong>
      {redrivable.length > 0 && <Button slim needs="operator" onClick={() => onBulk({ what: 'redrive', chosen: redrivable })}><RotateCw aria-hidden />Go on</Button>}
      {replayable.length > 0 && <Button slim needs="operator" onClick={() => onBulk({ what: 'replay', chosen: replayable })}><Repeat2 aria-hidden />Run again</Button>}
      <Button slim look="quiet" onClick={onNone}>Choose none</Button>
    </div>
  );
}

interface ItemProps {
  execution: ExecutionItem;
  picked: boolean;
  onPick: (on: boolean) => void;
  onError: (name: string) => void;
}

function Item({ execution: x, picked, onPick, onError }: ItemProps) {
  const Icon = icons[x.trigger] ?? Hand;
  return (
    <li>
      <label className="pick over"><input type="checkbox" checked={picked} onChange={(event) => onPick(event.target.checked)} aria-label={`Choose the execution of ${x.started_at}`} /></label>
      <span className="status-column"><StatusLamp status={x.status} /></span>
      <div className="grow">
        <Link href={`/workflows/${x.workflow_id}/executions/${x.id}`} className="row-link"><Time at={x.started_at} exact /></Link>
        {x.error && <p className="small run-error ellipsis">{x.error.node && <code>{x.error.node}</code>} {x.error.message || x.error.name}</p>}
        <p className="small muted ellipsis run-by"><Icon size={13} aria-hidden />{startedWords(x)}</p>
      </div>
      {x.error?.name && <button type="button" className="tag over error-tag" title="Show only executions that failed with this error" onClick={() => onError(x.error!.name)}>{x.error.name}</button>}
      <span className="small muted nowrap run-span"><Span from={x.started_at} to={x.stopped_at} /></span>
      <span className="tag" title={x.test ? 'It ran the draft, to try it' : `Version ${x.version} ran`}>{x.test ? 'draft' : `v${x.version}`}</span>
    </li>
  );
}

function withId(set: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}
