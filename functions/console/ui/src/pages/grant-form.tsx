import { useMutation } from '@tanstack/react-query';
import { ExternalLink } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { call } from '../api/client';
import type { Connector, Credential, CredentialType, Grants, Integrations, Schema, Verification } from '../api/model';
import { useOnce } from '../api/once';
import { FormContext } from '../form/context';
import { Fields } from '../form/field';
import { Button } from '../parts/button';
import { CopyButton } from '../parts/copy';
import { ErrorNote } from '../parts/states';
import { useDataTools, Verdict } from './credential-form';
import { useGrant } from './grant';
import { GrantProgress } from './reconnect';

interface Props {
  agent: string;
  connector: Connector;
  type: CredentialType;
  grants: Grants;
  before: ReactNode;
  /** Stores values that were typed, for what works without a person's grant. */
  save: (name: string, data: Record<string, unknown>, verified: boolean) => Promise<unknown>;
  onGranted: (credential: Credential) => unknown;
}

/** Connects a service that asks a person for access: with the deployment's client, or with one's own. */
export function GrantForm({ agent, connector, type, grants, before, save, onGranted }: Props) {
  const [name, setName] = useState('');
  const [data, setData] = useState<Record<string, unknown>>({});
  const [own, setOwn] = useState(!grants.app);
  const known = useRef(new Set<string>());
  const grant = useGrant(onGranted, async (first) => {
    const page = await call<Integrations>(`/v1/agents/${agent}/integrations`);
    const now = [...page.connected, ...page.ready_to_link].filter((c) => c.type === type.type);
    if (first) known.current = new Set(now.map((c) => c.id));
    return now.find((c) => !known.current.has(c.id)) ?? null;
  });
  const verify = useMutation({ mutationFn: () => call<Verification>('/v1/credentials/verify', { method: 'POST', body: { type: type.type, data } }) });
  const store = useOnce({ send: () => save(name.trim() || connector.title, data, verify.data?.ok ?? false) });
  const failure = (grant.state.phase === 'failed' ? grant.state.error : null) ?? store.error ?? verify.error;
  const tools = useDataTools(failure);
  const change = (next: Record<string, unknown>) => {
    setData(next);
    verify.reset();
    store.reset();
  };
  const ask = () => void grant.start({
    type: type.type, agent, connectors: [connector.name], ...(name.trim() ? { name: name.trim() } : {}), ...(own ? { data } : {}),
  });
  // Values alone may do: a client that acts by itself, or a token that one has already.
  const byValues = own && (grants.client_credentials || data['refresh_token'] !== undefined);
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); ask(); }}>
      {before}
      <div className="field">
        <label className="field-label" htmlFor="credential-name">Name <span className="optional">optional</span></label>
        <input id="credential-name" className="input" value={name} onChange={(event) => setName(event.target.value)} placeholder="Whose account it is" />
      </div>
      {grants.app && (
        <label className="switch">
          <input type="checkbox" role="switch" checked={own} onChange={(event) => setOwn(event.target.checked)} />
          <span>Use an OAuth client of your own</span>
        </label>
      )}
      {own && (
        <>
          <div className="field">
            <div className="field-label"><label htmlFor="redirect-uri">Redirect URI</label><CopyButton text={grants.redirect_uri} /></div>
            <input id="redirect-uri" className="input mono" readOnly value={grants.redirect_uri} onFocus={(event) => event.target.select()} />
            <p className="help">Register it with your client, exactly like this.</p>
          </div>
          <FormContext.Provider value={tools}>
            <Fields schema={withoutFilledIn(type.fields, grants)} value={data} onChange={change} at="" />
          </FormContext.Provider>
        </>
      )}
      {grant.state.phase === 'waiting' && <GrantProgress state={grant.state} onCancel={grant.stop} />}
      {verify.data && <Verdict verification={verify.data} />}
      {failure != null && <ErrorNote error={failure} />}
      <div className="row wrap">
        <Button type="submit" look="primary" busy={grant.state.phase === 'asking'}><ExternalLink aria-hidden />{grant.state.phase === 'waiting' ? 'Open the window again' : `Connect with ${type.title.split(' ')[0]}`}</Button>
        {byValues && <Button busy={verify.isPending} onClick={() => { store.reset(); verify.mutate(); }}>Verify connection</Button>}
        {byValues && <Button busy={store.isPending} onClick={() => store.mutate()}>Connect without asking anybody</Button>}
      </div>
      <p className="help">A window of the service asks you for access{asksFor(grants, connector.name)}. You can take it back there at any time.</p>
    </form>
  );
}

/** The fields that people fill in; the others come with the grant. */
function withoutFilledIn(schema: Schema, grants: Grants): Schema {
  const filled = ['access_token', 'expires_at', 'scope'];
  return { ...schema, required: grants.app ? [] : ['client_id', 'client_secret'], 'x-order': (schema['x-order'] ?? []).filter((name) => !filled.includes(name)) };
}

/** What is asked for, in the service's words: the last parts of its scopes. */
function asksFor(grants: Grants, connector: string): string {
  const scopes = (grants.connector_scopes[connector] ?? []).map((scope) => scope.slice(scope.lastIndexOf('/') + 1));
  return scopes.length > 0 ? ` (${scopes.join(', ')})` : '';
}
