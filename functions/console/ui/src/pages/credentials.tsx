import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Bell, BellOff, KeyRound, MoreHorizontal, Pencil, RefreshCw, Search, ShieldCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { call } from '../api/client';
import type { Credential, Verification } from '../api/model';
import { keys, useCredentials, useCredentialTypes } from '../api/queries';
import { useCredentialUses } from '../api/uses';
import { Button, IconButton } from '../parts/button';
import { matchesSearch } from '../parts/category';
import { Confirm, Dialog, FormDialog } from '../parts/dialog';
import { Menu, MenuItem, MenuLine } from '../parts/menu';
import { Empty, ErrorNote, Loaded, Note, Skeletons } from '../parts/states';
import { Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { complain, say } from '../parts/toast';
import { CredentialForm, Verdict } from './credential-form';
import { CredentialLamp, Reconnect } from './reconnect';

type Open = { kind: 'rename' | 'rotate' | 'verify' | 'uses' | 'delete'; credential: Credential } | null;

export function CredentialsPage() {
  useTitle('Credentials');
  const credentials = useCredentials();
  const types = useCredentialTypes().data;
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const title = (c: Credential) => types?.find((t) => t.type === c.type)?.title ?? c.type;
  const verifiable = (c: Credential) => types?.find((t) => t.type === c.type)?.verifiable;
  const check = useCheck();
  const fits = (c: Credential) => matchesSearch(search, c.name, title(c), ...c.connectors.map((n) => n.title));
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Credentials</h1>
          <p>The secrets of the whole account. They are encrypted, and nobody can read them back: to change one, rotate it.</p>
        </div>
        {(credentials.data?.length ?? 0) > 5 && (
          <div className="search" role="search">
            <Search aria-hidden />
            <input className="input" type="search" placeholder="Search credentials" aria-label="Search credentials" value={search} onChange={(event) => setSearch(event.target.value)} />
          </div>
        )}
      </header>
      <Loaded query={credentials}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No credentials yet">They are made where they are needed: on an agent's Integrations page, or in the editor. Every agent of the account can then be linked to them.</Empty>
          ) : (
            <ul className="rows">
              {list.filter(fits).map((c) => (
                <li key={c.id}>
                  <span className="plate"><KeyRound aria-hidden /></span>
                  <div className="grow">
                    <p className="ellipsis"><button type="button" className="row-button" onClick={() => setOpen({ kind: 'uses', credential: c })}><bdi>{c.name}</bdi></button> {c.hint && <span className="mono faint">…{c.hint}</span>}</p>
                    <p className="small muted ellipsis">{c.status === 'ok' || !c.status_detail ? `${title(c)} · ${c.connectors.map((n) => n.title).join(', ')}` : c.status_detail}</p>
                  </div>
                  <span className="small"><CredentialLamp credential={c} /></span>
                  {verifiable(c) && !c.checked && <span className="tag">not checked</span>}
                  <span className="small faint nowrap">Changed <Time at={c.updated_at} /></span>
                  {c.status === 'needs_reconnect' && <Reconnect credential={c} />}
                  {c.status === 'failing' && <Button slim look="primary" needs="editor" onClick={() => setOpen({ kind: 'rotate', credential: c })}><RefreshCw aria-hidden />Rotate…</Button>}
                  <Menu trigger={<IconButton slim look="quiet" label={`More for ${c.name}`}><MoreHorizontal aria-hidden /></IconButton>}>
                    <MenuItem icon={<Search aria-hidden />} onSelect={() => setOpen({ kind: 'uses', credential: c })}>Where it is used</MenuItem>
                    {verifiable(c) && <MenuItem needs="editor" icon={<ShieldCheck aria-hidden />} onSelect={() => setOpen({ kind: 'verify', credential: c })}>Verify</MenuItem>}
                    {verifiable(c) && <MenuItem needs="editor" icon={c.checked ? <BellOff aria-hidden /> : <Bell aria-hidden />} onSelect={() => check.mutate(c)}>{c.checked ? 'Stop checking it' : 'Check it now and then'}</MenuItem>}
                    <MenuItem needs="editor" icon={<Pencil aria-hidden />} onSelect={() => setOpen({ kind: 'rename', credential: c })}>Rename…</MenuItem>
                    <MenuItem needs="editor" icon={<RefreshCw aria-hidden />} onSelect={() => setOpen({ kind: 'rotate', credential: c })}>Rotate…</MenuItem>
                    <MenuLine />
                    <MenuItem needs="editor" danger icon={<Trash2 aria-hidden />} onSelect={() => setOpen({ kind: 'delete', credential: c })}>Delete…</MenuItem>
                  </Menu>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {open?.kind === 'rename' && <Rename credential={open.credential} onClose={close} />}
      {open?.kind === 'rotate' && <Rotate credential={open.credential} onClose={close} />}
      {open?.kind === 'verify' && <Verify credential={open.credential} onClose={close} />}
      {open?.kind === 'uses' && <Dialog title={open.credential.name} description="Where this credential is used" onClose={close}><Uses credential={open.credential} /></Dialog>}
      {open?.kind === 'delete' && <Delete credential={open.credential} onClose={close} />}
    </div>
  );
}

/** Turns it on or off that a service is asked now and then whether a credential still works. */
function useCheck() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (c: Credential) => call(`/v1/credentials/${c.id}`, { method: 'PATCH', body: { checked: !c.checked } }),
    onSuccess: async (_, c) => {
      await client.invalidateQueries({ queryKey: keys.credentials });
      say(c.checked ? `${c.name} is not checked any more: that it fails shows when a workflow uses it.` : `${c.name} is checked now and then.`);
    },
    onError: complain,
  });
}

