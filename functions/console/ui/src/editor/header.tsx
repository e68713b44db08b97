import { ArrowLeft, Check, Download, FileUp, FlaskConical, History, Keyboard, Layers, MoreHorizontal, Play, Settings2, Upload } from 'lucide-react';
import { useMemo, useRef } from 'react';
import { Link } from 'wouter';
import { call, Problem } from '../api/client';
import type { Workflow, WorkflowDocument } from '../api/model';
import { useVersion } from '../api/queries';
import { isObject, whole, wrongShape } from '../api/shape';
import { readJson, writeJson } from '../json';
import { Button, IconButton } from '../parts/button';
import { Menu, MenuItem, MenuLine } from '../parts/menu';
import { saveFile } from '../parts/save-file';
import { useTitle } from '../parts/title';
import { complain, say, warn } from '../parts/toast';
import { changesSince } from './changes';
import { placed } from './layout';
import type { NodeKinds } from './node-kinds';
import { useEditor, useStore, type SaveState } from './store';

const saveWords: Record<SaveState, string> = { saved: 'Saved', waiting: 'Saving…', saving: 'Saving…', offline: 'Not saved: no answer', conflict: 'Not saved', held: 'Not saved', refused: 'Not saved' };

export type OpenDialog = 'publish' | 'versions' | 'run' | 'try' | 'sample' | 'keys' | null;

interface Props {
  workflow: Workflow;
  kinds: NodeKinds;
  onOpen: (dialog: OpenDialog) => void;
  onSettings: () => void;
}

export function Header({ workflow, kinds, onOpen, onSettings }: Props) {
  const store = useStore();
  const name = useEditor((s) => s.doc.name ?? '');
  useTitle(name || 'Untitled');
  const save = useEditor((s) => s.save);
  const file = useRef<HTMLInputElement>(null);
  const importFile = async (chosen: File) => {
    try {
      const value: unknown = readJson(await chosen.text());
      if (isObject(value) && value['format'] === 'switchboard.bundle') {
        warn(`${chosen.name} holds all workflows of an account. Import it on the page Agents.`);
        return;
      }
      const wrong = wrongShape(value);
      if (wrong) {
        warn(`${chosen.name} is not a workflow. ${wrong}`);
        return;
      }
      await call(`/v1/workflows/check?agent=${workflow.agent_id}`, { method: 'POST', body: value }); // what could not be stored is refused
      store.change(placed(whole(value as WorkflowDocument), kinds));
      say(`${chosen.name} is imported. Undo brings the old draft back.`);
    } catch (error) {
      if (error instanceof SyntaxError) say(`${chosen.name} is not a workflow in JSON.`);
      else if (error instanceof Problem && error.errors.length > 0) warn(`${chosen.name} is not imported. ${error.message} ${error.errors.slice(0, 3).map((e) => `${e.pointer} ${e.message}`).join('; ')}.`);
      else complain(error);
    }
  };
  return (
    <header className="workbench-head">
      <Link href={`/agents/${workflow.agent_id}/workflows`} className="button quiet icon" aria-label="Back to the workflows"><ArrowLeft aria-hidden /></Link>
      <h1 className="sr">{name || 'Untitled workflow'}</h1>
      <input className="name-input" aria-label="Name of the workflow" placeholder="Untitled" value={name} onChange={(event) => store.change({ ...store.get().doc, name: event.target.value }, 'name')} />
      <span className="save-state" role="status">{save === 'saved' && <Check size={14} aria-hidden />}{saveWords[save]}</span>
      <span className="grow" />
      <Serving workflow={workflow} />
      <Link href={`/workflows/${workflow.id}/executions`} className="button"><History aria-hidden />Executions</Link>
      <Button needs="editor" onClick={() => onOpen('try')} title="Runs the draft whole, without publishing it (Ctrl Enter)"><FlaskConical aria-hidden />Run draft</Button>
      <Button look="primary" needs="editor" onClick={() => onOpen('publish')}><Upload aria-hidden />Publish</Button>
      <input ref={file} type="file" accept="application/json,.json" hidden onChange={(event) => { const f = event.target.files?.[0]; if (f) void importFile(f); event.target.value = ''; }} />
      <Menu trigger={<IconButton look="quiet" label="More"><MoreHorizontal aria-hidden /></IconButton>}>
        {workflow.published_version !== null && <MenuItem needs="operator" icon={<Play aria-hidden />} onSelect={() => onOpen('run')}>Run version {workflow.published_version}…</MenuItem>}
        <MenuItem icon={<Settings2 aria-hidden />} onSelect={onSettings}>Workflow settings</MenuItem>
        <MenuItem icon={<Layers aria-hidden />} onSelect={() => onOpen('versions')}>Versions</MenuItem>
        <MenuLine />
        <MenuItem icon={<Download aria-hidden />} onSelect={() => exportFile(store.get().doc)}>Export as JSON</MenuItem>
        <MenuItem icon={<FileUp aria-hidden />} onSelect={() => file.current?.click()}>Import JSON…</MenuItem>
        <MenuLine />
        <MenuItem icon={<Keyboard aria-hidden />} onSelect={() => onOpen('keys')}>Keyboard shortcuts</MenuItem>
      </Menu>
    </header>
  );
}

/** Which version serves, and whether the draft is another by now. */
function Serving({ workflow }: { workflow: Workflow }) {
  const number = workflow.published_version ?? 0;
  const doc = useEditor((s) => s.doc);
  const served = useVersion(workflow.id, number).data?.document;
  const differs = useMemo(() => served !== undefined && changesSince(served, doc, (type) => type).length > 0, [served, doc]);
  if (number === 0) return <span className="lamp">Not published</span>;
  return <span className="lamp on">Version {number} serves{differs && <span className="tag" title="The draft has changes that are not published">draft differs</span>}</span>;
}

function exportFile(doc: WorkflowDocument): void {
  const name = (doc.name ?? 'workflow').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'workflow';
  saveFile(new Blob([`${writeJson(doc, 2)}\n`], { type: 'application/json' }), `${name}.json`);
}
