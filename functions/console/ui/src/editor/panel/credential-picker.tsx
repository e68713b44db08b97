import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useContext, useId, useState } from 'react';
import { Link } from 'wouter';
import { call } from '../../api/client';
import type { Credential } from '../../api/model';
import { keys, useIntegrations } from '../../api/queries';
import { FormContext } from '../../form/context';
import { FieldFrame } from '../../form/field';
import { Button } from '../../parts/button';
import { ErrorNote, Note } from '../../parts/states';
import { complain } from '../../parts/toast';
import { ConnectDialog } from '../../pages/connect';
import { Reconnect } from '../../pages/reconnect';

interface Props {
  agent: string;
  /** The connector whose credentials fit; its guide is shown for a new one. */
  connector: string;
  types: string[];
  optional: boolean;
  value: string | undefined;
  onChange: (id: string | undefined) => void;
  at: string;
}

/** Letters that are written from the right, and signs that change the direction. */
const fromRight = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc]/;

/** An option holds text alone, so signs keep the direction of a name to the name, as <bdi> does elsewhere. */
const words = ({ name, hint }: Credential) => `${fromRight.test(name) ? `\u2068${name}\u2069` : name}${hint && ` …${hint}`}`;

/** Chooses among the linked credentials of the right type; links or connects another one without leaving. */
export function CredentialPicker({ agent, connector, types, optional, value, onChange, at }: Props) {
  const id = useId();
  const client = useQueryClient();
  const { complaintsWithin } = useContext(FormContext);
  const integrations = useIntegrations(agent);
  const page = integrations.data;
  const [connecting, setConnecting] = useState(false);
  const fitting = (list: typeof page extends undefined ? never : NonNullable<typeof page>['connected']) => list.filter((c) => types.includes(c.type));
  const linked = fitting(page?.connected ?? []);
  const ready = fitting(page?.ready_to_link ?? []);
  const link = useMutation({
    mutationFn: (credential: string) => call(`/v1/agents/${agent}/links/${credential}`, { method: 'PUT' }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.integrations(agent) }),
    onError: complain,
  });
  const choose = async (chosen: string) => {
    if (ready.some((c) => c.id === chosen)) await link.mutateAsync(chosen);
    onChange(chosen || undefined);
  };
  const current = [...linked, ...ready].find((c) => c.id === value);
  const known = !value || [...linked, ...ready].some((c) => c.id === value);
  return (
    <FieldFrame id={id} label="Credential" optional={optional} complaints={complaintsWithin(at)} action={<Button slim needs="editor" look="quiet" onClick={() => setConnecting(true)}><Plus aria-hidden />Connect new</Button>}>
      <select id={id} className="input" value={value ?? ''} aria-describedby={`${id}-help`} onChange={(event) => void choose(event.target.value)}>
        <option value="">{optional ? 'None' : linked.length + ready.length === 0 ? 'None yet: connect one' : 'Choose…'}</option>
        {linked.length > 0 && <optgroup label="Linked to this agent">{linked.map((c) => <option key={c.id} value={c.id}>{words(c)}</option>)}</optgroup>}
        {ready.length > 0 && <optgroup label="In the account (links it)">{ready.map((c) => <option key={c.id} value={c.id}>{words(c)}</option>)}</optgroup>}
        {!known && <option value={value}>{page ? 'Unknown credential' : 'The chosen one'}</option>}
      </select>
      {!page && integrations.error && <ErrorNote error={integrations.error} retry={() => void integrations.refetch()} polled />}
      {current && current.status !== 'ok' && (
        <Note tone="bad">
          <p>{current.status === 'needs_reconnect' ? 'Access has ended, so this step would fail.' : 'The service refuses this credential, so this step would fail.'} {current.status_detail}</p>
          <p className="row wrap">{current.status === 'needs_reconnect' ? <Reconnect credential={current} /> : <Link className="button slim" href="/credentials">Rotate it under Credentials</Link>}</p>
        </Note>
      )}
      {connecting && <ConnectDialog agent={agent} connector={connector} onClose={() => setConnecting(false)} onConnected={(c) => { setConnecting(false); onChange(c.id); }} />}
    </FieldFrame>
  );
}
