import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { call, callWhatever, Problem } from '../api/client';
import type { MissedStarts, Readiness } from '../api/model';
import { Button } from '../parts/button';
import { Loaded, Note } from '../parts/states';
import { Time } from '../parts/time';
import { useTitle } from '../parts/title';

/** What each part is for, in the words of people; others are shown by their name. */
const parts: Record<string, [title: string, summary: string]> = {
  store: ['Store', 'Keeps workflows, executions and the record of who did what'],
  vault: ['Vault', 'Seals and opens credentials'],
  runner: ['Runner', 'Runs workflows'],
  scheduler: ['Scheduler', 'Starts workflows at their times'],
};

/** Whether each part that everything depends on works, now. */
export default function HealthPage() {
  useTitle('Health');
  const health = useQuery({
    queryKey: ['health'], refetchInterval: 10_000, retry: false,
    // On AWS there is no process whose parts could be asked.
    queryFn: ({ signal }) => callWhatever<Readiness>('/readyz', [503], signal).catch((error: unknown) => {
      if (error instanceof Problem && (error.status === 200 || error.status === 404)) return null;
      throw error;
    }),
  });
  return (
    <div className="page">
      <header className="page-head">
        <div><h1>Health</h1><p>Whether what Switchboard is made of works. It is asked again every ten seconds.</p></div>
        <Button busy={health.isFetching} onClick={() => void health.refetch()}>Ask again</Button>
      </header>
      <Loaded query={health}>
        {(found) => {
          if (found === null) return <Note role="status"><p>Switchboard answers.</p><p>On AWS its parts are watched by alarms. Whoever runs it finds them on the deployment's dashboard, with what to do about each on the operator's page.</p></Note>;
          const list = Object.entries(found.parts).sort(([a, x], [b, y]) => Number(x.status === 'ok') - Number(y.status === 'ok') || a.localeCompare(b));
          const failing = list.filter(([, part]) => part.status !== 'ok').length;
          return (
            <>
              {failing === 0 ? <Note tone="ok" role="status"><p>Everything works.</p></Note> : <Note tone="bad" role="alert"><p>{failing === 1 ? 'One part does not work.' : `${failing} parts do not work.`}</p><p>What depends on it waits or is refused until it is back; nothing of a running execution is lost.</p></Note>}
              <ul className="rows">
                {list.map(([name, part]) => (
                  <li key={name}>
                    <span className="status-column"><span className={`lamp ${part.status === 'ok' ? 'ok' : 'bad'}`}>{part.status === 'ok' ? 'Works' : 'Failing'}</span></span>
                    <div className="grow"><p><strong>{parts[name]?.[0] ?? name}</strong></p><p className="small muted">{part.problem || parts[name]?.[1]}</p></div>
                  </li>
                ))}
              </ul>
              <p className="help">As of <Time at={new Date(health.dataUpdatedAt).toISOString()} exact />. For monitoring: <code>GET /readyz</code> answers 200 or 503 and needs no token; <code>GET /metrics</code>, for admins, has the calls of each connector.</p>
            </>
          );
        }}
      </Loaded>
      <Missed />
    </div>
  );
}

/** What schedules and events should have started in the last seven days, and did not. */
function Missed() {
  const problems = useQuery({ queryKey: ['problems'], refetchInterval: 60_000, queryFn: ({ signal }) => call<{ missed_starts?: MissedStarts[] }>('/v1/problems?limit=1', { signal }) });
  const missed = problems.data?.missed_starts ?? [];
  if (missed.length === 0) return null;
  return (
    <section className="section" aria-label="Missed starts">
      <h2>Missed starts</h2>
      <ul className="rows">
        {missed.map((m) => (
          <li key={`${m.workflow_id} ${m.reason}`}>
            <div className="grow">
              <p><Link href={`/workflows/${m.workflow_id}`}><strong>{m.workflow_name || m.workflow_id}</strong></Link> · {m.count === 1 ? 'one start' : `${m.count.toLocaleString('en')} starts`}, the last for <Time at={m.due_at} exact /></p>
              <p className="small muted">{m.detail} {m.hint}</p>
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}
