import { Plus, X } from 'lucide-react';
import { useContext, useState, type ReactNode } from 'react';
import type { Schema } from '../api/model';
import { Button, IconButton } from '../parts/button';
import { ChooseFile } from './choose-file';
import { FormContext, token } from './context';
import { bytesOf } from './file';
import { Fields } from './field';
import type { InputProps } from './kinds';
import { JsonInput } from './inputs';
import { writeLoose } from './loose';
import { LooseText } from './loose-text';

// The inputs of several values: lists, names with values, and lists of objects.

interface RowsProps {
  count: number;
  row: (index: number) => ReactNode;
  onAdd: () => void;
  onRemove: (index: number) => void;
  addWord: string;
  noun: string;
}

function Rows({ count, row, onAdd, onRemove, addWord, noun }: RowsProps) {
  return (
    <div className="stack entries">
      {Array.from({ length: count }, (_, i) => (
        <div className="entry" key={i}>
          <div className="grow">{row(i)}</div>
          <IconButton slim look="quiet" label={`Remove ${noun} ${i + 1}`} onClick={() => onRemove(i)}><X aria-hidden /></IconButton>
        </div>
      ))}
      <div><Button slim look="quiet" onClick={onAdd}><Plus aria-hidden />{addWord}</Button></div>
    </div>
  );
}

const without = <T,>(list: T[], index: number) => list.filter((_, i) => i !== index);
const replaced = <T,>(list: T[], index: number, value: T) => list.map((old, i) => (i === index ? value : old));

/** One text, or a list of them. A single one stays a text, so that {{list}} keeps its type. */
export function ListInput({ id, label, value, onChange, schema, complaints, describedBy, at }: InputProps) {
  const { Text, complaintsAt } = useContext(FormContext);
  const items = Array.isArray(value) ? value.map(String) : value === undefined ? [''] : [String(value)];
  const give = (next: string[]) => {
    if (next.length === 0 || (next.length === 1 && next[0] === '')) onChange(undefined);
    else onChange(next.length === 1 ? next[0] : next);
  };
  return (
    <Rows
      count={items.length}
      noun={label}
      addWord="Add another"
      onAdd={() => onChange([...items, ''])}
      onRemove={(i) => give(without(items, i))}
      row={(i) => (
        <Text id={i === 0 ? id : `${id}-${i}`} label={i === 0 ? label : `${label} ${i + 1}`} value={items[i]!} placeholder={i === 0 ? schema['x-placeholder'] : undefined} describedBy={describedBy}
          complaints={items.length === 1 ? complaints : complaintsAt(`${at}/${i}`)} onChange={(text) => give(replaced(items, i, text))} />
      )}
    />
  );
}

type Pair = [name: string, value: unknown];

/** Names and texts. Two rows may share a name while one of them is being typed. */
export function MapInput(props: InputProps) {
  return <Pairs {...props} loose={false} />;
}

