import { ExternalLink } from 'lucide-react';
import { useContext, useId } from 'react';
import { Link } from 'wouter';
import { isObject } from '../../api/shape';
import { useVersion, useWorkflow, useWorkflows } from '../../api/queries';
import { FieldFrame, Fields } from '../../form/field';
import { FormContext } from '../../form/context';
import { JsonInput } from '../../form/inputs';
import { readSchema } from '../../form/schema';
import { hasExpression } from '../../template/render';

interface Props {
  agent: string;
  /** The workflow that is edited: it cannot run itself. */
  own: string;
  config: Record<string, unknown>;
  at: string;
  onChange: (config: Record<string, unknown>, field: string) => void;
}

/** Which workflow a step runs, and what that is started with. */
export function CalleeForm({ agent, own, config, at, onChange }: Props) {
  const id = useId();
  const { complaintsWithin } = useContext(FormContext);
  const others = useWorkflows(agent).data?.filter((w) => w.id !== own) ?? [];
  const chosen = typeof config['workflow'] === 'string' ? config['workflow'] : '';
  const callee = useWorkflow(chosen && !hasExpression(chosen) ? chosen : '').data;
  // What runs is the version that serves, whatever its draft has come to since.
  const served = useVersion(chosen, callee?.published_version ?? 0).data;
  const input = readSchema((callee?.published_version ? served : callee)?.document.trigger?.config?.['input_schema']);
  const runs = others.filter((w) => w.trigger === 'manual' && w.published_version !== null);
  const rest = others.filter((w) => !runs.includes(w));
  const set = (name: string, value: unknown) => {
    const { [name]: _old, ...kept } = config;
    onChange(value === undefined || value === '' ? kept : { ...kept, [name]: value }, name);
  };
  const given = config['input'];
  const asFields = input.properties && (given === undefined || isObject(given));
  return (
    <>
      <FieldFrame id={`${id}-workflow`} label="Workflow" complaints={complaintsWithin(`${at}/workflow`)} help="Published, of this agent, and started by hand or API. This step waits for its end and gives its output."
        action={callee && <Link className="button slim quiet" href={`/workflows/${callee.id}`}><ExternalLink aria-hidden />Open</Link>}>
        <select id={`${id}-workflow`} className="input" value={chosen} onChange={(event) => set('workflow', event.target.value)}>
          <option value="">{runs.length === 0 ? 'None can be run yet' : 'Choose…'}</option>
          {runs.map((w) => <option key={w.id} value={w.id}>{w.name || 'Untitled'}</option>)}
          {rest.length > 0 && <optgroup label="Not published, or with another trigger">{rest.map((w) => <option key={w.id} value={w.id} disabled={w.id !== chosen}>{w.name || 'Untitled'}</option>)}</optgroup>}
          {chosen && !others.some((w) => w.id === chosen) && <option value={chosen}>{chosen}</option>}
        </select>
      </FieldFrame>
      {asFields ? (
        <fieldset className="item">
          <legend className="small">What it asks for</legend>
          <Fields schema={input} value={given ?? {}} at={`${at}/input`} onChange={(next) => set('input', Object.keys(next).length > 0 ? next : undefined)} />
        </fieldset>
      ) : (
        <FieldFrame id={`${id}-input`} label="Input" optional complaints={complaintsWithin(`${at}/input`)} help="What it is started with: its {{trigger.input}}.">
          <JsonInput id={`${id}-input`} label="Input" schema={{ 'x-placeholder': '{"order": "{{trigger.body.id}}"}' }} required={false} value={given} at={`${at}/input`} complaints={[]} describedBy="" onChange={(value) => set('input', value)} />
        </FieldFrame>
      )}
    </>
  );
}
