import { Plus, X } from 'lucide-react';
import { useContext, useId, useState } from 'react';
import { FormContext, token } from '../../form/context';
import { Button, IconButton } from '../../parts/button';
import { LooseText } from '../../form/loose-text';

type Pair = [name: string, value: unknown];

const given = (pairs: Pair[]) => Object.fromEntries(pairs.filter(([name]) => name !== ''));

/** Names and values of a set node. */
export function SetForm({ values, onChange, at }: { values: Record<string, unknown>; onChange: (values: Record<string, unknown>) => void; at: string }) {
  const id = useId();
  const { complaintsWithin, complaintsAt } = useContext(FormContext);
  const [typed, setTyped] = useState<Pair[]>();
  // Rows whose name is still being typed are in no document.
  const pairs = typed && JSON.stringify(given(typed)) === JSON.stringify(values) ? typed : Object.entries(values);
  const rows: Pair[] = pairs.length === 0 ? [['', '']] : pairs;
  const give = (next: Pair[]) => {
    setTyped(next);
    onChange(given(next));
  };
  const change = (i: number, pair: Pair) => give(rows.map((old, j) => (j === i ? pair : old)));
  return (
    <div className="stack" role="group" aria-label="Values">
      {complaintsAt(at).map((c, i) => <p key={i} className={`complaint ${c.severity}`}>{c.message}</p>)}
      {rows.map(([name, value], i) => {
        const complaints = name === '' ? [] : complaintsWithin(`${at}/${token(name)}`);
        return (
          <div className="rule" key={i}>
            <div className="row">
              <input className="input mono" aria-label={`Name ${i + 1}`} placeholder="customer" value={name} spellCheck={false} onChange={(event) => change(i, [event.target.value, value])} />
              <IconButton slim look="quiet" label={`Remove value ${i + 1}`} onClick={() => give(rows.filter((_, j) => j !== i))}><X aria-hidden /></IconButton>
            </div>
            <LooseText id={`${id}-${i}`} label={`Value ${i + 1}`} placeholder="{{trigger.body.customer}}" value={value} complaints={complaints} onChange={(v) => change(i, [name, v ?? ''])} />
            {complaints.map((c, j) => <p key={j} className={`complaint ${c.severity}`}>{c.message} {c.hint && <span className="hint">{c.hint}</span>}</p>)}
          </div>
        );
      })}
      <div><Button slim look="quiet" onClick={() => give([...rows, ['', '']])}><Plus aria-hidden />Add a value</Button></div>
      <p className="help">Later steps use them as <code>{'{{name}}'}</code>.</p>
    </div>
  );
}