/** Names and values of any kind: as rows, or as JSON where that says it better. */
export function ObjectInput(props: InputProps) {
  const { value, schema } = props;
  const isNested = (v: unknown) => typeof v === 'object' && v !== null && Object.values(v).some((inner) => typeof inner === 'object' && inner !== null);
  const fitsRows = value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value));
  const [asJson, setAsJson] = useState(isNested(value) || (value === undefined && /[[{]/.test(schema['x-placeholder']?.slice(1) ?? '')));
  const json = asJson || !fitsRows;
  return (
    <div className="stack tight">
      {json ? <JsonInput {...props} /> : <Pairs {...props} loose />}
      {fitsRows && <div><Button slim look="quiet" onClick={() => setAsJson(!asJson)}>{json ? 'Edit as rows' : 'Edit as JSON'}</Button></div>}
    </div>
  );
}

/** loose: a value that is JSON means itself, as 12 a number; else every value is a text. */
function Pairs({ id, label, value, onChange, at, loose }: InputProps & { loose: boolean }) {
  const { Text, complaintsWithin } = useContext(FormContext);
  const given = Object.entries((typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>);
  const [typed, setTyped] = useState<Pair[]>();
  const same = typed !== undefined && JSON.stringify(Object.fromEntries(named(typed))) === JSON.stringify(Object.fromEntries(given));
  const pairs: Pair[] = same ? typed : given;
  const give = (next: Pair[]) => {
    setTyped(next);
    onChange(named(next).length > 0 ? Object.fromEntries(named(next)) : undefined);
  };
  return (
    <Rows
      count={pairs.length}
      noun={label}
      addWord="Add a pair"
      onAdd={() => give([...pairs, ['', '']])}
      onRemove={(i) => give(without(pairs, i))}
      row={(i) => {
        const [name, inner] = pairs[i]!;
        const complaints = name === '' ? [] : complaintsWithin(`${at}/${token(name)}`);
        const shared = { id: `${id}-value-${i}`, label: `${label}: value ${i + 1}`, placeholder: 'Value', complaints };
        return (
          <div className="pair">
            <input id={i === 0 ? id : undefined} className="input" aria-label={`${label}: name ${i + 1}`} placeholder="Name" value={name}
              onChange={(event) => give(replaced(pairs, i, [event.target.value, inner]))} />
            {loose ? <LooseText {...shared} value={inner} onChange={(next) => give(replaced(pairs, i, [name, next ?? '']))} />
              : <Text {...shared} value={typeof inner === 'string' ? inner : writeLoose(inner)} onChange={(text) => give(replaced(pairs, i, [name, text]))} />}
          </div>
        );
      }}
    />
  );
}

const named = (pairs: Pair[]) => pairs.filter(([name]) => name !== '');

/** A list of objects with fields of their own. */
export function ItemsInput({ label, value, onChange, schema, at }: InputProps) {
  const items = Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
  const isFile = schema.items?.properties?.['content_base64'] !== undefined;
  return (
    <Rows
      count={items.length}
      noun={label}
      addWord="Add one"
      onAdd={() => onChange([...items, {}])}
      onRemove={(i) => onChange(items.length === 1 ? undefined : without(items, i))}
      row={(i) => (
        <fieldset className="item">
          <legend className="sr">{`${label} ${i + 1}`}</legend>
          {isFile && <ChooseFile label={`${label} ${i + 1}`} bytes={bytesOf(items[i]!['content_base64'])} onChoose={(file) => onChange(replaced(items, i, { ...items[i], ...file }))} />}
          <Fields schema={isFile && bytesOf(items[i]!['content_base64']) > 0 ? withoutContent(schema.items!) : (schema.items ?? {})} value={items[i]!} at={`${at}/${i}`} onChange={(next) => onChange(replaced(items, i, next))} />
        </fieldset>
      )}
    />
  );
}

/** The schema of an attachment without its content, which nobody wants to read. */
const withoutContent = (schema: Schema): Schema => ({ ...schema, 'x-order': (schema['x-order'] ?? Object.keys(schema.properties ?? {})).filter((name) => name !== 'content_base64') });

/** A list of any JSON values. */
export function ValuesInput(props: InputProps) {
  const { id, label, value, onChange, at } = props;
  const { complaintsAt } = useContext(FormContext);
  const items: unknown[] = Array.isArray(value) ? value : [];
  return (
    <Rows
      count={items.length}
      noun={label}
      addWord="Add a value"
      onAdd={() => onChange([...items, ''])}
      onRemove={(i) => onChange(items.length === 1 ? undefined : without(items, i))}
      row={(i) => (
        <JsonInput {...props} id={i === 0 ? id : `${id}-${i}`} label={`${label} ${i + 1}`} value={items[i]} complaints={complaintsAt(`${at}/${i}`)}
          onChange={(next) => onChange(replaced(items, i, next ?? ''))} />
      )}
    />
  );
}
