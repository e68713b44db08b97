import type { ComponentType } from 'react';
import type { Schema } from '../api/model';
import { ItemsInput, ListInput, MapInput, ObjectInput, ValuesInput } from './collections';
import type { Complaint } from './context';
import { BooleanInput, ChoiceInput, DurationInput, JsonInput, NumberInput, SecretInput, TextInput } from './inputs';

export interface InputProps {
  id: string;
  label: string;
  schema: Schema;
  required: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
  at: string;
  complaints: Complaint[];
  describedBy: string;
}

interface Kind {
  Input: ComponentType<InputProps>;
  /** Its input is no text, so giving it by a variable needs another input. */
  variable?: boolean;
  /** Its parts show their own complaints. */
  parts?: boolean;
}

// One line for each kind of package schema. A new kind is a line here.
const table = new Map<string, Kind>(Object.entries({
  text: { Input: TextInput },
  secret: { Input: SecretInput },
  integer: { Input: NumberInput, variable: true },
  number: { Input: NumberInput, variable: true },
  duration: { Input: DurationInput, variable: true },
  boolean: { Input: BooleanInput, variable: true },
  choice: { Input: ChoiceInput, variable: true },
  list: { Input: ListInput },
  map: { Input: MapInput, variable: true },
  object: { Input: ObjectInput, variable: true },
  json: { Input: JsonInput },
  items: { Input: ItemsInput, variable: true, parts: true },
  values: { Input: ValuesInput, variable: true },
}));

/** The input of a kind; one that nobody knows is JSON. */
export const inputOf = (kind: string): ComponentType<InputProps> => table.get(kind)?.Input ?? JsonInput;
export const takesVariable = (kind: string) => table.get(kind)?.variable ?? false;
export const ownComplaints = (kind: string) => table.get(kind)?.parts ?? false;

/** The kind of a field; of a plain JSON Schema the nearest one. */
export function kindOf(schema: Schema): string {
  if (schema['x-kind']) return schema['x-kind'];
  if (schema.enum) return 'choice';
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string': return 'text';
    case 'integer': case 'number': case 'boolean': case 'object': return type;
    case 'array': return 'values';
    default: return 'json';
  }
}
