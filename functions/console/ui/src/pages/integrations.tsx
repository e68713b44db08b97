import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link2, Search, Unplug } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { call } from '../api/client';
import type { Credential, Integration, Integrations } from '../api/model';
import { keys, useAgents, useIntegrations } from '../api/queries';
import { workflowsUsing } from '../api/uses';
import { Button } from '../parts/button';
import { categoryOrder, categoryTitle, matchesSearch } from '../parts/category';
import { Confirm } from '../parts/dialog';
import { Plate } from '../parts/glyph';
import { ErrorNote, Loaded, Note, Skeletons } from '../parts/states';
import { useTitle } from '../parts/title';
import { complain, say } from '../parts/toast';
import { ConnectDialog } from './connect';
import { CredentialLamp, Reconnect } from './reconnect';

export function IntegrationsPage({ agent }: { agent: string }) {
  const page = useIntegrations(agent);
  const name = useAgents().data?.find((a) => a.id === agent)?.name ?? '';
  useTitle('Integrations', name);
  const [connecting, setConnecting] = useState<string | null>(null);
  const [leaving, setLeaving] = useState<Credential | null>(null);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          {name && <p className="eyebrow">{name}</p>}
          <h1>Integrations</h1>
          <p>Connect a service once, then link it to every agent that may use it. Keys are encrypted and never shown again.</p>
        </div>
      </header>
      <Loaded query={page} count={5}>
        {(data) => (
          <>
            <Connected agent={agent} data={data} onDisconnect={setLeaving} />
            <Available data={data} onConnect={setConnecting} />
          </>
        )}
      </Loaded>
      {connecting && <ConnectDialog agent={agent} connector={connecting} onClose={() => setConnecting(null)} onConnected={() => setConnecting(null)} />}
      {leaving && <Disconnect agent={agent} credential={leaving} onClose={() => setLeaving(null)} />}
    </div>
  );
}