interface Props {
  credential: Credential;
  onClose: () => void;
}

function Rename({ credential, onClose }: Props) {
  const client = useQueryClient();
  const [name, setName] = useState(credential.name);
  const save = useMutation({
    mutationFn: () => call(`/v1/credentials/${credential.id}`, { method: 'PATCH', body: { name } }),
    onSuccess: async () => { await client.invalidateQueries({ queryKey: keys.credentials }); onClose(); },
  });
  return (
    <FormDialog title={`Rename ${credential.name}`} verb="Save" busy={save.isPending} error={save.error} onSubmit={() => save.mutate()} onClose={onClose}>
      <div className="field">
        <label className="field-label" htmlFor="new-name">Name</label>
        <input id="new-name" className="input" value={name} onChange={(event) => setName(event.target.value)} autoFocus />
      </div>
    </FormDialog>
  );
}

function Rotate({ credential, onClose }: Props) {
  const client = useQueryClient();
  const types = useCredentialTypes();
  const type = types.data?.find((t) => t.type === credential.type);
  return (
    <Dialog title={`Rotate ${credential.name}`} description="New values replace the old ones as a whole. Everything that uses the credential uses them from then on." onClose={onClose}>
      <Loaded query={{ ...types, data: type }}>
        {(type) => (
          <CredentialForm
            type={type}
            verb="Replace"
            save={async (_, data) => {
              await call(`/v1/credentials/${credential.id}`, { method: 'PATCH', body: { data } });
              await client.invalidateQueries({ queryKey: keys.credentials });
              say(`${credential.name} is rotated.`);
              onClose();
            }}
          />
        )}
      </Loaded>
    </Dialog>
  );
}

function Verify({ credential, onClose }: Props) {
  const client = useQueryClient();
  const [started, setStarted] = useState(false);
  const verify = useMutation({
    mutationFn: () => call<Verification>(`/v1/credentials/${credential.id}/verify`, { method: 'POST' }),
    onSettled: () => client.invalidateQueries({ queryKey: keys.credentials }),
  });
  if (!started) {
    setStarted(true);
    queueMicrotask(() => verify.mutate());
  }
  return (
    <Dialog title={`Verify ${credential.name}`} onClose={onClose}>
      {verify.data ? <Verdict verification={verify.data} /> : verify.error ? <ErrorNote error={verify.error} retry={() => verify.mutate()} /> : <p role="status" className="muted">Asking the service…</p>}
    </Dialog>
  );
}

function Uses({ credential }: { credential: Credential }) {
  const uses = useCredentialUses(credential.id);
  if (uses.error) return <ErrorNote error={uses.error} retry={() => void uses.refetch()} polled />;
  if (!uses.data) return <Skeletons count={2} />;
  const { agents, workflows } = uses.data;
  if (agents.length + workflows.length === 0) return <Note><p>Nothing uses it: no agent is linked to it, and no workflow names it.</p></Note>;
  return (
    <>
      <section className="section">
        <h3>Agents</h3>
        {agents.length === 0 ? <p className="muted">No agent is linked to it.</p> : <ul className="uses">{agents.map((a) => <li key={a.id}><Link href={`/agents/${a.id}/integrations`}>{a.name}</Link></li>)}</ul>}
      </section>
      <section className="section">
        <h3>Workflows</h3>
        {workflows.length === 0 ? <p className="muted">No workflow names it.</p> : <ul className="uses">{workflows.map((w) => <li key={w.id}><Link href={`/workflows/${w.id}`}>{w.name || 'Untitled'}</Link> {w.published && <span className="tag">published</span>}</li>)}</ul>}
      </section>
    </>
  );
}

function Delete({ credential, onClose }: Props) {
  const client = useQueryClient();
  const uses = useCredentialUses(credential.id);
  const used = (uses.data?.agents.length ?? 0) + (uses.data?.workflows.length ?? 0) > 0;
  const remove = useMutation({
    mutationFn: () => call(`/v1/credentials/${credential.id}${used ? '?force=true' : ''}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries();
      say(`${credential.name} is deleted.`);
      onClose();
    },
  });
  return (
    <Confirm title={`Delete ${credential.name}?`} verb={used ? 'Delete although it is used' : 'Delete'} danger busy={remove.isPending} disabled={!uses.data} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>The secret is gone for good. To use the service again, you need its key again.</p>
      {used && <Note tone="warn"><p>What uses it will stop working:</p></Note>}
      <Uses credential={credential} />
    </Confirm>
  );
}
