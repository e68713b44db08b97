import { Braces } from 'lucide-react';
import { useContext, useId, useState, type ReactNode } from 'react';
import type { Schema } from '../api/model';
import { IconButton } from '../parts/button';
import { hasExpression } from '../template/render';
import { FormContext, token, type Complaint } from './context';
import { inputOf, kindOf, ownComplaints, takesVariable } from './kinds';
import { chosen, OptionPicker } from './options';

interface FieldsProps {
  schema: Schema;
  value: Record<string, unknown>;
  onChange: (value: Record<string, unknown>, name: string) => void;
  /** JSON pointer to the object. */
  at: string;
}

/** The fields of a schema in its order; the advanced ones folded away. */
export function Fields({ schema, value, onChange, at }: FieldsProps) {
  const { complaintsWithin } = useContext(FormContext);
  const names = schema['x-order'] ?? Object.keys(schema.properties ?? {});
  const of = (name: string) => own(schema.properties ?? {}, name) ?? {};
  const field = (name: string) => (
    <Field
      key={name}
      schema={of(name)}
      name={name}
      required={schema.required?.includes(name) ?? false}
      value={own(value, name)}
      siblings={value}
      at={`${at}/${token(name)}`}
      onChange={(next) => onChange(assign(value, name, next), name)}
    />
  );
  const advanced = names.filter((name) => of(name)['x-advanced']);
  const open = advanced.some((name) => own(value, name) !== undefined || complaintsWithin(`${at}/${token(name)}`).length > 0);
  return (
    <>
      {names.filter((name) => !of(name)['x-advanced']).map(field)}
      {advanced.length > 0 && (
        <details className="fold" open={open || undefined}>
          <summary>More fields</summary>
          <div className="stack">{advanced.map(field)}</div>
        </details>
      )}
    </>
  );
}

/** A member; what every object has by itself, as toString, is none. */
const own = <T,>(object: Record<string, T>, name: string): T | undefined => (Object.hasOwn(object, name) ? object[name] : undefined);

/** Sets a member; undefined takes it away. */
export function assign(object: Record<string, unknown>, name: string, value: unknown): Record<string, unknown> {
  const next = { ...object };
  if (value === undefined) delete next[name];
  else next[name] = value;
  return next;
}

interface FieldProps {
  schema: Schema;
  name: string;
  required: boolean;
  value: unknown;
  /** The object that the field is a member of. */
  siblings: Record<string, unknown>;
  onChange: (value: unknown) => void;
  at: string;
}

/** One field: label, input by its kind, help, and what is wrong with it. */
export function Field({ schema, name, required, value, siblings, onChange, at }: FieldProps) {
  const id = useId();
  const { templates, Text, complaintsAt, complaintsWithin } = useContext(FormContext);
  const kind = kindOf(schema);
  const Input = inputOf(kind);
  const label = schema.title ?? name;
  const complaints = ownComplaints(kind) ? complaintsAt(at) : complaintsWithin(at);
  const switchable = templates && takesVariable(kind);
  const [byVariable, setByVariable] = useState(false);
  const asVariable = switchable && (byVariable || hasExpression(value));
  const toggle = () => {
    setByVariable(!asVariable);
    onChange(undefined);
  };
  return (
    <FieldFrame id={id} label={label} optional={!required} help={schema.description} complaints={complaints}
      action={switchable && (
        <IconButton slim look="quiet" label={asVariable ? `Give ${label} directly` : `Give ${label} by a variable`} aria-pressed={asVariable} onClick={toggle}>
          <Braces aria-hidden />
        </IconButton>
      )}
    >
      {asVariable ? (
        <Text id={id} label={label} value={typeof value === 'string' ? value : ''} onChange={(text) => onChange(text || undefined)} placeholder="{{trigger.…}}" complaints={complaints} />
      ) : (
        <Input id={id} label={label} schema={schema} required={required} value={value} onChange={onChange} at={at} complaints={complaints} describedBy={`${id}-help`} />
      )}
      {schema['x-options'] && !asVariable && (
        <OptionPicker name={name} label={label} schema={schema} values={siblings} value={value} onPick={(option) => onChange(chosen(kind, value, option))} />
      )}
    </FieldFrame>
  );
}

interface FrameProps {
  id: string;
  label: string;
  optional?: boolean;
  help?: string | undefined;
  complaints: Complaint[];
  action?: ReactNode;
  children: ReactNode;
}

export function FieldFrame({ id, label, optional, help, complaints, action, children }: FrameProps) {
  return (
    <div className="field" data-field={label}>
      <div className="field-label">
        {/* A text that knows {{ }} is no input to the browser, so its label does not lead there by itself. */}
        <label htmlFor={id} onClick={() => document.getElementById(id)?.shadowRoot?.querySelector<HTMLElement>('[contenteditable]')?.focus()}>{label}</label>
        {optional && <span className="optional">optional</span>}
        {action}
      </div>
      {children}
      <div id={`${id}-help`} className="stack tight">
        {complaints.map((c, i) => (
          <p key={i} className={`complaint ${c.severity}`}>
            {c.message} {c.hint && c.hint !== help && <span className="hint">{c.hint}</span>}
          </p>
        ))}
        {help && <p className="help">{help}</p>}
      </div>
    </div>
  );
}
