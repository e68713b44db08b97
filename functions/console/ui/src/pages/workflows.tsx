import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CalendarClock, Copy, FileUp, Hand, History, MoreHorizontal, Plus, Power, PowerOff, Radio, Search, Trash2, Waypoints, Webhook } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { call } from '../api/client';
import type { Workflow, WorkflowDocument, WorkflowItem } from '../api/model';
import { useOnce } from '../api/once';
import { keys, useAgents, useLastExecution, useWorkflows } from '../api/queries';
import { dropDraft } from '../editor/drafts';
import { readJson } from '../json';
import { Button, IconButton } from '../parts/button';
import { matchesSearch } from '../parts/category';
import { Confirm } from '../parts/dialog';
import { Menu, MenuItem, MenuLine } from '../parts/menu';
import { Empty, Loaded } from '../parts/states';
import { StatusLamp } from '../parts/status';
import { Time } from '../parts/time';
import { useTitle } from '../parts/title';
import { complain, say } from '../parts/toast';

const triggers: Record<string, [string, typeof Webhook]> = { webhook: ['Webhook', Webhook], manual: ['By hand or API', Hand], schedule: ['Schedule', CalendarClock], event: ['Event', Radio] };

export function WorkflowsPage({ agent }: { agent: string }) {
  const workflows = useWorkflows(agent);
  const name = useAgents().data?.find((a) => a.id === agent)?.name ?? '';
  useTitle('Workflows', name);
  const client = useQueryClient();
  const [, go] = useLocation();
  const file = useRef<HTMLInputElement>(null);
  const [leaving, setLeaving] = useState<WorkflowItem | null>(null);
  const [search, setSearch] = useState('');
  const create = useOnce({
    send: (document: WorkflowDocument) => call<Workflow>(`/v1/agents/${agent}/workflows`, { method: 'POST', body: document }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.workflows(agent) });
      go(`/workflows/${made.id}`);
    },
    onError: complain,
  });
  const importFile = async (chosen: File) => {
    try {
      create.mutate(readJson(await chosen.text()) as WorkflowDocument);
    } catch {
      say(`${chosen.name} is not JSON. Choose a workflow that was exported from the editor.`);
    }
  };
  const add = <Button look="primary" needs="editor" busy={create.isPending} onClick={() => create.mutate({ name: 'New workflow' })}><Plus aria-hidden />New workflow</Button>;
  return (
    <div className="page">
      <header className="page-head">
        <div>
          {name && <p className="eyebrow">{name}</p>}
          <h1>Workflows</h1>
        </div>
        {(workflows.data?.length ?? 0) > 5 && (
          <div className="search" role="search">
            <Search aria-hidden />
            <input className="input" type="search" placeholder="Search workflows" aria-label="Search workflows" value={search} onChange={(event) => setSearch(event.target.value)} />
          </div>
        )}
        <input ref={file} type="file" accept="application/json,.json" hidden onChange={(event) => { const f = event.target.files?.[0]; if (f) void importFile(f); event.target.value = ''; }} />
        <Button needs="editor" onClick={() => file.current?.click()}><FileUp aria-hidden />Import</Button>
        {add}
      </header>
      <Loaded query={workflows}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No workflows yet" action={add}>A workflow begins with a trigger and does one step after the other. Draw it, publish it, and see every run.</Empty>
          ) : (
            <Rows list={[...list].reverse().filter((w) => matchesSearch(search, w.name, triggers[w.trigger]?.[0] ?? ''))} search={search} onDelete={setLeaving} />
          )
        }
      </Loaded>
      {leaving && <Delete workflow={leaving} onClose={() => setLeaving(null)} />}
    </div>
  );
}

function Rows({ list, search, onDelete }: { list: WorkflowItem[]; search: string; onDelete: (workflow: WorkflowItem) => void }) {
  if (list.length === 0) return <p className="muted" role="status">No workflow fits “{search}”.</p>;
  return <ul className="rows">{list.map((w) => <Row key={w.id} workflow={w} onDelete={() => onDelete(w)} />)}</ul>;
}

