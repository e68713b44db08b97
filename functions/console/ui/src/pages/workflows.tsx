import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CalendarClock, FileUp, Hand, History, MoreHorizontal, Plus, Radio, Trash2, Waypoints, Webhook } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { call } from '../api/client';
import type { Workflow, WorkflowDocument, WorkflowItem } from '../api/model';
import { keys, useAgents, useLastExecution, useWorkflows } from '../api/queries';
import { Button, IconButton } from '../parts/button';
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
  const create = useMutation({
    mutationFn: (document: WorkflowDocument) => call<Workflow>(`/v1/agents/${agent}/workflows`, { method: 'POST', body: document }),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: keys.workflows(agent) });
      go(`/workflows/${made.id}`);
    },
    onError: complain,
  });
  const importFile = async (chosen: File) => {
    try {
      create.mutate(JSON.parse(await chosen.text()) as WorkflowDocument);
    } catch {
      say(`${chosen.name} is not JSON. Choose a workflow that was exported from the editor.`);
    }
  };
  const add = <Button look="primary" busy={create.isPending} onClick={() => create.mutate({ name: 'New workflow' })}><Plus aria-hidden />New workflow</Button>;
  return (
    <div className="page">
      <header className="page-head">
        <div>
          {name && <p className="eyebrow">{name}</p>}
          <h1>Workflows</h1>
        </div>
        <input ref={file} type="file" accept="application/json,.json" hidden onChange={(event) => { const f = event.target.files?.[0]; if (f) void importFile(f); event.target.value = ''; }} />
        <Button onClick={() => file.current?.click()}><FileUp aria-hidden />Import</Button>
        {add}
      </header>
      <Loaded query={workflows}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="No workflows yet" action={add}>A workflow begins with a trigger and does one step after the other. Draw it, publish it, and see every run.</Empty>
          ) : (
            <ul className="rows">{[...list].reverse().map((w) => <Row key={w.id} workflow={w} onDelete={() => setLeaving(w)} />)}</ul>
          )
        }
      </Loaded>
      {leaving && <Delete workflow={leaving} onClose={() => setLeaving(null)} />}
    </div>
  );
}

function Row({ workflow, onDelete }: { workflow: WorkflowItem; onDelete: () => void }) {
  const [, go] = useLocation();
  const last = useLastExecution(workflow.id, 10_000).data;
  const [trigger, Icon] = triggers[workflow.trigger] ?? ['No trigger', Waypoints];
  return (
    <li>
      <span className="plate"><Icon aria-hidden /></span>
      <div className="grow">
        <Link href={`/workflows/${workflow.id}`} className="row-link">{workflow.name || 'Untitled'}</Link>
        <p className="small muted">{trigger} · changed <Time at={workflow.updated_at} /></p>
      </div>
      {last && (
        <span className="small faint row over"><span className="sr">Last execution:</span><StatusLamp status={last.status} /><Link href={`/workflows/${workflow.id}/executions/${last.id}`}><Time at={last.started_at} /></Link></span>
      )}
      {workflow.published_version === null ? <span className="lamp">Draft</span> : <span className="lamp on">Published, v{workflow.published_version}</span>}
      <Menu trigger={<IconButton slim look="quiet" label={`More for ${workflow.name}`}><MoreHorizontal aria-hidden /></IconButton>}>
        <MenuItem icon={<History aria-hidden />} onSelect={() => go(`/workflows/${workflow.id}/executions`)}>Executions</MenuItem>
        <MenuLine />
        <MenuItem danger icon={<Trash2 aria-hidden />} onSelect={onDelete}>Delete…</MenuItem>
      </Menu>
    </li>
  );
}

function Delete({ workflow, onClose }: { workflow: WorkflowItem; onClose: () => void }) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(`/v1/workflows/${workflow.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.workflows(workflow.agent_id) });
      say(`${workflow.name} is deleted.`);
      onClose();
    },
  });
  return (
    <Confirm title={`Delete ${workflow.name || 'this workflow'}?`} verb="Delete workflow" danger busy={remove.isPending} error={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>Its draft and all its versions go with it{workflow.published_version !== null && ', and nothing starts it any more'}. What is running goes on to its end.</p>
    </Confirm>
  );
}
