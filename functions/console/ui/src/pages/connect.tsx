import * as Tabs from '@radix-ui/react-tabs';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { call, Problem } from '../api/client';
import type { Connector, Credential, CredentialType, Verification } from '../api/model';
import { keys, useCatalog, useCredentials, useCredentialTypes } from '../api/queries';
import { FormContext, toolsFor } from '../form/context';
import { Fields } from '../form/field';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Plate } from '../parts/glyph';
import { Markdown } from '../parts/markdown';
import { ErrorNote, Loaded, Note } from '../parts/states';
import { say } from '../parts/toast';

interface Props {
  agent: string;
  /** The connector whose guide is shown. */
  connector: string;
  onClose: () => void;
  onConnected: (credential: Credential) => void;
}

/** Connects a service to an agent: by a credential of the account, or by a new one. */
export function ConnectDialog({ agent, connector: name, onClose, onConnected }: Props) {
  const catalog = useCatalog();
  const types = useCredentialTypes();
  const credentials = useCredentials();
  const connector = catalog.data?.find((c) => c.name === name);
  const usable = credentials.data?.filter((c) => connector?.credential_types.includes(c.type)) ?? [];
  const ready = connector && types.data && credentials.data ? { connector, types: types.data } : undefined;
  return (
    <Dialog className="wide" title={`Connect ${connector?.title ?? ''}`} description={connector?.summary} icon={connector && <Plate svg={connector.icon} />} onClose={onClose}>
      <Loaded query={{ data: ready, error: catalog.error ?? types.error ?? credentials.error, refetch: () => void credentials.refetch() }}>
        {({ connector, types }) => (
          <Tabs.Root defaultValue={usable.length > 0 ? 'existing' : 'new'}>
            <Tabs.List className="tabs" aria-label="Which credential">
              <Tabs.Trigger className="tab" value="existing">Existing</Tabs.Trigger>
              <Tabs.Trigger className="tab" value="new">New</Tabs.Trigger>
            </Tabs.List>
            <Tabs.Content className="tab-panel" value="existing"><Existing agent={agent} usable={usable} connector={connector} onConnected={onConnected} /></Tabs.Content>
            <Tabs.Content className="tab-panel" value="new"><NewCredential agent={agent} connector={connector} types={types} onConnected={onConnected} /></Tabs.Content>
          </Tabs.Root>
        )}
      </Loaded>
    </Dialog>
  );
}

function useLink(agent: string, onConnected: (credential: Credential) => void) {
  const client = useQueryClient();
  return async (credential: Credential) => {
    await call(`/v1/agents/${agent}/links/${credential.id}`, { method: 'PUT' });
    await Promise.all([client.invalidateQueries({ queryKey: keys.integrations(agent) }), client.invalidateQueries({ queryKey: keys.credentials })]);
    say(`${credential.name} is connected.`);
    onConnected(credential);
  };
}

function Existing({ agent, usable, connector, onConnected }: { agent: string; usable: Credential[]; connector: Connector; onConnected: Props['onConnected'] }) {
  const link = useMutation({ mutationFn: useLink(agent, onConnected) });
  if (usable.length === 0) return <p className="muted">The account has no credential for {connector.title} yet. Make one under New.</p>;
  return (
    <>
      <ul className="rows">
        {usable.map((c) => (
          <li key={c.id}>
            <div className="grow">
              <p className="ellipsis"><strong>{c.name}</strong> {c.hint && <span className="mono faint">…{c.hint}</span>}</p>
              <p className="small muted">{c.verified_at ? 'Verified' : 'Not verified'}</p>
            </div>
            <Button slim look="primary" busy={link.isPending && link.variables.id === c.id} onClick={() => link.mutate(c)} aria-label={`Use ${c.name}`}>Use this one</Button>
          </li>
        ))}
      </ul>
      {link.error && <ErrorNote error={link.error} />}
    </>
  );
}

