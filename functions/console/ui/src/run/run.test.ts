import { describe, expect, it } from 'vitest';
import type { NodeRun, Turn, WorkflowDocument } from '../api/model';
import { startedWords } from '../parts/status';
import { isUncertain } from './failure';
import { chosenTurn, loopsAround, turnName, turnOf } from './iterations';
import { above, findIn, isStandIn, largeMembers, openAtFirst, rowsOf } from './values';

describe('a tree of JSON', () => {
  const value = { rows: [{ name: 'Ada', 'two words': 1 }, { name: 'Bo' }], big: { $value: 'val_1', bytes: 2_000_000, url: '/v1/executions/exe_1/values/val_1' } };
  it('has rows for what is open, named as templates name them', () => {
    const open = new Set(['steps.a', 'steps.a.rows', 'steps.a.rows[0]']);
    expect(rowsOf(value, 'steps.a', open).map((r) => [r.path, r.depth, r.size])).toEqual([
      ['steps.a', 0, 2], ['steps.a.rows', 1, 2], ['steps.a.rows[0]', 2, 2], ['steps.a.rows[0].name', 3, null], ['steps.a.rows[0]["two words"]', 3, null], ['steps.a.rows[1]', 2, 1], ['steps.a.big', 1, null],
    ]);
  });
  it('is open where it is small', () => expect(openAtFirst(value, 'x')).toEqual(new Set(['x', 'x.rows', 'x.rows[0]', 'x.rows[1]'])));
  it('is closed below the first level where it is large', () => {
    const large = { rows: Array.from({ length: 10_000 }, (_, i) => ({ i })) };
    expect(openAtFirst(large, 'x')).toEqual(new Set(['x']));
    expect(rowsOf(large, 'x', new Set(['x', 'x.rows']))).toHaveLength(10_002);
  });
  it('finds names and values, and what has to be open for them', () => {
    expect(findIn(value, 'x', 'BO')).toEqual(['x.rows[1].name']);
    expect(findIn(value, 'x', 'name')).toEqual(['x.rows[0].name', 'x.rows[1].name']);
    expect(above(value, 'x', 'x.rows[1].name')).toEqual(['x', 'x.rows', 'x.rows[1]']);
  });
  it('knows a stand-in by its address', () => {
    expect(isStandIn(value.big)).toBe(true);
    expect(largeMembers(value)).toEqual([['big', value.big]]);
    expect(largeMembers([value.big])).toEqual([]);
    expect(isStandIn({ $value: 'val_1', url: 'https://elsewhere.example/values/1' })).toBe(false);
  });
});

describe('the items of loops', () => {
  const turn = (iteration: string, status: Turn['status']) => ({ iteration, status }) as Turn;
  const run = (...turns: Turn[]) => ({ id: 'in', iterations: turns }) as NodeRun;
  const doc: WorkflowDocument = {
    nodes: [{ id: 'rows', type: 'loop' }, { id: 'cells', type: 'loop' }, { id: 'in', type: 'set' }],
    edges: [{ from: 'trigger', to: 'rows' }, { from: 'rows', port: 'body', to: 'cells' }, { from: 'cells', port: 'body', to: 'in' }],
  };
  it('are named by the loops around, the outermost first', () => {
    expect(loopsAround(doc, 'in')).toEqual(['rows', 'cells']);
    expect(turnName('2.0', loopsAround(doc, 'in'))).toBe('rows[2] › cells[0]');
  });
  it('begin with what needs somebody', () => {
    expect(chosenTurn(run(turn('0', 'succeeded'), turn('1', 'waiting'), turn('2', 'failed')), '')?.iteration).toBe('2');
    expect(chosenTurn(run(turn('0', 'succeeded'), turn('1', 'succeeded')), '')?.iteration).toBe('0');
  });
  it('stay the same from node to node, within loops of loops, too', () => {
    expect(turnOf(run(turn('1', 'succeeded'), turn('10', 'succeeded')), '1')?.iteration).toBe('1');
    expect(turnOf(run(turn('10', 'succeeded'), turn('1.3', 'succeeded')), '1')?.iteration).toBe('1.3');
    expect(turnOf(run(turn('2', 'succeeded')), '1.3')).toBeUndefined();
  });
});

it('a call of which nobody knows the outcome is known by its code, or by the setting that its hint names', () => {
  expect(isUncertain({ name: 'Connector.Uncertain', message: '' })).toBe(true);
  expect(isUncertain({ name: 'Connector.Unavailable', message: '', hint: 'To try again, set on_uncertain to "repeat" on the node.' })).toBe(true);
  expect(isUncertain({ name: 'Connector.Unavailable', message: '', hint: 'Its status page may say more.' })).toBe(false);
});

it.each([
  ['manual', 'owner', 'started by owner'], ['webhook', 'trigger:webhook', 'started by a webhook'], ['schedule', 'trigger:schedule', 'started by its schedule'],
  ['replay', 'owner', 'started again, by owner'], ['', 'trigger:event', 'started by its trigger'],
] as const)('%s by %s is %s', (trigger, started_by, words) => expect(startedWords({ trigger, started_by })).toBe(words));
