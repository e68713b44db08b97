import { FolderPlus, Plus, X } from 'lucide-react';
import { useContext, useId } from 'react';
import { isObject } from '../../api/shape';
import { FormContext, type Complaint } from '../../form/context';
import { Button, IconButton } from '../../parts/button';
import { operators } from '../node-kinds';
import { NoObject } from '../../form/collections';
import { plainText } from '../../form/loose';
import { LooseText } from '../../form/loose-text';

type Rule = Record<string, unknown>;

interface GroupProps {
  group: Rule;
  onChange: (group: Rule) => void;
  onRemove?: () => void;
  at: string;
}

const joinOf = (group: Rule) => ('any' in group && !('all' in group) ? 'any' : 'all');
const isGroup = (rule: Rule) => 'all' in rule || 'any' in rule;
const blank = (): Rule => ({ left: '', op: 'eq', right: '' });

/** The rules of a condition: all or any of them, and groups of rules among them. */
export function RuleGroup({ group, onChange, onRemove, at }: GroupProps) {
  const id = useId();
  const { complaintsAt } = useContext(FormContext);
  const join = joinOf(group);
  const rules: unknown[] = Array.isArray(group[join]) ? group[join] : [];
  const give = (next: unknown[]) => onChange({ [join]: next });
  return (
    <div className="rules" role="group" aria-label="Rules">
      <div className="row">
        <label htmlFor={id} className="muted nowrap">True if</label>
        <select id={id} className="input" value={join} onChange={(event) => onChange({ [event.target.value]: rules })}>
          <option value="all">all of these hold</option>
          <option value="any">any of these holds</option>
        </select>
        {onRemove && <IconButton slim look="quiet" label="Remove this group" onClick={onRemove}><X aria-hidden /></IconButton>}
      </div>
      <Complaints list={[...complaintsAt(at), ...complaintsAt(`${at}/${join}`)]} />
      {rules.map((rule, i) => {
        const here = `${at}/${join}/${i}`;
        const change = (next: unknown) => give(rules.map((old, j) => (j === i ? next : old)));
        const remove = () => give(rules.filter((_, j) => j !== i));
        if (!isObject(rule)) {
          return (
            <div key={i} className="entry">
              <div className="grow"><NoObject label={`Rule ${i + 1}`} value={rule} at={here} onChange={change} /></div>
              <IconButton slim look="quiet" label={`Remove rule ${i + 1}`} onClick={remove}><X aria-hidden /></IconButton>
            </div>
          );
        }
        return isGroup(rule)
          ? <RuleGroup key={i} group={rule} onChange={change} onRemove={remove} at={here} />
          : <Comparison key={i} rule={rule} number={i + 1} onChange={change} {...(rules.length > 1 ? { onRemove: remove } : {})} at={here} />;
      })}
      <div className="row">
        <Button slim look="quiet" onClick={() => give([...rules, blank()])}><Plus aria-hidden />Add a rule</Button>
        <Button slim look="quiet" onClick={() => give([...rules, { [join === 'all' ? 'any' : 'all']: [blank()] }])}><FolderPlus aria-hidden />Add a group</Button>
      </div>
    </div>
  );
}

interface ComparisonProps {
  rule: Rule;
  number: number;
  onChange: (rule: Rule) => void;
  onRemove?: () => void;
  at: string;
}

function Comparison({ rule, number, onChange, onRemove, at }: ComparisonProps) {
  const id = useId();
  const { complaintsAt, complaintsWithin } = useContext(FormContext);
  const op = plainText(rule['op']);
  const takesRight = operators.find(([name]) => name === op)?.[2] ?? true;
  const changeOp = (next: string) => {
    const { right, ...rest } = rule;
    const needs = operators.find(([name]) => name === next)?.[2] ?? true;
    onChange({ ...rest, op: next, ...(needs ? { right: right ?? '' } : {}) });
  };
  const [left, right] = [complaintsWithin(`${at}/left`), complaintsWithin(`${at}/right`)];
  return (
    <div className="rule" role="group" aria-label={`Rule ${number}`}>
      <LooseText id={`${id}-left`} label={`Rule ${number}: value`} placeholder="{{trigger.body.total}}" value={rule['left']} complaints={left} onChange={(v) => onChange({ ...rule, left: v ?? '' })} />
      <Complaints list={left} />
      <div className="row">
        <select className="input" aria-label={`Rule ${number}: comparison`} value={op} onChange={(event) => changeOp(event.target.value)}>
          {operators.map(([name, words]) => <option key={name} value={name}>{words}</option>)}
          {!operators.some(([name]) => name === op) && <option value={op}>{op || 'Choose…'}</option>}
        </select>
        {onRemove && <IconButton slim look="quiet" label={`Remove rule ${number}`} onClick={onRemove}><X aria-hidden /></IconButton>}
      </div>
      {takesRight && <LooseText id={`${id}-right`} label={`Rule ${number}: compared with`} placeholder="1000" value={rule['right']} complaints={right} onChange={(v) => onChange({ ...rule, right: v ?? '' })} />}
      <Complaints list={[...right, ...complaintsAt(at), ...complaintsAt(`${at}/op`)]} />
    </div>
  );
}

function Complaints({ list }: { list: Complaint[] }) {
  return list.map((c, i) => <p key={i} className={`complaint ${c.severity}`}>{c.message} {c.hint && <span className="hint">{c.hint}</span>}</p>);
}