function NewCredential({ agent, connector, types, onConnected }: { agent: string; connector: Connector; types: CredentialType[]; onConnected: Props['onConnected'] }) {
  const offered = types.filter((t) => connector.credential_types.includes(t.type));
  const [typeName, setTypeName] = useState(connector.credential_types[0] ?? '');
  const type = offered.find((t) => t.type === typeName);
  const link = useLink(agent, onConnected);
  if (!type) return <p className="muted">{connector.title} needs no credential. Its actions can be used as they are.</p>;
  return (
    <div className="connect">
      <CredentialForm
        key={type.type}
        type={type}
        verb="Connect"
        initialName={offered.length > 1 ? `${connector.title}, ${type.title.toLowerCase()}` : connector.title}
        before={offered.length > 1 && (
          <div className="field">
            <label className="field-label" htmlFor="credential-type">Kind of credential</label>
            <select id="credential-type" className="input" value={typeName} onChange={(event) => setTypeName(event.target.value)}>
              {offered.map((t) => <option key={t.type} value={t.type}>{t.title}</option>)}
            </select>
            <p className="help">{type.summary}</p>
          </div>
        )}
        save={async (name, data, verified) => {
          const made = await call<Credential>('/v1/credentials', { method: 'POST', body: { type: type.type, name, data } });
          // What was verified before it was stored is noted as verified, too.
          if (verified) await call(`/v1/credentials/${made.id}/verify`, { method: 'POST' }).catch(() => undefined);
          await link(made);
        }}
      />
      <aside aria-label="Setup guide"><Markdown source={connector.setup_guide} /></aside>
    </div>
  );
}

interface FormProps {
  type: CredentialType;
  verb: string;
  initialName?: string;
  before?: React.ReactNode;
  save: (name: string, data: Record<string, unknown>, verified: boolean) => Promise<unknown>;
}

/** The fields of a credential type, with Verify and the button that saves. */
export function CredentialForm({ type, verb, initialName, before, save }: FormProps) {
  const [name, setName] = useState(initialName ?? '');
  const [data, setData] = useState<Record<string, unknown>>({});
  const verify = useMutation({ mutationFn: () => call<Verification>('/v1/credentials/verify', { method: 'POST', body: { type: type.type, data } }) });
  const connect = useMutation({ mutationFn: () => save(name.trim(), data, verify.data?.ok ?? false) });
  const failure = connect.error ?? verify.error;
  const tools = useMemo(() => toolsFor(failure instanceof Problem ? failure.errors.map((e) => ({ ...e, pointer: e.pointer.replace(/^\/data(?=\/)/, '') })) : []), [failure]);
  const change = (next: Record<string, unknown>) => {
    setData(next);
    verify.reset();
    connect.reset();
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); connect.mutate(); }}>
      {before}
      {initialName !== undefined && (
        <div className="field">
          <label className="field-label" htmlFor="credential-name">Name</label>
          <input id="credential-name" className="input" value={name} onChange={(event) => setName(event.target.value)} placeholder={type.title} />
          <p className="help">What people see when they choose it.</p>
        </div>
      )}
      <FormContext.Provider value={tools}>
        <Fields schema={type.fields} value={data} onChange={change} at="" />
      </FormContext.Provider>
      {verify.data && <Verdict verification={verify.data} />}
      {failure && <ErrorNote error={failure} />}
      <div className="row wrap">
        {type.verifiable && <Button busy={verify.isPending} onClick={() => { connect.reset(); verify.mutate(); }}>Verify connection</Button>}
        <Button type="submit" look="primary" busy={connect.isPending}>{verb}</Button>
      </div>
      {!type.verifiable && <p className="help">This service offers no way to check a credential before it is used.</p>}
    </form>
  );
}

export function Verdict({ verification }: { verification: Verification }) {
  return (
    <Note tone={verification.ok ? 'ok' : 'bad'} role="status">
      <p>{verification.ok && verification.identity?.name ? <>It works: <strong>{verification.identity.name}</strong>.</> : verification.detail}</p>
      {verification.ok && verification.identity?.name && verification.detail && <p>{verification.detail}</p>}
      {verification.hint && <p>{verification.hint}</p>}
    </Note>
  );
}
