import { Fragment, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { ApprovalItem, ApprovalStatus } from '../api/model';
import { useApprovals } from '../api/queries';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Empty, Loaded } from '../parts/states';
import { Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { Answer } from '../run/answer';

const statuses: [ApprovalStatus | 'all', string][] = [['waiting', 'Waiting'], ['approved', 'Approved'], ['rejected', 'Rejected'], ['timed_out', 'Timed out'], ['cancelled', 'Cancelled'], ['all', 'All']];
const lamps: Record<ApprovalStatus, string> = { waiting: 'live', approved: 'ok', rejected: 'bad', timed_out: '', cancelled: '' };
const words = Object.fromEntries(statuses) as Record<ApprovalStatus, string>;

/** What the workflows of the account ask people. */
export function ApprovalsPage() {
  useTitle('Approvals');
  const [search, setSearch] = useSearchParams();
  const status = statuses.find(([s]) => s === search.get('status'))?.[0] ?? 'waiting';
  const approvals = useApprovals(status === 'all' ? '' : status);
  const [asked, setAsked] = useState<ApprovalItem | null>(null);
  const items = approvals.data?.pages.flatMap((page) => page.items);
  return (
    <div className="page">
      <header className="page-head">
        <div><h1>Approvals</h1><p>What workflows wait for somebody to decide.</p></div>
        <div className="chips" role="group" aria-label="Status">
          {statuses.map(([s, word]) => <button key={s} type="button" className="chip" aria-pressed={status === s} onClick={() => setSearch(s === 'waiting' ? {} : { status: s }, { replace: true })}>{word}</button>)}
        </div>
      </header>
      <Loaded query={{ data: items, error: approvals.error, refetch: approvals.refetch }}>
        {(list) => list.length === 0 ? (
          <Empty title={status === 'waiting' ? 'Nothing waits for a decision' : 'There is none like that'}>
            {status === 'waiting' ? 'When a workflow comes to an approval step, the question shows up here, and whoever has its link can answer it, too.' : 'Choose another status to see more.'}
          </Empty>
        ) : (
          <ul className="rows asks">
            {list.map((a) => (
              <li key={a.id}>
                <span className="status-column"><span className={`lamp ${lamps[a.status]}`}>{words[a.status]}</span></span>
                <div className="grow">
                  <p className="ask-message">{a.message || 'May this go on?'}</p>
                  <p className="small muted">
                    <Link href={`/workflows/${a.workflow_id}/executions/${a.execution_id}`}>{a.workflow || 'Untitled'}</Link>
                    {[<>asked <Time at={a.asked_at} /></>, a.status === 'waiting' && <>answer until <Time at={a.expires_at} exact /></>, a.answered_at && <>answered <Time at={a.answered_at} />{a.answered_by ? ` by ${a.answered_by}` : ' by its link'}</>]
                      .map((part, i) => part && <Fragment key={i}> · {part}</Fragment>)}
                  </p>
                  {a.comment && <p className="small">“{a.comment}”</p>}
                </div>
                {a.url && <Button slim onClick={() => setAsked(a)} aria-label={`Answer: ${a.message.slice(0, 60)}`}>Answer…</Button>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {approvals.hasNextPage && <div><Button busy={approvals.isFetchingNextPage} onClick={() => void approvals.fetchNextPage()}>Show older ones</Button></div>}
      {asked?.url && <Dialog title={asked.workflow || 'Untitled'} description="Your name stands in the execution as who answered." onClose={() => setAsked(null)}><Answer url={asked.url} onAnswered={() => setAsked(null)} /></Dialog>}
    </div>
  );
}
