import { describe, expect, it } from 'vitest';
import { dayBefore, periodsOf } from './usage-periods';

const counted = (period: string, executions: number) => ({ period, executions, failed: 0, node_runs: 0, connectors: {} });

describe('periodsOf', () => {
  it('has every day, over the end of a month', () => {
    const periods = periodsOf([counted('2026-02-28', 3)], '2026-02-27', '2026-03-01', 'day');
    expect(periods.map((p) => [p.title, p.executions])).toEqual([['27 Feb', 0], ['28 Feb', 3], ['1 Mar', 0]]);
  });
  it('has every month once', () => {
    const periods = periodsOf([counted('2026-01', 7)], '2025-12-15', '2026-02-02', 'month');
    expect(periods.map((p) => [p.period, p.executions])).toEqual([['2025-12', 0], ['2026-01', 7], ['2026-02', 0]]);
  });
});

it('goes back in days, over a leap day', () => expect(dayBefore('2028-03-01', 1)).toBe('2028-02-29'));
