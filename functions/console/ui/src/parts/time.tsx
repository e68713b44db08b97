import { useEffect, useState } from 'react';

const units: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3_600], ['minute', 60]];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const exactly = new Intl.DateTimeFormat('en-GB', {
  weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, timeZoneName: 'short',
});
const short = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });

/** How long ago something was, in words; from a week on the date. */
export function ago(time: Date, now: Date): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  if (Math.abs(seconds) < 45) return 'just now';
  if (Math.abs(seconds) > 7 * 86_400) return short.format(time);
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60];
  return relative.format(Math.round(seconds / size), unit);
}

/** A span of milliseconds for people. */
export function lasting(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function spanOf(from: string | null | undefined, to: string | null | undefined, now = Date.now()): string {
  if (!from) return '';
  return lasting((to ? Date.parse(to) : now) - Date.parse(from));
}

/** A point in time in the person's own zone; the milliseconds and the zone show on hover. */
export function Time({ at, exact }: { at: string; exact?: boolean }) {
  const time = new Date(at);
  const now = useNow(exact ? null : 20_000);
  return <time dateTime={at} title={exactly.format(time)} className="nowrap">{exact ? full.format(time) : ago(time, now)}</time>;
}

/** How long something took, or has been going on: then it counts. */
export function Span({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  const now = useNow(from && !to ? 1_000 : null);
  return <>{spanOf(from, to, now.getTime())}</>;
}

/** The time, again and again; with null, the time when it was drawn. */
function useNow(every: number | null): Date {
  const [, tick] = useState(0);
  useEffect(() => {
    if (every === null) return;
    const timer = setInterval(() => tick((n) => n + 1), every);
    return () => clearInterval(timer);
  }, [every]);
  return new Date();
}
