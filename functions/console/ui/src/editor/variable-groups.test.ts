import { expect, it } from 'vitest';
import { groupsOf } from './variable-groups';

const v = (path: string, sample?: unknown) => ({ path, detail: 'what it is', ...(sample === undefined ? {} : { sample }) });

it('groups by source, members below what they are members of', () => {
  const groups = groupsOf([
    v('execution.id'), v('steps.notify.ts', '17.1'), v('trigger.headers', {}), v('trigger.body', { id: 'A', lines: [] }), v('trigger.headers["x-a"]', 'b'), v('trigger.body.id', 'A'),
    v('trigger.body.lines', [{ sku: 1 }, { sku: 2 }]), v('trigger.body.lines[0].sku', 1), v('city', 'Ulm'), v('item'),
  ]);
  expect(groups.map((g) => [g.title, g.rows.map((r) => `${' '.repeat(r.depth)}${r.name}: ${r.value}`)])).toEqual([
    ['Trigger', ['headers: ', ' ["x-a"]: b', 'body: ', ' id: A', ' lines: 2 items', '   sku: 1']],
    ['notify', ['ts: 17.1']],
    ['This turn of the loop', ['item: what it is']],
    ['Named values', ['city: Ulm']],
    ['About this execution', ['execution.id: what it is']],
  ]);
});
