import { Plus, X } from 'lucide-react';
import { useContext, useId } from 'react';
import { usePairs } from '../../form/collections';
import { FormContext, token, type Complaint } from '../../form/context';
import { Button, IconButton } from '../../parts/button';
import { LooseText } from '../../form/loose-text';
import { asideWords } from '../../form/rows';

/** Names and values of a set node. */
export function SetForm({ values, onChange, at }: { values: Record<string, unknown>; onChange: (values: Record<string, unknown>) => void; at: string }) {
  const id = useId();
  const { complaintsWithin, complaintsAt } = useContext(FormContext);
  const [pairs, setPairs] = usePairs(values, onChange);
  const rows = pairs.length === 0 ? [{ name: '', value: '' }] : pairs;
  const change = (i: number, next: { name: string } | { value: unknown }) => setPairs(rows.map((old, j) => (j === i ? { ...old, ...next } : old)), 'name' in next ? i : undefined);
  return (
    <div className="stack" role="group" aria-label="Values">
      {complaintsAt(at).map((c, i) => <p key={i} className={`complaint ${c.severity}`}>{c.message}</p>)}
      {rows.map(({ name, value, aside }, i) => {
        const complaints: Complaint[] = aside ? [{ severity: 'error', message: asideWords }] : name === '' ? [] : complaintsWithin(`${at}/${token(name)}`);
        return (
          <div className="rule" key={i}>
            <div className="row">
              <input className="input mono" aria-label={`Name ${i + 1}`} placeholder="customer" value={name} spellCheck={false} aria-invalid={aside || undefined} aria-describedby={aside ? `${id}-aside-${i}` : undefined} onChange={(event) => change(i, { name: event.target.value })} />
              <IconButton slim look="quiet" label={`Remove value ${i + 1}`} onClick={() => setPairs(rows.filter((_, j) => j !== i))}><X aria-hidden /></IconButton>
            </div>
            <LooseText id={`${id}-${i}`} label={`Value ${i + 1}`} placeholder="{{trigger.body.customer}}" value={value} complaints={aside ? [] : complaints} onChange={(v) => change(i, { value: v ?? '' })} />
            {complaints.map((c, j) => <p key={j} id={aside ? `${id}-aside-${i}` : undefined} className={`complaint ${c.severity}`}>{c.message} {c.hint && <span className="hint">{c.hint}</span>}</p>)}
          </div>
        );
      })}
      <div><Button slim look="quiet" onClick={() => setPairs([...rows, { name: '', value: '' }])}><Plus aria-hidden />Add a value</Button></div>
      <p className="help">Later steps use them as <code>{'{{name}}'}</code>.</p>
    </div>
  );
}
