import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Bot, MoreHorizontal, Pencil, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { call } from '../api/client';
import type { Agent, Integrations, WorkflowItem } from '../api/model';
import { useOnce } from '../api/once';
import { all, keys, useAgents } from '../api/queries';
import { Button, IconButton } from '../parts/button';
import { Confirm, FormDialog } from '../parts/dialog';
import { Menu, MenuItem, MenuLine } from '../parts/menu';
import { Empty, ErrorNote, Loaded, Note, Skeletons } from '../parts/states';
import { Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { say } from '../parts/toast';
import { Transfer } from './transfer';

type Open = { kind: 'create' } | { kind: 'edit' | 'delete'; agent: Agent } | null;

export function AgentsPage() {
  useTitle('Agents');
  const agents = useAgents();
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Agents</h1>
          <p>An agent is what workflows and integrations hang on.</p>
        </div>
        <div className="row wrap">
          <Transfer />
          <Button look="primary" needs="editor" onClick={() => setOpen({ kind: 'create' })}><Plus aria-hidden />New agent</Button>
        </div>
      </header>
      <Loaded query={agents}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No agents yet" action={<Button look="primary" needs="editor" onClick={() => setOpen({ kind: 'create' })}>Create your first agent</Button>}>
              Create one, connect the services that it may use, and draw what it should do.
            </Empty>
          ) : (
            <ul className="rows">
              {list.map((agent) => (
                <li key={agent.id}>
                  <span className="plate"><Bot aria-hidden /></span>
                  <div className="grow">
                    <Link href={`/agents/${agent.id}/workflows`} className="row-link">{agent.name}</Link>
                    <p className="small muted ellipsis">{agent.description || 'No description'}</p>
                  </div>
                  <span className="small faint"><Time at={agent.created_at} /></span>
                  <Link className="button slim" href={`/agents/${agent.id}/integrations`}>Integrations</Link>
                  <Menu trigger={<IconButton slim look="quiet" label={`More for ${agent.name}`}><MoreHorizontal aria-hidden /></IconButton>}>
                    <MenuItem needs="editor" icon={<Pencil aria-hidden />} onSelect={() => setOpen({ kind: 'edit', agent })}>Rename…</MenuItem>
                    <MenuLine />
                    <MenuItem needs="editor" danger icon={<Trash2 aria-hidden />} onSelect={() => setOpen({ kind: 'delete', agent })}>Delete…</MenuItem>
                  </Menu>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      {open?.kind === 'create' && <AgentDialog onClose={close} />}
      {open?.kind === 'edit' && <AgentDialog agent={open.agent} onClose={close} />}
      {open?.kind === 'delete' && <DeleteAgent agent={open.agent} onClose={close} />}
    </div>
  );
}

function AgentDialog({ agent, onClose }: { agent?: Agent; onClose: () => void }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const [name, setName] = useState(agent?.name ?? '');
  const [description, setDescription] = useState(agent?.description ?? '');
  const save = useOnce({
    send: () => call<Agent>(agent ? `/v1/agents/${agent.id}` : '/v1/agents', { method: agent ? 'PATCH' : 'POST', body: { name, description } }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.agents });
      onClose();
      if (!agent) go(`/agents/${made.id}/integrations`);
    },
  });
  return (
    <FormDialog title={agent ? `Rename ${agent.name}` : 'New agent'} verb={agent ? 'Save' : 'Create agent'} busy={save.isPending} error={save.error} onSubmit={() => save.mutate()} onClose={onClose}>
      <div className="field">
        <label className="field-label" htmlFor="agent-name">Name</label>
        <input id="agent-name" className="input" value={name} onChange={(event) => setName(event.target.value)} placeholder="Support" autoFocus />
      </div>
      <div className="field">
        <label className="field-label" htmlFor="agent-description">Description <span className="optional">optional</span></label>
        <textarea id="agent-description" className="input" value={description} onChange={(event) => setDescription(event.target.value)} placeholder="What it is for" />
      </div>
    </FormDialog>
  );
}

function DeleteAgent({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const client = useQueryClient();
  const depending = useQuery({
    queryKey: ['agents', agent.id, 'depending'],
    queryFn: async ({ signal }) => {
      const [workflows, integrations] = await Promise.all([
        all<WorkflowItem>(`/v1/agents/${agent.id}/workflows`, signal),
        call<Integrations>(`/v1/agents/${agent.id}/integrations`, { signal }),
      ]);
      return { workflows, links: integrations.connected };
    },
  });
  const remove = useMutation({
    mutationFn: () => call(`/v1/agents/${agent.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.agents });
      say(`${agent.name} is deleted.`);
      onClose();
    },
  });
  const workflows = depending.data?.workflows ?? [];
  return (
    <Confirm title={`Delete ${agent.name}?`} verb="Delete agent" danger busy={remove.isPending} disabled={!depending.data || workflows.length > 0} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      {depending.isPending && <Skeletons count={1} />}
      {depending.error && <ErrorNote error={depending.error} />}
      {workflows.length > 0 && (
        <Note tone="warn">
          <p>{workflows.length === 1 ? 'A workflow belongs' : `${workflows.length} workflows belong`} to this agent. Delete {workflows.length === 1 ? 'it' : 'them'} first:</p>
          <ul>{workflows.map((w) => <li key={w.id}><Link href={`/workflows/${w.id}`}>{w.name || 'Untitled'}</Link>{w.published_version !== null && ' (published)'}</li>)}</ul>
        </Note>
      )}
      {depending.data && workflows.length === 0 && (
        <p>
          {depending.data.links.length > 0 && `It is linked to ${depending.data.links.map((c) => c.name).join(', ')}. `}
          Its links go with it; the credentials stay in the account. This cannot be undone.
        </p>
      )}
    </Confirm>
  );
}
