import { describe, expect, it } from 'vitest';
import { refusalOf } from './me';

describe('what a role may', () => {
  it('is all that the smaller ones may', () => {
    expect(refusalOf('owner', 'editor')).toBe('');
    expect(refusalOf('editor', 'editor')).toBe('');
    expect(refusalOf('operator', 'editor')).toBe('Your role is operator; this needs editor.');
    expect(refusalOf('viewer', 'operator')).not.toBe('');
  });
});
