import { ArrowLeft, CalendarClock, Hand, Radio, Repeat2, RotateCw, Webhook } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { call } from '../api/client';
import type { ExecutionItem, ExecutionStatus, Page, StartedBy } from '../api/model';
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

export function ExecutionsPage({ workflow }: { workflow: string }) {
  const [search, setSearch] = useSearchParams();
  const status = statuses.find((s) => s === search.get('status')) ?? '';
  const executions = useExecutions(workflow, status);
  const name = useWorkflowName(workflow);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const [bulk, setBulk] = useState<Bulk | null>(null);
  useTitle('Executions', name);
  const items = executions.data?.pages.flatMap((page) => page.items);
  const choose = (s: string) => {
    setPicked(new Set());
    setSearch(s === '' ? {} : { status: s }, { replace: true });
  };
  const chosen = items?.filter((x) => picked.has(x.id)) ?? [];
  const redrivable = chosen.filter((x) => isUnfinished(x.status));
  const replayable = chosen.filter((x) => x.status !== 'running');
  const allOf = status !== '' && isUnfinished(status) && items !== undefined && items.length > 0;
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <p className="eyebrow"><Link href={`/workflows/${workflow}`} className="row"><ArrowLeft size={14} aria-hidden />{name}</Link></p>
          <h1>Executions</h1>
        </div>
        <div className="chips" role="group" aria-label="Status">
          {['', ...statuses].map((s) => (
            <button key={s} type="button" className="chip" aria-pressed={status === s} onClick={() => choose(s)}>{s === '' ? 'All' : statusWord(s as ExecutionStatus)}</button>
          ))}
        </div>
      </header>
      {(chosen.length > 0 || allOf) && (
        <div className="bulk card row wrap" role="group" aria-label="Several at once">
          {chosen.length > 0 ? (
            <>
              <strong className="grow">{chosen.length === 1 ? 'One is' : `${chosen.length} are`} chosen</strong>
              {redrivable.length > 0 && <Button slim onClick={() => setBulk({ what: 'redrive', title: countWords(redrivable.length), read: async () => redrivable })}><RotateCw aria-hidden />Go on from the failed step</Button>}
              {replayable.length > 0 && <Button slim onClick={() => setBulk({ what: 'replay', title: countWords(replayable.length), read: async () => replayable })}><Repeat2 aria-hidden />Run again</Button>}
              <Button slim look="quiet" onClick={() => setPicked(new Set())}>Choose none</Button>
            </>
          ) : (
            <>
              <span className="grow muted">All that are “{statusWord(status as ExecutionStatus).toLowerCase()}”, older ones too:</span>
              <Button slim onClick={() => setBulk({ what: 'redrive', title: 'all of them', read: () => readAll(workflow, status) })}><RotateCw aria-hidden />Go on from the failed step</Button>
              <Button slim onClick={() => setBulk({ what: 'replay', title: 'all of them', read: () => readAll(workflow, status) })}><Repeat2 aria-hidden />Run again</Button>
            </>
          )}
        </div>
      )}
      <Loaded query={{ data: items, error: executions.error, refetch: executions.refetch }}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={status ? `No execution is “${statusWord(status).toLowerCase()}”` : 'No executions yet'} action={status ? <Button onClick={() => choose('')}>Show all</Button> : undefined}>
              {status ? 'Choose another status to see more.' : 'Publish the workflow and start it: every run shows up here, with what each step got and gave.'}
            </Empty>
          ) : (
            <ul className="rows runs">
              {list.map((x) => <Item key={x.id} execution={x} picked={picked.has(x.id)} onPick={(on) => setPicked((before) => withId(before, x.id, on))} />)}
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

function Item({ execution: x, picked, onPick }: { execution: ExecutionItem; picked: boolean; onPick: (on: boolean) => void }) {
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
      <span className="small muted nowrap run-span"><Span from={x.started_at} to={x.stopped_at} /></span>
      <span className="tag" title={`Version ${x.version} ran`}>v{x.version}</span>
    </li>
  );
}

const countWords = (n: number) => (n === 1 ? 'one execution' : `${n} executions`);

function withId(set: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (on) next.add(id);
  else next.delete(id);
  return next;
}

/** All executions with a status, to the end of the list. */
async function readAll(workflow: string, status: string, signal?: AbortSignal): Promise<ExecutionItem[]> {
  const found: ExecutionItem[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: '200', status, ...(cursor ? { cursor } : {}) });
    const page: Page<ExecutionItem> = await call(`/v1/workflows/${workflow}/executions?${query}`, { signal });
    found.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return found;
}
