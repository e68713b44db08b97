import type { Schema } from '../api/model';
import { isObject } from '../api/shape';

const isText = (value: unknown): value is string => typeof value === 'string';
const areTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isNumber = (value: unknown): value is number => typeof value === 'number';
const isYesNo = (value: unknown): value is boolean => typeof value === 'boolean';

const fits: Partial<Record<keyof Schema, (value: unknown) => boolean>> = {
  type: (value) => isText(value) || areTexts(value), title: isText, description: isText, default: () => true, enum: areTexts,
  minimum: isNumber, maximum: isNumber, minLength: isNumber, maxLength: isNumber, pattern: isText, writeOnly: isYesNo,
  'x-kind': isText, 'x-placeholder': isText, 'x-advanced': isYesNo, 'x-suggestions': areTexts, 'x-pattern-hint': isText, 'x-line': isYesNo,
};

/**
 * The JSON Schema that a person wrote, as forms read it. A workflow may hold any JSON
 * in its place, so what has another type than a schema's member has is left out.
 */
export function readSchema(value: unknown): Schema {
  if (!isObject(value)) return {};
  const schema: Schema = Object.fromEntries(Object.entries(value).filter(([name, member]) => Object.hasOwn(fits, name) && fits[name as keyof Schema]!(member)));
  const { properties, items, required, 'x-order': order } = value;
  if (isObject(properties)) schema.properties = Object.fromEntries(Object.entries(properties).map(([name, member]) => [name, readSchema(member)]));
  if (isObject(items)) schema.items = readSchema(items);
  if (Array.isArray(required)) schema.required = required.filter(isText);
  if (areTexts(order)) schema['x-order'] = order;
  return schema;
}
