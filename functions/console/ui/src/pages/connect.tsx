import * as Tabs from '@radix-ui/react-tabs';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { call } from '../api/client';
import type { Connector, Credential, CredentialType } from '../api/model';
import { keys, useCatalog, useCredentials, useCredentialTypes } from '../api/queries';
import { writeJson } from '../json';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Plate } from '../parts/glyph';
import { Markdown } from '../parts/markdown';
import { ErrorNote, Loaded } from '../parts/states';
import { say } from '../parts/toast';
import { CredentialForm } from './credential-form';
import { GrantForm } from './grant-form';
import { CredentialLamp, Reconnect } from './reconnect';

interface Props {
  agent: string;
  /** The connector whose guide is shown. */
  connector: string;
  /** The kind of credential that is offered first. */
  type?: string | undefined;
  /** Values that are known already, none of them secret. */
  data?: Record<string, unknown> | undefined;
  onClose: () => void;
  onConnected: (credential: Credential) => void;
}

/** Connects a service to an agent: by a credential of the account, or by a new one. */
export function ConnectDialog({ agent, connector: name, type, data, onClose, onConnected }: Props) {
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
          <Tabs.Root defaultValue={usable.length > 0 && !type ? 'existing' : 'new'}>
            <Tabs.List className="tabs" aria-label="Which credential">
              <Tabs.Trigger className="tab" value="existing">Existing</Tabs.Trigger>
              <Tabs.Trigger className="tab" value="new">New</Tabs.Trigger>
            </Tabs.List>
            <Tabs.Content className="tab-panel" value="existing"><Existing agent={agent} usable={usable} connector={connector} onConnected={onConnected} /></Tabs.Content>
            <Tabs.Content className="tab-panel" value="new"><NewCredential agent={agent} connector={connector} types={types} initialType={type} data={data} onConnected={onConnected} /></Tabs.Content>
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
              <p className="ellipsis"><strong><bdi>{c.name}</bdi></strong> {c.hint && <span className="mono faint">…{c.hint}</span>}</p>
              <p className="small"><CredentialLamp credential={c} /></p>
            </div>
            <Reconnect credential={c} connectors={[connector.name]} label={c.status === 'needs_reconnect' ? 'Reconnect' : `Grant access to ${connector.title}`} />
            <Button slim look="primary" busy={link.isPending && link.variables.id === c.id} onClick={() => link.mutate(c)} aria-label={`Use this one: ${c.name}`}>Use this one</Button>
          </li>
        ))}
      </ul>
      {link.error && <ErrorNote error={link.error} />}
    </>
  );
}

function NewCredential({ agent, connector, types, initialType, data, onConnected }: { agent: string; connector: Connector; types: CredentialType[]; initialType: string | undefined; data: Props['data']; onConnected: Props['onConnected'] }) {
  const offered = types.filter((t) => connector.credential_types.includes(t.type));
  const [typeName, setTypeName] = useState(initialType ?? connector.credential_types[0] ?? '');
  const type = offered.find((t) => t.type === typeName);
  const link = useLink(agent, onConnected);
  // Of a press whose link failed: the next one does not store it a second time.
  const stored = useRef<{ given: string; credential: Credential }>(null);
  if (!type) return <p className="muted">{connector.title} needs no credential. Its actions can be used as they are.</p>;
  const choice = offered.length > 1 && (
    <div className="field">
      <label className="field-label" htmlFor="credential-type">Kind of credential</label>
      <select id="credential-type" className="input" value={typeName} onChange={(event) => setTypeName(event.target.value)}>
        {offered.map((t) => <option key={t.type} value={t.type}>{t.title}</option>)}
      </select>
      <p className="help">{type.summary}</p>
    </div>
  );
  const save = async (name: string, data: Record<string, unknown>, verified: boolean) => {
    const given = writeJson([type.type, name, data]);
    if (stored.current?.given !== given) {
      stored.current = { given, credential: await call<Credential>('/v1/credentials', { method: 'POST', body: { type: type.type, name, data } }) };
      // What was verified before it was stored is noted as verified, too.
      if (verified) await call(`/v1/credentials/${stored.current.credential.id}/verify`, { method: 'POST' }).catch(() => undefined);
    }
    await link(stored.current.credential);
  };
  return (
    <div className="connect">
      {type.oauth
        ? <GrantForm key={type.type} agent={agent} connector={connector} type={type} grants={type.oauth} before={choice} save={save} onGranted={link} />
        : <CredentialForm key={type.type} type={type} verb="Connect" initialData={type.type === initialType ? data : undefined} initialName={offered.length > 1 ? `${connector.title}, ${type.title.toLowerCase()}` : connector.title} before={choice} save={save} />}
      <aside aria-label="Setup guide"><Markdown source={connector.setup_guide} /></aside>
    </div>
  );
}
