import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { KeySquare, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { call } from '../api/client';
import type { APIKey } from '../api/model';
import { useOnce } from '../api/once';
import { all, keys, useAgents } from '../api/queries';
import { Button } from '../parts/button';
import { CopyButton } from '../parts/copy';
import { Confirm, Dialog, FormDialog } from '../parts/dialog';
import { Empty, Loaded, Note } from '../parts/states';
import { Time } from '../parts/time';
import { say } from '../parts/toast';
import { roles } from './roles';

const DAY = 86_400_000;

export function APIKeys() {
  const list = useQuery({ queryKey: keys.apiKeys, queryFn: ({ signal }) => all<APIKey>('/v1/api-keys', signal) });
  const agents = useAgents().data;
  const [open, setOpen] = useState<'create' | APIKey | null>(null);
  const agentOf = (key: APIKey) => (key.agent_id ? (agents?.find((a) => a.id === key.agent_id)?.name ?? key.agent_id) : 'the whole account');
  const add = <Button look="primary" onClick={() => setOpen('create')}><Plus aria-hidden />New API key</Button>;
  return (
    <>
      <Loaded query={list}>
        {(found) => found.length === 0 ? (
          <Empty title="No API keys yet" action={add}>A program that starts workflows, or one that deploys them, comes in with a key of its own. Give it no more than it needs.</Empty>
        ) : (
          <>
            <div className="row"><span className="grow" />{add}</div>
            <ul className="rows">
              {found.map((key) => (
                <li key={key.id}>
                  <span className="plate"><KeySquare aria-hidden /></span>
                  <div className="grow">
                    <p className="ellipsis"><strong><bdi>{key.name}</bdi></strong> <span className="mono faint">…{key.hint}</span></p>
                    <p className="small muted">{key.role} of {agentOf(key)} · made by {key.created_by} <Time at={key.created_at} /></p>
                  </div>
                  <span className="small faint">{key.last_used_at ? <>Used <Time at={key.last_used_at} /></> : 'Never used'}</span>
                  <span className="small">{key.expires_at ? (Date.parse(key.expires_at) < Date.now() ? <span className="lamp bad">Expired</span> : <span className="faint">Until <Time at={key.expires_at} exact /></span>) : <span className="faint">No end</span>}</span>
                  <Button slim look="danger" aria-label={`Delete ${key.name}`} onClick={() => setOpen(key)}><Trash2 aria-hidden />Delete</Button>
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
      {open === 'create' && <Create onClose={() => setOpen(null)} />}
      {open !== null && open !== 'create' && <Delete apiKey={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const agents = useAgents().data ?? [];
  const [name, setName] = useState('');
  const [role, setRole] = useState('operator');
  const [agent, setAgent] = useState('');
  const [days, setDays] = useState('90');
  const make = useOnce({
    send: () => call<APIKey & { key: string }>('/v1/api-keys', {
      method: 'POST',
      body: { name, role, ...(agent ? { agent_id: agent } : {}), ...(days ? { expires_at: new Date(Date.now() + Number(days) * DAY).toISOString() } : {}) },
    }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.apiKeys }),
  });
  if (make.data) {
    return (
      <Dialog keep title={`${make.data.name} is made`} onClose={onClose} foot={<Button look="primary" onClick={onClose}>Done</Button>}>
        <Note tone="warn"><p>This is the only time that the key is shown. Put it where the program finds it.</p></Note>
        <pre className="code-block" tabIndex={0}>{make.data.key}</pre>
        <div><CopyButton text={make.data.key} label="Copy the key" /></div>
      </Dialog>
    );
  }
  return (
    <FormDialog title="New API key" verb="Make the key" busy={make.isPending} error={make.error} onSubmit={() => make.mutate()} onClose={onClose}>
      <div className="field">
        <label className="field-label" htmlFor="key-name">Name</label>
        <input id="key-name" className="input" autoFocus value={name} onChange={(event) => setName(event.target.value)} placeholder="Shop backend" />
      </div>
      <div className="field">
        <label className="field-label" htmlFor="key-role">Role</label>
        <select id="key-role" className="input" value={role} onChange={(event) => setRole(event.target.value)}>{roles.map(([r, does]) => <option key={r} value={r}>{r}: {does}</option>)}</select>
      </div>
      <div className="field">
        <label className="field-label" htmlFor="key-agent">For</label>
        <select id="key-agent" className="input" value={agent} onChange={(event) => setAgent(event.target.value)}>
          <option value="">the whole account</option>
          {agents.map((a) => <option key={a.id} value={a.id}>{a.name} alone</option>)}
        </select>
      </div>
      <div className="field">
        <label className="field-label" htmlFor="key-days">Ends</label>
        <select id="key-days" className="input" value={days} onChange={(event) => setDays(event.target.value)}>
          {['7', '30', '90', '365'].map((d) => <option key={d} value={d}>after {d} days</option>)}
          <option value="">never</option>
        </select>
      </div>
    </FormDialog>
  );
}

function Delete({ apiKey, onClose }: { apiKey: APIKey; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(`/v1/api-keys/${apiKey.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.apiKeys });
      say(`${apiKey.name} is deleted.`);
      onClose();
    },
  });
  return (
    <Confirm title={`Delete ${apiKey.name}?`} verb="Delete key" danger busy={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>The next request of whatever uses it is refused. {apiKey.last_used_at ? <>It was used <Time at={apiKey.last_used_at} />.</> : 'It was never used.'}</p>
    </Confirm>
  );
}
