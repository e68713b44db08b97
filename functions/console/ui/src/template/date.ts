import { toNumber } from '../json';

// The filter date, for previews: package template's rules, on the browser's time zones.

interface Moment {
  year: number; month: number; day: number; hour: number; minute: number; second: number; millis: number;
  weekday: number;
  /** Minutes east of UTC. */
  offset: number;
  unix: number;
}

/** A value as a time in a zone and a format; null where it is no time, or the format or zone is none. */
export function formatDate(value: unknown, format = 'iso', zone = 'UTC'): string | number | null {
  const ms = pointInTime(value, zone);
  if (ms === null || !isZone(zone)) return null;
  const at = inZone(ms, zone);
  if (format === 'unix') return at.unix;
  const named: Record<string, string> = { iso: 'YYYY-MM-DDTHH:mm:ss.SSS', rfc3339: 'YYYY-MM-DDTHH:mm:ss', date: 'YYYY-MM-DD', time: 'HH:mm:ss' };
  const text = write(named[format] ?? format, at);
  if (text === null || (format !== 'iso' && format !== 'rfc3339')) return text;
  return text + (at.offset === 0 ? 'Z' : offsetText(at.offset, ':'));
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

const MILLIS_FROM = 1e11;
const LATEST = 253_402_300_799_999;

function pointInTime(value: unknown, zone: string): number | null {
  const number = toNumber(value);
  if (number !== undefined) {
    const ms = Math.round(Math.abs(number) < MILLIS_FROM ? number * 1000 : number);
    return Math.abs(ms) > LATEST ? null : ms;
  }
  if (typeof value !== 'string') return null;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value)) return finite(Date.parse(value));
  const local = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d(?:\.\d+)?))?$/.exec(value);
  if (!local || !isZone(zone)) return null;
  const wall = Date.parse(`${local[1]}T${local[2] ?? '00:00:00'}Z`);
  if (Number.isNaN(wall)) return null;
  // The offset is that of the time itself, which one knows only with the offset: two steps settle it.
  const first = wall - inZone(wall, zone).offset * 60_000;
  return wall - inZone(first, zone).offset * 60_000;
}

const finite = (ms: number) => (Number.isNaN(ms) ? null : ms);

function inZone(ms: number, zone: string): Moment {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const get = (name: string) => parts[name] ?? 0;
  const seconds = Math.floor(ms / 1000);
  const wall = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'), get('second'));
  return {
    year: get('year'), month: get('month'), day: get('day'), hour: get('hour'), minute: get('minute'), second: get('second'), millis: ms - seconds * 1000,
    weekday: new Date(wall).getUTCDay(), offset: Math.round((wall - seconds * 1000) / 60_000), unix: seconds,
  };
}

function offsetText(minutes: number, between: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${between}${two(size % 60)}`;
}

const two = (n: number) => String(n).padStart(2, '0');
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const tokens: Record<string, (at: Moment) => string> = {
  YYYY: (t) => String(t.year).padStart(4, '0'), YY: (t) => two(t.year % 100),
  MMMM: (t) => months[t.month - 1]!, MMM: (t) => months[t.month - 1]!.slice(0, 3), MM: (t) => two(t.month), M: (t) => String(t.month),
  DD: (t) => two(t.day), D: (t) => String(t.day), dddd: (t) => days[t.weekday]!, ddd: (t) => days[t.weekday]!.slice(0, 3),
  HH: (t) => two(t.hour), H: (t) => String(t.hour), hh: (t) => two(t.hour % 12 || 12), h: (t) => String(t.hour % 12 || 12),
  mm: (t) => two(t.minute), m: (t) => String(t.minute), ss: (t) => two(t.second), s: (t) => String(t.second), SSS: (t) => String(t.millis).padStart(3, '0'),
  A: (t) => (t.hour < 12 ? 'AM' : 'PM'), a: (t) => (t.hour < 12 ? 'am' : 'pm'), Z: (t) => offsetText(t.offset, ':'), ZZ: (t) => offsetText(t.offset, ''),
};

/** Writes a format's tokens; null where letters are none. What stands in brackets, and T, stays. */
function write(format: string, at: Moment): string | null {
  let known = format !== '';
  const text = format.replace(/\[([^\]]*)\]|([A-SU-Za-z])\2*/g, (run: string, literal: string | undefined) => {
    if (literal !== undefined) return literal;
    const token = tokens[run];
    known &&= token !== undefined;
    return token?.(at) ?? '';
  });
  return known ? text : null;
}
