import type { Schema, WorkflowDocument } from '../api/model';
import { readSchema } from '../form/schema';
import { readJson } from '../json';
import type { Sample } from './variables';

/** What was typed as JSON; nothing is an empty object, and null is what is no JSON. */
export function parseInput(text: string): { value: unknown } | null {
  try {
    return { value: text.trim() === '' ? {} : (readJson(text) as unknown) };
  } catch {
    return null;
  }
}

const blanks = new Map<string, unknown>([['number', 0], ['integer', 0], ['boolean', false], ['array', []], ['object', {}]]);

/** An input to begin with: the sample's, else the defaults and blanks of what the trigger asks for. */
export function offered(document: WorkflowDocument, sample: Sample | null): unknown {
  const trigger = sample?.trigger as { body?: unknown; input?: unknown } | null | undefined;
  const given = document.trigger?.type === 'webhook' ? trigger?.body : trigger?.input;
  if (given !== undefined && given !== null) return given;
  const schema = readSchema(document.trigger?.config?.['input_schema']);
  const blank = (s: Schema) => {
    if (s.default !== undefined) return s.default;
    return blanks.get(String(s.type)) ?? '';
  };
  return Object.fromEntries(Object.entries(schema.properties ?? {}).filter(([name, s]) => s.default !== undefined || schema.required?.includes(name)).map(([name, s]) => [name, blank(s)]));
}
