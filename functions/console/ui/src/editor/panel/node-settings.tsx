import { useContext, useId, useState } from 'react';
import type { WorkflowNode } from '../../api/model';
import { FormContext } from '../../form/context';
import { FieldFrame } from '../../form/field';
import { numberText } from '../../json';
import { findNode, renameNode, TRIGGER } from '../document';
import { useStore } from '../store';

const validId = /^[a-z][a-z0-9_]{0,39}$/;

/** The name that the canvas shows and the id that templates use. */
export function IdAndName({ node, at, onName }: { node: WorkflowNode; at: string; onName: (name: string) => void }) {
  const store = useStore();
  const id = useId();
  const { complaintsAt } = useContext(FormContext);
  const [typed, setTyped] = useState<string | null>(null);
  const value = typed ?? node.id;
  const taken = value !== node.id && (value === TRIGGER || findNode(store.get().doc, value) !== undefined);
  const problem = !validId.test(value) ? 'An id begins with a small letter and has small letters, digits and _, at most 40.' : taken ? `There is a step ${value} already.` : '';
  const rename = () => {
    setTyped(null);
    if (problem || value === node.id) return;
    store.change(renameNode(store.get().doc, node.id, value));
    store.select([value]);
  };
  return (
    <details className="fold section-title">
      <summary>Name and id</summary>
      <div className="stack">
        <FieldFrame id={`${id}-name`} label="Name" optional complaints={[]} help="What the canvas shows.">
          <input id={`${id}-name`} className="input" value={node.name ?? ''} onChange={(event) => onName(event.target.value)} />
        </FieldFrame>
        <FieldFrame id={`${id}-id`} label="Id" complaints={problem ? [{ severity: 'error', message: problem }] : complaintsAt(`${at}/id`)} help={`Templates name the step by it: {{steps.${node.id}.…}}. They follow when you change it.`}>
          <input id={`${id}-id`} className="input mono" spellCheck={false} value={value} onChange={(event) => setTyped(event.target.value)} onBlur={rename} onKeyDown={(event) => { if (event.key === 'Enter') rename(); }} />
        </FieldFrame>
      </div>
    </details>
  );
}

interface PolicyProps {
  node: WorkflowNode;
  /** Retries, a time limit and doubt about a call's effect are for actions alone. */
  isAction: boolean;
  at: string;
  onChange: (what: string, change: (node: WorkflowNode) => WorkflowNode) => void;
}

const retryFields: ['max_attempts' | 'interval_seconds' | 'backoff_rate', string, string][] = [
  ['max_attempts', 'Attempts', 'The first one counts, too. Without it, passing faults are tried three times.'],
  ['interval_seconds', 'Seconds between', 'The wait before the second attempt.'],
  ['backoff_rate', 'Growth', 'By what the wait is multiplied from attempt to attempt.'],
];

/** What happens when a step fails. */
export function Policy({ node, isAction, at, onChange }: PolicyProps) {
  const id = useId();
  const { complaintsWithin } = useContext(FormContext);
  const open = ['retry', 'timeout_seconds', 'on_error', 'on_uncertain'].some((m) => complaintsWithin(`${at}/${m}`).length > 0);
  const number = (text: string) => (text === '' ? undefined : Number(text));
  const setRetry = (name: (typeof retryFields)[number][0], text: string) =>
    onChange(`retry/${name}`, (n) => {
      const { [name]: _old, ...rest } = n.retry ?? {};
      const value = number(text);
      const retry = value === undefined ? rest : { ...rest, [name]: value };
      const { retry: _retry, ...without } = n;
      return Object.keys(retry).length > 0 ? { ...without, retry } : without;
    });
  return (
    <details className="fold section-title" open={open || undefined}>
      <summary>If it fails</summary>
      <div className="stack">
        <FieldFrame id={`${id}-on-error`} label="Then" complaints={complaintsWithin(`${at}/on_error`)}>
          <select id={`${id}-on-error`} className="input" value={node.on_error ?? ''} onChange={(event) => onChange('on_error', (n) => ({ ...n, on_error: event.target.value }))}>
            <option value="">stop the execution (default)</option>
            <option value="continue">{node.type === 'loop' ? 'go on; the results hold the errors of the items that failed' : 'go on; the output holds the error'}</option>
            <option value="branch">go on from the port “error”</option>
          </select>
        </FieldFrame>
        {isAction && (
          <>
            {retryFields.map(([name, label, help]) => (
              <FieldFrame key={name} id={`${id}-${name}`} label={label} optional complaints={complaintsWithin(`${at}/retry/${name}`)} help={help}>
                <input id={`${id}-${name}`} className="input" type="number" min={0} step={name === 'max_attempts' ? 1 : 'any'} value={numberText(node.retry?.[name])} onChange={(event) => setRetry(name, event.target.value)} />
              </FieldFrame>
            ))}
            <FieldFrame id={`${id}-timeout`} label="Time limit in seconds" optional complaints={complaintsWithin(`${at}/timeout_seconds`)} help="How long one attempt may take.">
              <input id={`${id}-timeout`} className="input" type="number" min={1} value={numberText(node.timeout_seconds)}
                onChange={(event) => onChange('timeout', ({ timeout_seconds: _old, ...n }) => { const value = number(event.target.value); return value === undefined ? n : { ...n, timeout_seconds: value }; })} />
            </FieldFrame>
            <FieldFrame id={`${id}-uncertain`} label="If nobody knows whether a call had its effect" complaints={complaintsWithin(`${at}/on_uncertain`)} help="As when the process ends in the middle of a call.">
              <select id={`${id}-uncertain`} className="input" value={node.on_uncertain ?? ''} onChange={(event) => onChange('on_uncertain', (n) => ({ ...n, on_uncertain: event.target.value }))}>
                <option value="">fail, so that nothing happens twice (default)</option>
                <option value="repeat">repeat it</option>
              </select>
            </FieldFrame>
          </>
        )}
      </div>
    </details>
  );
}
