import { Copy, Trash2 } from 'lucide-react';
import { useContext, useMemo, useRef } from 'react';
import type { WorkflowEdge, WorkflowNode } from '../../api/model';
import { StepIcon } from '../../canvas/step-card';
import { isObject } from '../../api/shape';
import { NoObject } from '../../form/collections';
import { FormContext } from '../../form/context';
import { Fields } from '../../form/field';
import { readJson, writeJson } from '../../json';
import { Button } from '../../parts/button';
import { changeNode, edgesOf, findNode, followPorts, nodesOf, type PortNames } from '../document';
import type { NodeKind, NodeKinds } from '../node-kinds';
import { useEditor, useStore } from '../store';
import { OptionContext } from '../../form/options';
import { ApprovalForm } from './approval-form';
import { CalleeForm } from './callee-form';
import { RuleGroup } from './condition-form';
import { CredentialPicker } from './credential-picker';
import { DataList } from './data-list';
import { ImportCurl } from './import-curl';
import { NextSteps } from './next-steps';
import { IdAndName, Policy } from './node-settings';
import { SetForm } from './set-form';
import { Side, Unplaced } from './side';
import { TestStep, type TestSetting } from './test-step';

interface Props {
  id: string;
  agent: string;
  kinds: NodeKinds;
  onClose: () => void;
  onDuplicate: () => void;
  onDelete: () => void;
  focus: number;
  test: TestSetting;
}

export function NodePanel({ id, agent, kinds, onClose, onDuplicate, onDelete, focus, test }: Props) {
  const store = useStore();
  const doc = useEditor((s) => s.doc);
  const node = findNode(doc, id);
  const source = useOptionSource(agent, kinds.get(node?.type ?? ''), node?.credential);
  if (!node) return null;
  const kind = kinds.get(node.type);
  const at = `/nodes/${nodesOf(doc).indexOf(node)}`;
  const change = (what: string, next: (node: WorkflowNode) => WorkflowNode) => store.change(changeNode(store.get().doc, id, next), `${id}/${what}`);
  return (
    <Side title={node.name || kind?.title || node.type} icon={<StepIcon type={node.type} icon={kind?.icon} />} subtitle={kind ? kind.summary : 'This Switchboard does not know this step.'} onClose={onClose} focus={focus}>
      <Unplaced at={at} placed={placedFields(kind, node)} />
      {kind?.connector && kind.connector.credential_types.length > 0 && (
        <CredentialPicker agent={agent} connector={kind.connector.name} types={kind.connector.credential_types} optional={kind.connector.credential_optional} value={node.credential} at={`${at}/credential`}
          onChange={(credential) => change('credential', (n) => ({ ...n, credential: credential ?? '' }))} />
      )}
      {node.type === 'http.request' && <ImportCurl agent={agent} connector="http" onChange={(next) => change('curl', next)} />}
      <OptionContext.Provider value={source}>
        <Config node={node} kind={kind} agent={agent} workflow={test.workflow} kinds={kinds} at={`${at}/config`} onChange={(config, field) => change(field, (n) => ({ ...n, config }))} />
      </OptionContext.Provider>
      <DataList />
      {kind?.action && <TestStep node={node} title={node.name || kind.title} setting={test} />}
      <NextSteps node={node} kinds={kinds} />
      {kind?.canFail && <Policy node={node} isAction={kind.action !== undefined} at={at} onChange={(what, next) => change(what, next)} />}
      <IdAndName node={node} at={at} onName={(name) => change('name', (n) => ({ ...n, name }))} />
      <div className="row">
        <Button slim onClick={onDuplicate}><Copy aria-hidden />Duplicate</Button>
        <Button slim look="danger" onClick={onDelete}><Trash2 aria-hidden />Delete</Button>
      </div>
    </Side>
  );
}

/** Who lists the values of an action's fields. */
function useOptionSource(agent: string, kind: NodeKind | undefined, credential: string | undefined) {
  const [connector, action] = [kind?.connector?.name, kind?.action?.name];
  return useMemo(() => (connector && action ? { agent, connector, action, credential } : null), [agent, connector, action, credential]);
}

/** Where below the node the panel's fields show complaints themselves. */
function placedFields(kind: NodeKind | undefined, node: WorkflowNode): string[] {
  const fields = Object.keys(kind?.fields?.properties ?? {}).filter((name) => node.type !== 'approval' || name !== 'notify').map((name) => `config/${name}`);
  const own = node.type === 'condition' ? ['config'] : node.type === 'set' ? ['config/values'] : [];
  return [...fields, ...own, 'credential', 'id', 'retry', 'timeout_seconds', 'on_error', 'on_uncertain'];
}

interface ConfigProps {
  node: WorkflowNode;
  kind: NodeKind | undefined;
  agent: string;
  workflow: string;
  kinds: NodeKinds;
  at: string;
  onChange: (config: Record<string, unknown>, field: string) => void;
}

function Config({ node, kind, agent, workflow, kinds, at, onChange }: ConfigProps) {
  const store = useStore();
  const { Text } = useContext(FormContext);
  const naming = useRef<{ since: PortNames; given: WorkflowEdge[] } | null>(null);
  const config = node.config ?? {};
  if (node.type === 'condition') return <RuleGroup group={config} at={at} onChange={(next) => onChange(next, 'rules')} />;
  if (node.type === 'set') {
    const values = config['values'] ?? {};
    const set = (next: unknown) => onChange({ ...config, values: next }, 'values');
    return isObject(values) ? <SetForm values={values} at={`${at}/values`} onChange={set} /> : <NoObject label="Values" value={values} at={`${at}/values`} onChange={set} />;
  }
  if (node.type === 'approval' && kind?.fields) return <ApprovalForm agent={agent} kinds={kinds} fields={kind.fields} config={config} at={at} onChange={onChange} />;
  if (node.type === 'workflow') return <CalleeForm agent={agent} own={workflow} config={config} at={at} onChange={onChange} />;
  if (!kind?.fields) return <Text id="config" label="Config" language="json" multiline value={writeJson(config, 2)} complaints={[]} onChange={(text) => { try { onChange(readJson(text) as Record<string, unknown>, 'config'); } catch { /* not whole yet */ } }} />;
  const give = (next: Record<string, unknown>, field: string) => {
    onChange(next, field);
    const [before, after] = [node, { ...node, config: next }].map((n) => kind.named?.(n) ?? []);
    if (before!.join('\n') !== after!.join('\n')) rename(before!, after!, field);
  };
  // The edges of a port that is given another name go with it, from where they were when its typing began.
  const rename = (before: string[], after: string[], field: string) => {
    const doc = store.get().doc;
    if (before.length !== after.length) {
      naming.current = null;
      return;
    }
    const since = naming.current?.given === edgesOf(doc) ? naming.current.since : { names: before, edges: edgesOf(doc) };
    const edges = followPorts(node.id, since, after);
    naming.current = { since, given: edges };
    store.change({ ...doc, edges }, `${node.id}/${field}`);
  };
  return <Fields schema={kind.fields} value={config} at={at} onChange={give} />;
}