function Connected({ agent, data, onDisconnect }: { agent: string; data: Integrations; onDisconnect: (credential: Credential) => void }) {
  const client = useQueryClient();
  const link = useMutation({
    mutationFn: (credential: Credential) => call(`/v1/agents/${agent}/links/${credential.id}`, { method: 'PUT' }),
    onSuccess: async (_, credential) => {
      await client.invalidateQueries({ queryKey: keys.integrations(agent) });
      say(`${credential.name} is linked.`);
    },
    onError: complain,
  });
  return (
    <>
      <section className="section" aria-labelledby="connected">
        <div className="section-head"><h2 id="connected">Connected</h2><span className="count">{data.connected.length}</span></div>
        {data.connected.length === 0 ? (
          <p className="muted">Nothing yet. Choose a service below; its actions can then be used in this agent's workflows.</p>
        ) : (
          <ul className="rows">
            {data.connected.map((c) => (
              <CredentialRow key={c.id} credential={c} data={data}>
                <Button slim needs="editor" onClick={() => onDisconnect(c)}><Unplug aria-hidden />Disconnect</Button>
              </CredentialRow>
            ))}
          </ul>
        )}
      </section>
      {data.ready_to_link.length > 0 && (
        <section className="section" aria-labelledby="ready">
          <div className="section-head"><h2 id="ready">Ready to link</h2><span className="count">{data.ready_to_link.length}</span><span className="small muted">In the account already; no key to type.</span></div>
          <ul className="rows">
            {data.ready_to_link.map((c) => (
              <CredentialRow key={c.id} credential={c} data={data}>
                <Button slim look="primary" needs="editor" busy={link.isPending && link.variables.id === c.id} onClick={() => link.mutate(c)} aria-label={`Link ${c.name}`}><Link2 aria-hidden />Link</Button>
              </CredentialRow>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function CredentialRow({ credential, data, children }: { credential: Credential; data: Integrations; children: React.ReactNode }) {
  const icon = data.available.find((i) => i.credential_types.includes(credential.type))?.icon ?? '';
  return (
    <li>
      <Plate svg={icon} />
      <div className="grow">
        <p className="ellipsis"><strong><bdi>{credential.name}</bdi></strong> {credential.hint && <span className="mono faint">…{credential.hint}</span>}</p>
        <p className="small muted ellipsis">{credential.status === 'ok' || !credential.status_detail ? credential.connectors.map((c) => c.title).join(', ') : credential.status_detail}</p>
      </div>
      <span className="small"><CredentialLamp credential={credential} /></span>
      {credential.status === 'needs_reconnect' && <Reconnect credential={credential} />}
      {credential.status === 'failing' && <Link className="button slim" href="/credentials">Rotate it</Link>}
      {children}
    </li>
  );
}

function Available({ data, onConnect }: { data: Integrations; onConnect: (connector: string) => void }) {
  const [search, setSearch] = useState('');
  const [category, setCategory] = useState('');
  const categories = categoryOrder.filter((c) => data.available.some((i) => i.category === c));
  const shown = data.available.filter((i) => (!category || i.category === category) && matchesSearch(search, i.title, i.name, i.summary, categoryTitle(i.category)));
  return (
    <section className="section" aria-labelledby="available">
      <div className="section-head"><h2 id="available">Available integrations</h2><span className="count">{data.available.length}</span></div>
      <div className="row wrap">
        <div className="search" role="search">
          <Search aria-hidden />
          <input className="input" type="search" placeholder="Search integrations" aria-label="Search integrations" value={search} onChange={(event) => setSearch(event.target.value)} />
        </div>
        <div className="chips" role="group" aria-label="Category">
          {['', ...categories].map((c) => (
            <button key={c} type="button" className="chip" aria-pressed={category === c} onClick={() => setCategory(c)}>{c === '' ? 'All' : categoryTitle(c)}</button>
          ))}
        </div>
      </div>
      {shown.length === 0 && <p className="muted" role="status">No integration fits “{search}”. The HTTP request connector can call any service that has an API.</p>}
      <ul className="grid">{shown.map((i) => <Card key={i.name} integration={i} onConnect={() => onConnect(i.name)} />)}</ul>
    </section>
  );
}

function Card({ integration, onConnect }: { integration: Integration; onConnect: () => void }) {
  return (
    <li className="card integration">
      <div className="row">
        <Plate svg={integration.icon} />
        <div className="grow">
          <h3>{integration.title}</h3>
          <p className="small faint">{categoryTitle(integration.category)}</p>
        </div>
        {integration.connected && <span className="lamp on">Connected</span>}
      </div>
      <p className="small muted grow">{integration.summary}</p>
      <div className="row">
        <Button slim needs="editor" onClick={onConnect} aria-label={`${integration.connected ? 'Connect another' : 'Connect'} ${integration.title}`}>{integration.connected ? 'Connect another' : 'Connect'}</Button>
        {integration.credential_optional && <span className="small faint">works without, too</span>}
      </div>
    </li>
  );
}

function Disconnect({ agent, credential, onClose }: { agent: string; credential: Credential; onClose: () => void }) {
  const client = useQueryClient();
  const using = useQuery({ queryKey: [...keys.uses(credential.id), agent], queryFn: ({ signal }) => workflowsUsing(agent, credential.id, signal) });
  const unlink = useMutation({
    mutationFn: () => call(`/v1/agents/${agent}/links/${credential.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.integrations(agent) });
      say(`${credential.name} is disconnected from this agent.`);
      onClose();
    },
  });
  const affected = using.data ?? [];
  return (
    <Confirm title={`Disconnect ${credential.name}?`} verb="Disconnect" danger={affected.length > 0} busy={unlink.isPending} error={unlink.error} onConfirm={() => unlink.mutate()} onClose={onClose}>
      <p>The credential stays in the account and can be linked again without its key.</p>
      {using.isPending && <Skeletons count={1} />}
      {using.error && <ErrorNote error={using.error} />}
      {using.data && affected.length === 0 && <Note tone="ok"><p>No workflow of this agent uses it.</p></Note>}
      {affected.length > 0 && (
        <Note tone="warn">
          <p>{affected.length === 1 ? 'This workflow uses it and will stop working:' : 'These workflows use it and will stop working:'}</p>
          <ul>{affected.map((w) => <li key={w.id}>{w.name || 'Untitled'} {w.published ? '(published: its next run fails at this step)' : '(draft)'}</li>)}</ul>
        </Note>
      )}
    </Confirm>
  );
}
