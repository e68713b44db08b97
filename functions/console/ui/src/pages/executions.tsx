import { ArrowLeft } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { ExecutionStatus } from '../api/model';
import { useExecutions } from '../api/queries';
import { Button } from '../parts/button';
import { Empty, Loaded } from '../parts/states';
import { starter, StatusLamp, statusWord } from '../parts/status';
import { spanOf, Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { useWorkflowName } from './current-agent';

const statuses: ExecutionStatus[] = ['running', 'succeeded', 'failed', 'timed_out', 'stopped'];

export function ExecutionsPage({ workflow }: { workflow: string }) {
  const [status, setStatus] = useState('');
  const executions = useExecutions(workflow, status);
  const name = useWorkflowName(workflow);
  useTitle('Executions', name);
  const items = executions.data?.pages.flatMap((page) => page.items);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <p className="eyebrow"><Link href={`/workflows/${workflow}`} className="row"><ArrowLeft size={14} aria-hidden />{name}</Link></p>
          <h1>Executions</h1>
        </div>
        <div className="chips" role="group" aria-label="Status">
          {['', ...statuses].map((s) => (
            <button key={s} type="button" className="chip" aria-pressed={status === s} onClick={() => setStatus(s)}>{s === '' ? 'All' : statusWord(s as ExecutionStatus)}</button>
          ))}
        </div>
      </header>
      <Loaded query={{ data: items, error: executions.error, refetch: executions.refetch }}>
        {(list) =>
          list.length === 0 ? (
            <Empty title={status ? `No execution is “${statusWord(status as ExecutionStatus).toLowerCase()}”` : 'No executions yet'}>
              {status ? 'Choose another status to see more.' : 'Publish the workflow and start it: every run shows up here, with what each step got and gave.'}
            </Empty>
          ) : (
            <ul className="rows">
              {list.map((x) => (
                <li key={x.id}>
                  <span className="status-column"><StatusLamp status={x.status} /></span>
                  <div className="grow">
                    <Link href={`/workflows/${workflow}/executions/${x.id}`} className="row-link"><Time at={x.started_at} exact /></Link>
                    <p className="small muted ellipsis">{x.error ? `${x.error.node ? `${x.error.node}: ` : ''}${x.error.message || x.error.name}` : `Started by ${starter(x.started_by)}`}</p>
                  </div>
                  <span className="small muted nowrap">{spanOf(x.started_at, x.stopped_at)}</span>
                  <span className="tag">v{x.version}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {executions.hasNextPage && <div><Button busy={executions.isFetchingNextPage} onClick={() => void executions.fetchNextPage()}>Show older ones</Button></div>}
    </div>
  );
}
