import { describe, expect, it } from 'vitest';
import { Offline, Problem } from './client';
import { Once } from './once';

describe('Once', () => {
  const keysOf = async (once: Once, outcomes: (Error | null)[], variables: unknown[] = []) => {
    const keys: string[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      await once.run(variables[i], (key) => { keys.push(key); return outcome ? Promise.reject(outcome) : Promise.resolve(); }).catch(() => undefined);
    }
    return keys;
  };
  it('lets one act begin at a time', async () => {
    const once = new Once();
    expect([once.begin(), once.begin()]).toEqual([true, false]);
    await once.run(undefined, () => Promise.resolve());
    expect(once.begin()).toBe(true);
  });
  it('keeps the key where no answer came, for the same wish alone', async () => {
    const [a, b, c] = await keysOf(new Once(), [new Offline(), new Offline(), new Offline()], [{ n: 1 }, { n: 1 }, { n: 2 }]);
    expect(a).toBe(b);
    expect(c).not.toBe(b);
  });
  it('keeps it where a gateway answered in place of the API, which may have done it', async () => {
    const keys = await keysOf(new Once(), [new Problem(504, {}), new Problem(503, {}), null]);
    expect(new Set(keys).size).toBe(1);
  });
  it('takes another key after an answer of any kind', async () => {
    const keys = await keysOf(new Once(), [null, new Problem(409, {}), null]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  });
});
