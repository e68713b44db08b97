import { Eye, EyeOff } from 'lucide-react';
import { useContext, useId, useState } from 'react';
import { isObject } from '../api/shape';
import { numberText, toNumber, typedNumber, writeJson } from '../json';
import { Button, IconButton } from '../parts/button';
import { FormContext } from './context';
import { sizeOf, unitOf, units } from './duration';
import type { InputProps } from './kinds';
import { isBrokenJson, plainText, readLoose, writeLoose } from './loose';

// The inputs of single values. An empty input means that the field is not given.

const longText = /body|text|message|content|description|comment|prompt|system|summary|soql|jql|formula/;

export function TextInput({ id, label, schema, value, onChange, complaints, describedBy, at }: InputProps) {
  const { Text, templates } = useContext(FormContext);
  const listId = useId();
  const suggestions = schema['x-suggestions'];
  const name = at.slice(at.lastIndexOf('/') + 1);
  if (suggestions && !templates) {
    return (
      <>
        <input id={id} className="input" list={listId} value={plainText(value)} placeholder={schema['x-placeholder']} aria-describedby={describedBy}
          aria-invalid={complaints.length > 0 || undefined} onChange={(event) => onChange(event.target.value || undefined)} />
        <datalist id={listId}>{suggestions.map((s) => <option key={s} value={s} />)}</datalist>
      </>
    );
  }
  const input = (
    <Text id={id} label={label} value={plainText(value)} onChange={(text) => onChange(text === '' ? undefined : text)}
      placeholder={schema['x-placeholder']} complaints={complaints} describedBy={describedBy} multiline={longText.test(name) && name !== 'body_type'} />
  );
  if (!suggestions || value !== undefined) return input;
  return (
    <div className="stack tight">
      {input}
      <div className="chips">{suggestions.slice(0, 6).map((s) => <button key={s} type="button" className="chip" onClick={() => onChange(s)}>{s}</button>)}</div>
    </div>
  );
}

export function SecretInput({ id, value, onChange, schema, complaints, describedBy }: InputProps) {
  const [shown, setShown] = useState(false);
  return (
    <div className="row">
      <input id={id} className="input mono" type={shown ? 'text' : 'password'} autoComplete="new-password" spellCheck={false} value={plainText(value)}
        placeholder={schema['x-placeholder']} aria-describedby={describedBy} aria-invalid={complaints.length > 0 || undefined}
        onChange={(event) => onChange(event.target.value || undefined)} />
      <IconButton look="quiet" label={shown ? 'Hide the value' : 'Show the value'} onClick={() => setShown(!shown)}>{shown ? <EyeOff aria-hidden /> : <Eye aria-hidden />}</IconButton>
    </div>
  );
}

export function NumberInput({ id, schema, value, onChange, complaints, describedBy }: InputProps) {
  const hint = schema['x-placeholder'] ?? numberText(schema.default);
  return (
    <input id={id} className="input" type="number" step={schema.type === 'integer' ? 1 : 'any'} min={schema.minimum} max={schema.maximum} placeholder={hint} aria-describedby={describedBy}
      aria-invalid={complaints.length > 0 || undefined} value={numberText(value)}
      onChange={(event) => onChange(event.target.value === '' ? undefined : typedNumber(event.target.value))} />
  );
}

/** A span, kept as seconds, typed in the unit that suits it. */
export function DurationInput({ id, label, schema, value, onChange, complaints, describedBy }: InputProps) {
  const seconds = toNumber(value);
  const [unit, setUnit] = useState(() => (seconds === undefined ? 'minutes' : unitOf(seconds)));
  // What is typed stays as it is, so that 1.25 hours are not 72 minutes on the way, with a 5 behind them.
  const [typed, setTyped] = useState<{ amount: string; seconds: number | undefined }>();
  const isTyped = typed !== undefined && typed.seconds === seconds;
  // What came from elsewhere, as by undo, may not be a whole number of the unit.
  const shown = isTyped || seconds === undefined || seconds % sizeOf(unit) === 0 ? unit : unitOf(seconds);
  const amount = isTyped ? typed.amount : seconds === undefined ? '' : String(seconds / sizeOf(shown));
  const give = (next: string, of: string) => {
    const meant = next === '' ? undefined : Math.round(Number(next) * sizeOf(of));
    setTyped({ amount: next, seconds: meant });
    setUnit(of);
    if (meant !== seconds) onChange(meant);
  };
  return (
    <div className="row">
      <input id={id} className="input" type="number" min={schema.minimum} step="any" aria-describedby={describedBy} aria-invalid={complaints.length > 0 || undefined}
        value={amount} onChange={(event) => give(event.target.value, shown)} />
      <select className="input" aria-label={`${label}: unit`} value={shown} onChange={(event) => give(amount, event.target.value)}>
        {units.map(([name]) => <option key={name} value={name}>{name}</option>)}
      </select>
    </div>
  );
}

export function BooleanInput({ id, label, schema, value, onChange, describedBy }: InputProps) {
  const on = typeof value === 'boolean' ? value : schema.default === true;
  return (
    <span className="switch">
      <input id={id} type="checkbox" role="switch" aria-label={label} aria-describedby={describedBy} checked={on} onChange={(event) => onChange(event.target.checked)} />
      <span aria-hidden className="muted small">{on ? 'Yes' : 'No'}</span>
    </span>
  );
}

export function ChoiceInput({ id, schema, value, onChange, required, complaints, describedBy }: InputProps) {
  const choices = schema.enum ?? [];
  const current = typeof value === 'string' ? value : '';
  const standard = typeof schema.default === 'string' ? schema.default : undefined;
  return (
    <select id={id} className="input" value={current} aria-describedby={describedBy} aria-invalid={complaints.length > 0 || undefined} onChange={(event) => onChange(event.target.value || undefined)}>
      <option value="" disabled={required && !standard && current !== ''}>{standard ? `${standard} (default)` : required ? 'Choose…' : 'None'}</option>
      {choices.filter((c) => c !== standard || c === current).map((choice) => <option key={choice} value={choice}>{choice}</option>)}
      {current && !choices.includes(current) && <option value={current}>{current}</option>}
    </select>
  );
}

/** Any JSON. The text stays as it is typed; what it means goes out. */
export function JsonInput({ id, label, value, onChange, schema, complaints, describedBy }: InputProps) {
  const { Text } = useContext(FormContext);
  const [typed, setTyped] = useState<{ text: string; value: unknown }>();
  const same = typed !== undefined && writeJson(typed.value) === writeJson(value);
  const text = same ? typed.text : writeLoose(value);
  const change = (next: string) => {
    const meant = readLoose(next);
    setTyped({ text: next, value: meant });
    onChange(meant);
  };
  const broken = isBrokenJson(text);
  const multiline = !schema['x-line'] || text.includes('\n');
  const isFormatted = !(isObject(value) || Array.isArray(value)) || text === writeLoose(value);
  return (
    <div className="stack tight">
      <Text key={String(multiline)} id={id} label={label} language="json" multiline={multiline} value={text} onChange={change} placeholder={schema['x-placeholder']} complaints={complaints} describedBy={describedBy} />
      {broken && <p className="complaint warning">This is not JSON yet. <span className="hint">Until it is, it counts as text.</span></p>}
      {!isFormatted && <div><Button slim look="quiet" onClick={() => setTyped(undefined)}>Format</Button></div>}
    </div>
  );
}
