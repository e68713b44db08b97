import { createContext, type ComponentType } from 'react';

export interface Complaint {
  severity: 'error' | 'warning';
  message: string;
  hint?: string | undefined;
  /** Byte offsets within the text. */
  start?: number | undefined;
  end?: number | undefined;
}

export interface TextProps {
  id: string;
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string | undefined;
  multiline?: boolean | undefined;
  language?: 'text' | 'json';
  complaints: Complaint[];
  describedBy?: string | undefined;
}

/** What surrounds a form: who says what is wrong, and how texts are entered. */
export interface FormTools {
  /** What is wrong at a JSON pointer, and nowhere below it. */
  complaintsAt: (pointer: string) => Complaint[];
  /** What is wrong at a pointer or below it. */
  complaintsWithin: (pointer: string) => Complaint[];
  Text: ComponentType<TextProps>;
  /** Texts may hold {{ }}, so every field can be given by a variable. */
  templates: boolean;
}

function PlainText({ id, label, value, onChange, placeholder, multiline, complaints, describedBy }: TextProps) {
  const shared = {
    id, value, placeholder, className: 'input', 'aria-label': label, 'aria-invalid': complaints.length > 0 || undefined, 'aria-describedby': describedBy,
  };
  if (multiline) return <textarea {...shared} rows={3} onChange={(event) => onChange(event.target.value)} />;
  return <input {...shared} autoComplete="off" spellCheck={false} onChange={(event) => onChange(event.target.value)} />;
}

export const plainTools: FormTools = { complaintsAt: () => [], complaintsWithin: () => [], Text: PlainText, templates: false };

export const FormContext = createContext<FormTools>(plainTools);

/** Tools for a form whose problems came with a refusal: errors[] with pointers. */
export function toolsFor(errors: { pointer: string; message: string; hint?: string }[]): FormTools {
  const asComplaint = (e: { message: string; hint?: string }): Complaint => ({ severity: 'error', message: e.message, hint: e.hint });
  return {
    ...plainTools,
    complaintsAt: (pointer) => errors.filter((e) => e.pointer === pointer).map(asComplaint),
    complaintsWithin: (pointer) => errors.filter((e) => within(e.pointer, pointer)).map(asComplaint),
  };
}

export const within = (pointer: string, outer: string) => pointer === outer || pointer.startsWith(`${outer}/`);

/** A name as a part of a JSON pointer. */
export const token = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');
