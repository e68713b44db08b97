import { describe, expect, it } from 'vitest';
import { offered, parseInput } from './run-input';

describe('the input of a start', () => {
  const manual = { trigger: { type: 'manual', config: { input_schema: { properties: { city: { type: 'string' }, n: { type: 'integer', default: 3 }, deep: { type: 'object' }, more: { type: 'boolean' } }, required: ['city', 'deep'] } } } };
  it('is the sample, where there is one', () => {
    expect(offered(manual, { title: '', trigger: { input: { city: 'Ulm' } }, steps: {} })).toEqual({ city: 'Ulm' });
    expect(offered({ trigger: { type: 'webhook' } }, { title: '', trigger: { body: { a: 1 } }, steps: {} })).toEqual({ a: 1 });
  });
  it('is blank in what is required, and what has a default', () => expect(offered(manual, null)).toEqual({ city: '', n: 3, deep: {} }));
  it('is read as JSON', () => {
    expect(parseInput(' ')).toEqual({ value: {} });
    expect(parseInput('[1]')).toEqual({ value: [1] });
    expect(parseInput('{')).toBeNull();
  });
});
