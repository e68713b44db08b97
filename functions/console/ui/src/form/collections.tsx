import { Plus, X } from 'lucide-react';
import { useContext, useId, useState, type ReactNode } from 'react';
import type { Schema } from '../api/model';
import { isObject } from '../api/shape';
import { writeJson } from '../json';
import { Button, IconButton } from '../parts/button';
import { ChooseFile } from './choose-file';
import { FormContext, token } from './context';
import { bytesOf } from './file';
import { Fields } from './field';
import type { InputProps } from './kinds';
import { JsonInput } from './inputs';
import { plainText } from './loose';
import { LooseText } from './loose-text';
import { asideWords, counted, settled, type Named } from './rows';

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
  const items = Array.isArray(value) ? value.map(plainText) : [plainText(value)];
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

interface Pair extends Named {
  value: unknown;
}

/** Names and texts. */
export function MapInput(props: InputProps) {
  return <Pairs {...props} loose={false} />;
}

/** Names and values of any kind: as rows, or as JSON where that says it better. */
export function ObjectInput(props: InputProps) {
  const { value, schema } = props;
  const isBranch = (v: unknown): v is object => isObject(v) || Array.isArray(v);
  const isNested = (v: unknown) => isBranch(v) && Object.values(v).some(isBranch);
  const fitsRows = value === undefined || isObject(value);
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
  const given = (isObject(value) || Array.isArray(value) ? value : {}) as Record<string, unknown>;
  const [pairs, setPairs] = usePairs(given, (next) => onChange(Object.keys(next).length > 0 ? next : undefined));
  return (
    <Rows
      count={pairs.length}
      noun={label}
      addWord="Add a pair"
      onAdd={() => setPairs([...pairs, { name: '', value: '' }])}
      onRemove={(i) => setPairs(without(pairs, i))}
      row={(i) => {
        const pair = pairs[i]!;
        const complaints = pair.name === '' || pair.aside ? [] : complaintsWithin(`${at}/${token(pair.name)}`);
        const change = (inner: unknown) => setPairs(replaced(pairs, i, { ...pair, value: inner }));
        const shared = { id: `${id}-value-${i}`, label: `${label}: value ${i + 1}`, placeholder: 'Value', complaints };
        return (
          <div className="pair">
            <input id={i === 0 ? id : undefined} className="input" aria-label={`${label}: name ${i + 1}`} placeholder="Name" value={pair.name} aria-invalid={pair.aside || undefined} aria-describedby={pair.aside ? `${id}-aside-${i}` : undefined}
              onChange={(event) => setPairs(replaced(pairs, i, { ...pair, name: event.target.value }), i)} />
            {loose ? <LooseText {...shared} value={pair.value} onChange={(next) => change(next ?? '')} /> : <Text {...shared} value={plainText(pair.value)} onChange={change} />}
            {pair.aside && <p id={`${id}-aside-${i}`} className="complaint error">{asideWords}</p>}
          </div>
        );
      }}
    />
  );
}

/** The members of an object as rows, and what takes rows after a change: renamed is the one whose name was typed. */
export function usePairs(given: Record<string, unknown>, onChange: (next: Record<string, unknown>) => void): [Pair[], (next: Pair[], renamed?: number) => void] {
  // Rows whose name is still being typed are in no document.
  const [typed, setTyped] = useState<Pair[]>();
  const object = (pairs: Pair[]) => Object.fromEntries(counted(pairs).map(({ name, value }) => [name, value]));
  const same = typed !== undefined && writeJson(object(typed)) === writeJson(given);
  const give = (next: Pair[], renamed?: number) => {
    const rows = settled(next, renamed);
    setTyped(rows);
    onChange(object(rows));
  };
  return [same ? typed : Object.entries(given).map(([name, value]) => ({ name, value })), give];
}

/** A list of objects with fields of their own. */
export function ItemsInput(props: InputProps) {
  const { label, value, onChange, schema, at } = props;
  const items: unknown[] = Array.isArray(value) ? value : [];
  const isFile = schema.items?.properties?.['content_base64'] !== undefined;
  return (
    <Rows
      count={items.length}
      noun={label}
      addWord="Add one"
      onAdd={() => onChange([...items, {}])}
      onRemove={(i) => onChange(items.length === 1 ? undefined : without(items, i))}
      row={(i) => {
        const item = items[i];
        const [name, here] = [`${label} ${i + 1}`, `${at}/${i}`];
        const change = (next: unknown) => onChange(replaced(items, i, next));
        if (!isObject(item)) return <NoObject {...props} label={name} value={item} at={here} onChange={change} />;
        const bytes = isFile ? bytesOf(item['content_base64']) : 0;
        return (
          <fieldset className="item">
            <legend className="sr">{name}</legend>
            {isFile && <ChooseFile label={name} bytes={bytes} onChoose={(file) => change({ ...item, ...file })} />}
            <Fields schema={bytes > 0 ? withoutContent(schema.items!) : (schema.items ?? {})} value={item} at={here} onChange={change} />
          </fieldset>
        );
      }}
    />
  );
}

/** Something else where an object with fields belongs, as a program may write it: shown as it is, to be mended or taken away. */
export function NoObject({ label, value, onChange, at }: Pick<InputProps, 'label' | 'value' | 'onChange' | 'at'>) {
  const id = useId();
  const { complaintsWithin } = useContext(FormContext);
  const complaints = complaintsWithin(at);
  return (
    <>
      <JsonInput id={id} label={label} schema={{ 'x-line': true }} required={false} value={value} at={at} complaints={complaints} describedBy={`${id}-help`} onChange={(next) => onChange(next ?? {})} />
      <div id={`${id}-help`}>{complaints.map((c, i) => <p key={i} className={`complaint ${c.severity}`}>{c.message} {c.hint && <span className="hint">{c.hint}</span>}</p>)}</div>
    </>
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
