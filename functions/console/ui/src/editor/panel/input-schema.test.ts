import { describe, expect, it } from 'vitest';
import { rowsOf, schemaOf } from './input-schema';

describe('rows of an input', () => {
  const schema = { type: 'object', properties: { city: { type: 'string', description: 'Where' }, n: { type: 'integer', title: 'Number' } }, required: ['city'] };
  it('are what a plain schema says, and give it again', () => {
    const rows = rowsOf(schema)!;
    expect(rows).toEqual([{ name: 'city', type: 'string', required: true, description: 'Where' }, { name: 'n', type: 'integer', required: false, description: '', title: 'Number' }]);
    expect(schemaOf(rows)).toEqual(schema);
  });
  it('are none for no schema', () => {
    expect(rowsOf(undefined)).toEqual([]);
    expect(schemaOf([{ name: '', type: 'string', required: true, description: '' }])).toBeUndefined();
  });
  it.each([
    { ...schema, additionalProperties: false }, { properties: { a: { type: 'string', enum: ['x'] } } }, { properties: { a: {} } }, { properties: {}, required: ['a'] }, { type: 'array' }, 'text', null,
    { properties: { a: { type: ['string', 'null'] } } },
  ])('would lose something of %j', (more) => expect(rowsOf(more)).toBeNull());
});
