import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { call } from '../api/client';
import type { Quota, Usage, UsageCounts } from '../api/model';
import { all, keys, useCatalog } from '../api/queries';
import { Plate } from '../parts/glyph';
import { Loaded } from '../parts/states';
import { useTitle } from '../parts/title';
import { dayBefore, periodsOf, type Period } from './usage-periods';

const spans: [days: number, words: string][] = [[7, '7 days'], [30, '30 days'], [90, '90 days'], [365, 'A year']];
const count = (n: number) => n.toLocaleString('en');
const percent = (part: number, whole: number) => (whole === 0 ? '–' : `${((part / whole) * 100).toFixed(part / whole < 0.1 && part > 0 ? 1 : 0)} %`);

/** What the account used, and how much it may. */
export default function UsagePage() {
  useTitle('Usage');
  const [days, setDays] = useState(30);
  const by = days > 90 ? 'month' : 'day';
  const to = new Date().toISOString().slice(0, 10);
  const from = dayBefore(to, days - 1);
  const usage = useQuery({ queryKey: ['usage', from, to, by], queryFn: ({ signal }) => call<Usage>(`/v1/usage?${new URLSearchParams({ from, to, by })}`, { signal }), placeholderData: (before) => before });
  return (
    <div className="page">
      <header className="page-head">
        <div><h1>Usage</h1><p>Executions and calls of the whole account. Days are those of UTC; counts are written about once a minute.</p></div>
        <div className="chips" role="group" aria-label="Time">
          {spans.map(([n, words]) => <button key={n} type="button" className="chip" aria-pressed={days === n} onClick={() => setDays(n)}>{words}</button>)}
        </div>
      </header>
      <Loaded query={usage}>
        {(found) => (
          <>
            <Figures total={found.total} />
            <Chart periods={periodsOf(found.counts, from, to, by)} by={by} />
            <Connectors total={found.total} />
          </>
        )}
      </Loaded>
      <Quotas />
    </div>
  );
}

function Figures({ total }: { total: UsageCounts }) {
  const calls = Object.values(total.connectors).reduce((sum, c) => sum + c.calls, 0);
  const figures: [string, string, string][] = [
    ['Executions', count(total.executions), 'that ended'],
    ['Failed', count(total.failed), `${percent(total.failed, total.executions)} of them`],
    ['Steps', count(total.node_runs), 'that call a service'],
    ['Calls', count(calls), 'to services, with repeats'],
  ];
  return <dl className="figures">{figures.map(([name, value, note]) => <div key={name} className="card figure"><dt>{name}</dt><dd className="figure-value">{value}</dd><dd className="small muted">{note}</dd></div>)}</dl>;
}

const HEIGHT = 132;
const WIDTH = 720;

function Chart({ periods, by }: { periods: Period[]; by: string }) {
  const most = Math.max(1, ...periods.map((p) => p.executions));
  const step = WIDTH / periods.length;
  const bar = Math.max(1.5, Math.min(26, step * 0.72));
  const [at, setAt] = useState<Period | null>(null);
  return (
    <section className="section" aria-labelledby="by-day">
      <div className="section-head"><h2 id="by-day">Executions by {by}</h2><span className="grow" /><span className="small muted" aria-live="polite">{at ? `${at.title}: ${count(at.executions)}, ${count(at.failed)} failed` : <Key />}</span></div>
      <div className="card chart">
        <span className="chart-most small faint" aria-hidden>{count(most)}</span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`From ${periods[0]?.title} to ${periods.at(-1)?.title}, at most ${count(most)} in a ${by}`} onPointerLeave={() => setAt(null)}>
          {periods.map((p, i) => {
            const whole = (p.executions / most) * (HEIGHT - 4);
            const bad = (p.failed / most) * (HEIGHT - 4);
            const x = i * step + (step - bar) / 2;
            return (
              <g key={p.period} onPointerEnter={() => setAt(p)}>
                <rect className="chart-back" x={i * step} y={0} width={step} height={HEIGHT} />
                {p.executions > 0 && <rect className="chart-bar" x={x} y={HEIGHT - whole} width={bar} height={Math.max(whole - bad, p.executions > p.failed ? 1 : 0)} />}
                {p.failed > 0 && <rect className="chart-bad" x={x} y={HEIGHT - bad} width={bar} height={bad} />}
              </g>
            );
          })}
        </svg>
        <p className="chart-axis small faint"><span>{periods[0]?.title}</span><span>{periods.at(-1)?.title}</span></p>
      </div>
      <details className="fold">
        <summary>As a table</summary>
        <div className="table-frame"><table className="table">
          <thead><tr><th scope="col">{by === 'day' ? 'Day' : 'Month'}</th><th scope="col">Executions</th><th scope="col">Failed</th><th scope="col">Steps</th></tr></thead>
          <tbody>{periods.filter((p) => p.executions + p.node_runs > 0).reverse().map((p) => <tr key={p.period}><th scope="row">{p.title}</th><td>{count(p.executions)}</td><td>{count(p.failed)}</td><td>{count(p.node_runs)}</td></tr>)}</tbody>
        </table></div>
      </details>
    </section>
  );
}

const Key = () => <span className="row"><span className="chart-key" aria-hidden />succeeded<span className="chart-key bad" aria-hidden />failed</span>;

function Connectors({ total }: { total: UsageCounts }) {
  const catalog = useCatalog().data;
  const list = useMemo(() => Object.entries(total.connectors).sort(([, a], [, b]) => b.calls - a.calls), [total]);
  return (
    <section className="section" aria-labelledby="by-service">
      <h2 id="by-service">Calls by service</h2>
      {list.length === 0 ? <p className="muted">No service was called in this time.</p> : (
        <div className="table-frame"><table className="table">
          <thead><tr><th scope="col">Service</th><th scope="col">Calls</th><th scope="col">Errors</th><th scope="col">Of all</th></tr></thead>
          <tbody>
            {list.map(([name, c]) => {
              const known = catalog?.find((one) => one.name === name);
              return <tr key={name}><th scope="row"><span className="row">{known && <Plate svg={known.icon} small />}{known?.title ?? name}</span></th><td>{count(c.calls)}</td><td className={c.errors > 0 ? 'bad' : ''}>{count(c.errors)}</td><td>{percent(c.errors, c.calls)}</td></tr>;
            })}
          </tbody>
        </table></div>
      )}
    </section>
  );
}

function Quotas() {
  const quotas = useQuery({ queryKey: keys.quotas, staleTime: Infinity, queryFn: ({ signal }) => all<Quota>('/v1/quotas', signal) });
  return (
    <section className="section" aria-labelledby="quotas">
      <div className="section-head"><h2 id="quotas">What the account may take</h2></div>
      <Loaded query={quotas}>
        {(list) => (
          <ul className="rows">
            {list.map((q) => (
              <li key={q.name}>
                <div className="grow"><p>{q.summary}</p><code className="small faint">{q.name}</code></div>
                <strong className="nowrap">{q.limit === 0 ? 'No bound' : count(q.limit)}</strong>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <p className="help">Whoever runs Switchboard sets these. Who asks for more is told to wait, and when to come again.</p>
    </section>
  );
}
