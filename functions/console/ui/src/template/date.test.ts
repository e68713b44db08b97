import { describe, expect, it } from 'vitest';
import { formatDate } from './date';

// The cases are those of package template's own tests.
const t = '2024-03-09T14:04:05.678Z';

describe('date', () => {
  it.each<[unknown, string | undefined, string | undefined, unknown]>([
    [t, undefined, undefined, '2024-03-09T14:04:05.678Z'],
    [t, 'rfc3339', undefined, '2024-03-09T14:04:05Z'],
    [t, 'iso', 'America/New_York', '2024-03-09T09:04:05.678-05:00'],
    [t, 'date', undefined, '2024-03-09'],
    [t, 'time', 'Europe/Berlin', '15:04:05'],
    [t, 'unix', undefined, 1709993045],
    ['2024-12-31T23:30:00Z', 'YYYY-MM-DD HH:mm:ss', 'Europe/Berlin', '2025-01-01 00:30:00'],
    [t, 'dddd, D MMMM YYYY [at] h:mm a', undefined, 'Saturday, 9 March 2024 at 2:04 pm'],
    [t, 'ddd DD MMM YY H hh A m s SSS Z ZZ M', undefined, 'Sat 09 Mar 24 14 02 PM 4 5 678 +00:00 +0000 3'],
    [t, 'YYYY-MM-DDTHH:mmZ', 'Asia/Kolkata', '2024-03-09T19:34+05:30'],
    [t, '[Q] [[x] é', undefined, 'Q [x é'],
    ['2024-07-01T08:00:00', 'iso', 'Europe/Berlin', '2024-07-01T08:00:00.000+02:00'],
    ['2024-07-01 08:00:00', undefined, undefined, '2024-07-01T08:00:00.000Z'],
    ['2024-02-29', 'DD.MM.YYYY', 'America/New_York', '29.02.2024'],
    [1710000245, undefined, undefined, '2024-03-09T16:04:05.000Z'],
    [1710000245678, undefined, undefined, '2024-03-09T16:04:05.678Z'],
    [1710000245.678, undefined, undefined, '2024-03-09T16:04:05.678Z'],
    [-1, undefined, undefined, '1969-12-31T23:59:59.000Z'],
    [1e30, undefined, undefined, null],
    ['tomorrow', undefined, undefined, null],
    [t, 'iso', 'Nowhere', null],
    [t, 'quux', undefined, null],
    [{}, undefined, undefined, null],
  ])('%j as %j in %j', (value, format, zone, text) => expect(formatDate(value, format, zone)).toBe(text));
});
