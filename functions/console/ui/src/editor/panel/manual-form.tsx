import { Plus, X } from 'lucide-react';
import { useContext, useId, useState } from 'react';
import { FormContext } from '../../form/context';
import { FieldFrame } from '../../form/field';
import { JsonInput } from '../../form/inputs';
import { asideWords, settled } from '../../form/rows';
import { writeJson } from '../../json';
import { Button, IconButton } from '../../parts/button';
import { inputTypes, rowsOf, schemaOf, type InputRow } from './input-schema';
import type { TriggerFormProps } from './schedule-form';

const at = '/trigger/config/input_schema';

/** What a start by hand or API has to give: as rows, or as a JSON Schema. */
export function ManualForm({ config, onChange }: TriggerFormProps) {
  const id = useId();
  const { complaintsWithin } = useContext(FormContext);
  const schema = config['input_schema'];
  const rows = rowsOf(schema);
  const [asJson, setAsJson] = useState(false);
  const set = (next: unknown) => onChange({ ...config, input_schema: next }, 'input_schema');
  const json = asJson || rows === null;
  return (
    <FieldFrame id={id} label="Input" optional complaints={complaintsWithin(at)} help="What a start has to give. Later steps use each value by its name."
      action={rows !== null && <Button slim look="quiet" onClick={() => setAsJson(!asJson)}>{json ? 'Edit as rows' : 'Edit as JSON Schema'}</Button>}>
      {json ? (
        <JsonInput id={id} label="Input" schema={{ 'x-placeholder': '{"properties": {"city": {"type": "string"}}, "required": ["city"]}' }} required={false} value={schema} at={at} complaints={complaintsWithin(at)} describedBy="" onChange={set} />
      ) : <Rows id={id} rows={rows} onChange={(next) => set(schemaOf(next))} />}
    </FieldFrame>
  );
}

function Rows({ id, rows: given, onChange }: { id: string; rows: InputRow[]; onChange: (rows: InputRow[]) => void }) {
  const [typed, setTyped] = useState<InputRow[]>();
  // Rows whose name is still being typed are in no document.
  const same = typed !== undefined && writeJson(schemaOf(typed)) === writeJson(schemaOf(given));
  const rows = same ? typed : given;
  const give = (next: InputRow[], renamed?: number) => {
    const all = settled(next, renamed);
    setTyped(all);
    onChange(all);
  };
  const change = (i: number, part: Partial<InputRow>) => give(rows.map((row, j) => (j === i ? { ...row, ...part } : row)), part.name === undefined ? undefined : i);
  return (
    <div className="stack" id={id}>
      {rows.map((row, i) => (
        <div className="rule" key={i} role="group" aria-label={`Input ${i + 1}`}>
          <div className="row">
            <input className="input mono" aria-label={`Name of input ${i + 1}`} placeholder="city" spellCheck={false} value={row.name} onChange={(event) => change(i, { name: event.target.value })} />
            <select className="input" aria-label={`Type of input ${i + 1}`} value={row.type} onChange={(event) => change(i, { type: event.target.value })}>
              {inputTypes.map(([type, words]) => <option key={type} value={type}>{words}</option>)}
            </select>
            <IconButton slim look="quiet" label={`Remove input ${i + 1}`} onClick={() => give(rows.filter((_, j) => j !== i))}><X aria-hidden /></IconButton>
          </div>
          <div className="row">
            <input className="input" aria-label={`Description of input ${i + 1}`} placeholder="What it is, for who starts it" value={row.description} onChange={(event) => change(i, { description: event.target.value })} />
            <label className="switch small"><input type="checkbox" role="switch" checked={row.required} onChange={(event) => change(i, { required: event.target.checked })} />required</label>
          </div>
          {row.aside && <p className="complaint error">{asideWords}</p>}
        </div>
      ))}
      <div><Button slim look="quiet" onClick={() => give([...rows, { name: '', type: 'string', required: true, description: '' }])}><Plus aria-hidden />Add an input</Button></div>
    </div>
  );
}
