import { describe, expect, it } from 'vitest';
import { sizeOf, unitOf } from './duration';

describe('the unit of a span', () => {
  it.each([[0, 'seconds'], [1, 'seconds'], [90, 'seconds'], [120, 'minutes'], [3_600, 'hours'], [86_400, 'days'], [90_000, 'hours'], [604_800, 'days']])('%d s', (seconds, unit) => {
    expect(unitOf(seconds)).toBe(unit);
    expect(seconds % sizeOf(unit)).toBe(0);
  });
});
