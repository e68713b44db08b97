import '@xyflow/react/dist/base.css';
import '../canvas/canvas.css';
import { useQueryClient } from '@tanstack/react-query';
import { ReactFlowProvider } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Connector, Workflow } from '../api/model';
import { keys, useAgents, useCatalog, useIntegrations, useWorkflow } from '../api/queries';
import { AddStep } from '../canvas/step-card';
import { FormContext } from '../form/context';
import { Dialog } from '../parts/dialog';
import { Guard } from '../parts/guard';
import { Loaded } from '../parts/states';
import { Board } from './board';
import { useChecks } from './checks';
import { shortcuts, useKeys } from './commands';
import { addNode, edgesOf, freeId, nodesOf, TRIGGER, type Place } from './document';
import { enterDraft, leaveDraft, leftDraft, type Draft } from './drafts';
import { Header, type OpenDialog } from './header';
import { placed } from './layout';
import { nodeKinds, type NodeKind, type NodeKinds } from './node-kinds';
import { Palette } from './palette';
import { useFormTools } from './panel/complaints';
import { NodePanel } from './panel/node-panel';
import { EdgePanel, SeveralPanel, WorkflowPanel } from './panel/other-panels';
import { TriggerPanel } from './panel/trigger-panel';
import { PublishDialog } from './publish-dialog';
import { RunDialog, TryDialog } from './run-dialog';
import { SampleDialog } from './sample-dialog';
import { useSample } from './sample';
import { Saver } from './saver';
import { EditorContext, EditorStore, useEditor, useStore } from './store';
import { TemplateContext } from './template-context';
import { Toolbar } from './toolbar';
import { TrialBar, useTrialRuns } from './trial';
import { Unstored } from './unstored';
import { scopeAt, variablesAt } from './variables';
import { VersionsDialog } from './versions-dialog';

export default function EditorPage({ id }: { id: string }) {
  const workflow = useWorkflow(id);
  const catalog = useCatalog();
  // What is edited has to be what is stored now, not what a page before has read.
  const [isFresh, setFresh] = useState(false);
  if (!isFresh && workflow.data && !workflow.isFetching) setFresh(true);
  // What was left before it was stored is gone on with, whatever is stored.
  const [left] = useState(() => leftDraft(id));
  const both = isFresh && workflow.data && catalog.data ? { workflow: workflow.data, catalog: catalog.data } : undefined;
  return (
    <Loaded query={{ data: both, error: workflow.error ?? catalog.error, refetch: () => { void workflow.refetch(); void catalog.refetch(); } }} inset>
      {({ workflow, catalog }) => <Opened workflow={workflow} catalog={catalog} left={left} />}
    </Loaded>
  );
}

function Opened({ workflow, catalog, left }: { workflow: Workflow; catalog: Connector[]; left: Draft | undefined }) {
  const client = useQueryClient();
  const kinds = useMemo(() => nodeKinds(catalog), [catalog]);
  const [draft] = useState(() => {
    if (left) return left;
    const store = new EditorStore(placed(workflow.document, kinds));
    return { store, saver: new Saver(store, workflow.id, workflow.etag, (stored) => client.setQueryData(keys.workflow(workflow.id), stored)) };
  });
  useEffect(() => {
    enterDraft(workflow.id, draft);
    return () => void leaveDraft(workflow.id, draft);
  }, [draft, workflow.id]);
  return (
    <EditorContext.Provider value={draft.store}>
      <ReactFlowProvider><Workbench workflow={workflow} kinds={kinds} saver={draft.saver} /></ReactFlowProvider>
    </EditorContext.Provider>
  );
}