function Row({ workflow, onDelete }: { workflow: WorkflowItem; onDelete: () => void }) {
  const [, go] = useLocation();
  const last = useLastExecution(workflow.id, 10_000).data;
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: keys.workflows(workflow.agent_id) });
  const duplicate = useOnce({
    send: async () => {
      const { document } = await call<Workflow>(`/v1/workflows/${workflow.id}`);
      return call<Workflow>(`/v1/agents/${workflow.agent_id}/workflows`, { method: 'POST', body: { ...document, name: `${document.name || 'Untitled'}, copy` } });
    },
    onSuccess: async (made) => { await refresh(); go(`/workflows/${made.id}`); },
    onError: complain,
  });
  const unpublish = useMutation({
    mutationFn: () => call(`/v1/workflows/${workflow.id}/unpublish`, { method: 'POST' }),
    onSuccess: async () => { await refresh(); say(`Nothing starts ${workflow.name} any more. Its versions stay.`); },
    onError: complain,
  });
  const serve = useMutation({
    mutationFn: () => call(`/v1/workflows/${workflow.id}/rollback`, { method: 'POST', body: { version: workflow.latest_version } }),
    onSuccess: async () => { await refresh(); say(`${workflow.name} serves again, as version ${workflow.latest_version}.`); },
    onError: complain,
  });
  const [trigger, Icon] = triggers[workflow.trigger] ?? ['No trigger', Waypoints];
  return (
    <li>
      <span className="plate"><Icon aria-hidden /></span>
      <div className="grow">
        <Link href={`/workflows/${workflow.id}`} className="row-link">{workflow.name || 'Untitled'}</Link>
        <p className="small muted">{trigger} · changed <Time at={workflow.updated_at} />{workflow.next_run && <> · starts next <Time at={workflow.next_run} /></>}</p>
      </div>
      {last && (
        <span className="small faint row over"><span className="sr">Last execution:</span><StatusLamp status={last.status} /><Link href={`/workflows/${workflow.id}/executions/${last.id}`}><Time at={last.started_at} /></Link></span>
      )}
      {workflow.published_version === null ? <span className="lamp">Draft</span> : <span className="lamp on">Published, v{workflow.published_version}</span>}
      <Menu trigger={<IconButton slim look="quiet" label={`More for ${workflow.name}`}><MoreHorizontal aria-hidden /></IconButton>}>
        <MenuItem icon={<History aria-hidden />} onSelect={() => go(`/workflows/${workflow.id}/executions`)}>Executions</MenuItem>
        <MenuItem needs="editor" icon={<Copy aria-hidden />} onSelect={() => duplicate.mutate()}>Duplicate</MenuItem>
        {workflow.published_version !== null ? <MenuItem needs="editor" icon={<PowerOff aria-hidden />} onSelect={() => unpublish.mutate()}>Unpublish</MenuItem>
          : workflow.latest_version !== null && <MenuItem needs="editor" icon={<Power aria-hidden />} onSelect={() => serve.mutate()}>Serve version {workflow.latest_version} again</MenuItem>}
        <MenuLine />
        <MenuItem needs="editor" danger icon={<Trash2 aria-hidden />} onSelect={onDelete}>Delete…</MenuItem>
      </Menu>
    </li>
  );
}

function Delete({ workflow, onClose }: { workflow: WorkflowItem; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(`/v1/workflows/${workflow.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      dropDraft(workflow.id);
      await client.invalidateQueries({ queryKey: keys.workflows(workflow.agent_id) });
      say(`${workflow.name} is deleted.`);
      onClose();
    },
  });
  return (
    <Confirm title={`Delete ${workflow.name || 'this workflow'}?`} verb="Delete workflow" danger busy={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>Its draft and all its versions go with it{workflow.published_version !== null && ', and nothing starts it any more'}. What is running goes on to its end; its page stays, and it can be stopped there.</p>
    </Confirm>
  );
}
