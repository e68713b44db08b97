import type { UsageCounts } from '../api/model';

/** A day or a month with what was used in it. */
export interface Period extends UsageCounts {
  period: string;
  title: string;
}

const DAY = 86_400_000;

/** The day (UTC, 2026-02-28) that is so many before another. */
export const dayBefore = (day: string, n: number): string => new Date(Date.parse(`${day}T00:00:00Z`) - n * DAY).toISOString().slice(0, 10);

const dayTitle = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
const monthTitle = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric', timeZone: 'UTC' });

/** Every day or month from one day to another, those included on which nothing was used: the API leaves them out. */
export function periodsOf(counts: (UsageCounts & { period: string })[], from: string, to: string, by: 'day' | 'month'): Period[] {
  const known = new Map(counts.map((c) => [c.period, c]));
  const names: string[] = [];
  for (let day = from; day <= to; day = dayBefore(day, -1)) {
    const name = by === 'day' ? day : day.slice(0, 7);
    if (names.at(-1) !== name) names.push(name);
  }
  const title = by === 'day' ? dayTitle : monthTitle;
  return names.map((period) => ({ executions: 0, failed: 0, node_runs: 0, connectors: {}, ...known.get(period), period, title: title.format(new Date(by === 'day' ? period : `${period}-01`)) }));
}
