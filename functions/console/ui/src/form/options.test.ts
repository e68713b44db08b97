import { describe, expect, it } from 'vitest';
import { chosen, dependencies } from './options';

describe('what is chosen from a list', () => {
  it('replaces a text', () => expect(chosen('text', '#old', 'C1')).toBe('C1'));
  it('is a number where the field is one', () => expect(chosen('integer', undefined, '12')).toBe(12));
  it('is added to a list once', () => {
    expect(chosen('list', undefined, 'a')).toEqual(['a']);
    expect(chosen('list', 'a', 'b')).toEqual(['a', 'b']);
    expect(chosen('list', ['a', 'b'], 'b')).toEqual(['a', 'b']);
  });
});

describe('what options depend on', () => {
  const schema = { 'x-options-depends': ['project', 'board'] };
  it('is only what is given', () => expect(dependencies(schema, { project: 'OPS', board: '', other: 1 })).toEqual({ project: 'OPS' }));
  it('is nothing for a field by itself', () => expect(dependencies({}, { project: 'OPS' })).toEqual({}));
});