function Workbench({ workflow, kinds, saver }: { workflow: Workflow; kinds: NodeKinds; saver: Saver }) {
  const store = useStore();
  const agent = useAgents().data?.find((a) => a.id === workflow.agent_id);
  const links = useIntegrations(workflow.agent_id).data?.connected.map((c) => c.id).join() ?? '';
  const triggerType = useEditor((s) => s.doc.trigger?.type);
  const isEmpty = useEditor((s) => nodesOf(s.doc).length === 0 && !s.doc.trigger?.type);
  const { sample, pinned } = useSample(workflow.id, triggerType);
  const [place, setPlace] = useState<Place | null>(null);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [settings, setSettings] = useState(false);
  const [focus, setFocus] = useState(0);
  const [trial, setTrial] = useState<string | null>(null);
  const runs = useTrialRuns(trial);
  const readOnly = useNarrow();
  useChecks(store, workflow.agent_id, links);

  const add = useCallback((where: Place | null) => setPlace(where ?? besideSelected(store, kinds)), [store, kinds]);
  const openPanel = useCallback(() => setFocus((n) => n + 1), []);
  const hooks = useMemo(() => ({ add, openPanel, showKeys: () => setDialog('keys'), tryDraft: () => setDialog('try') }), [add, openPanel]);
  const commands = useKeys(store, kinds, hooks);
  const tools = useFormTools();

  const show = (node: string) => { setSettings(node === ''); store.select(node ? [node] : []); openPanel(); };

  const pick = (kind: NodeKind) => {
    const doc = store.get().doc;
    const id = freeId(doc, kind.type);
    const node = { id, type: kind.type, ...(kind.initial ? { config: structuredClone(kind.initial) } : {}) };
    store.change(addNode(doc, node, place!, kind.ports(node)[0]));
    setPlace(null);
    setSettings(false);
    store.select([id]);
    setFocus((n) => n + 1);
  };

  return (
    <FormContext.Provider value={tools}>
      <AddStep.Provider value={readOnly ? null : add}>
        <div className="workbench">
          <Header workflow={workflow} kinds={kinds} onOpen={setDialog} onSettings={() => { store.select([]); setSettings(true); openPanel(); }} />
          <div className="board">
            <Board kinds={kinds} runs={runs} onAdd={add} onOpenPanel={() => setSettings(false)} readOnly={readOnly}>
              <Toolbar commands={commands} sample={sample} pinned={pinned} readOnly={readOnly} onAdd={() => add(null)} onSample={() => setDialog('sample')} onGo={show} />
              {trial && <TrialBar workflow={workflow.id} execution={trial} onClose={() => setTrial(null)} onGo={show} />}
            </Board>
            {isEmpty && <div className="start-here"><p><strong>Choose what starts it</strong></p><p>Select the trigger, then add steps with +.</p></div>}
            <Unstored workflow={workflow.id} kinds={kinds} saver={saver} />
          </div>
          <Panels workflow={workflow} agentName={agent?.name ?? ''} kinds={kinds} sample={sample} settings={settings} onCloseSettings={() => setSettings(false)} commands={commands} focus={focus} saver={saver} />
        </div>
        {place && <Palette kinds={kinds} onPick={pick} onClose={() => setPlace(null)} />}
        {dialog === 'publish' && <PublishDialog workflow={workflow} kinds={kinds} saver={saver} onClose={() => setDialog(null)} />}
        {dialog === 'versions' && <VersionsDialog workflow={workflow} kinds={kinds} onClose={() => setDialog(null)} />}
        {dialog === 'run' && <RunDialog workflow={workflow} sample={sample} onClose={() => setDialog(null)} />}
        {dialog === 'try' && <TryDialog workflow={workflow} document={store.get().doc} sample={sample} saver={saver} onClose={() => setDialog(null)} onStarted={(execution) => { setTrial(execution); setDialog(null); }} />}
        {dialog === 'sample' && <SampleDialog workflow={workflow.id} triggerType={triggerType} sample={sample} pinned={pinned} onClose={() => setDialog(null)} />}
        {dialog === 'keys' && (
          <Dialog title="Keyboard shortcuts" onClose={() => setDialog(null)}>
            <dl className="keys">{shortcuts.map(([key, does]) => <div key={key} className="key-row"><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}</dl>
          </Dialog>
        )}
      </AddStep.Provider>
    </FormContext.Provider>
  );
}

/** Where a step goes that is added without saying where: after the selected node, else after the last one. */
function besideSelected(store: EditorStore, kinds: NodeKinds): Place {
  const { doc, nodes } = store.get();
  const [selected] = nodes;
  const last = nodesOf(doc).at(-1)?.id ?? TRIGGER;
  const from = selected ?? last;
  const node = nodesOf(doc).find((n) => n.id === from);
  const ports = (node && kinds.get(node.type)?.ports(node)) ?? [''];
  const free = ports.find((port) => !edgesOf(doc).some((e) => e.from === from && (e.port ?? '') === port)) ?? ports[0] ?? '';
  return { from, port: free };
}

interface PanelsProps {
  workflow: Workflow;
  agentName: string;
  kinds: NodeKinds;
  sample: ReturnType<typeof useSample>['sample'];
  settings: boolean;
  onCloseSettings: () => void;
  commands: ReturnType<typeof useKeys>;
  focus: number;
  saver: Saver;
}

/** The panel of what is selected. */
function Panels({ workflow, agentName, kinds, sample, settings, onCloseSettings, commands, focus, saver }: PanelsProps) {
  const store = useStore();
  const doc = useEditor((s) => s.doc);
  const nodes = useEditor((s) => s.nodes);
  const edges = useEditor((s) => s.edges);
  const [only] = nodes;
  const [edge] = edges;
  const about = nodes.size === 1 && only !== undefined ? only : null;
  const templates = useMemo(() => ({
    variables: variablesAt(doc, about, kinds, sample),
    scope: sample && scopeAt(doc, about, sample, agentName),
  }), [doc, about, kinds, sample, agentName]);
  const close = () => {
    store.select([]);
    if (about) document.querySelector<HTMLElement>(`.react-flow__node[data-id="${about}"]`)?.focus();
  };
  const common = { onClose: close, focus };
  const panel = () => {
    if (settings) return <WorkflowPanel {...common} onClose={onCloseSettings} />;
    if (nodes.size > 1) return <SeveralPanel {...common} count={nodes.size} onDuplicate={commands.duplicate} onDelete={commands.remove} />;
    if (about === TRIGGER) return <TriggerPanel {...common} agent={workflow.agent_id} webhookURL={workflow.webhook_url} published={workflow.published_version !== null} kinds={kinds} />;
    if (about) return <NodePanel key={about} {...common} id={about} agent={workflow.agent_id} kinds={kinds} onDuplicate={commands.duplicate} onDelete={commands.remove} test={{ workflow: workflow.id, sample, saver }} />;
    if (edge) return <EdgePanel {...common} selected={edge} />;
    return null;
  };
  // A panel that fails leaves the canvas, undo and saving as they are.
  return <TemplateContext.Provider value={templates}><Guard key={about ?? edge ?? ''} className="side" retry={() => store.select([])}>{panel()}</Guard></TemplateContext.Provider>;
}

/** On a phone the canvas is to look at: there is no room to draw. */
function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => window.matchMedia('(max-width: 760px)').matches);
  useEffect(() => {
    const query = window.matchMedia('(max-width: 760px)');
    const change = () => setNarrow(query.matches);
    query.addEventListener('change', change);
    return () => query.removeEventListener('change', change);
  }, []);
  return narrow;
}
