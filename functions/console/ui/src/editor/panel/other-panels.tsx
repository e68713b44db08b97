import { Copy, Plus, Trash2 } from 'lucide-react';
import { useContext, useId } from 'react';
import { AddStep } from '../../canvas/step-card';
import { FormContext } from '../../form/context';
import { FieldFrame } from '../../form/field';
import { JsonInput } from '../../form/inputs';
import { numberText } from '../../json';
import { Button } from '../../parts/button';
import { edgeKey, edgesOf, removeEdges } from '../document';
import { useEditor, useStore } from '../store';
import { Side } from './side';

interface Props {
  onClose: () => void;
  focus: number;
}

/** What concerns the workflow as a whole. */
export function WorkflowPanel({ onClose, focus }: Props) {
  const id = useId();
  const store = useStore();
  const { complaintsWithin } = useContext(FormContext);
  const doc = useEditor((s) => s.doc);
  const set = (name: 'description' | 'output' | 'timeout_seconds', value: unknown) => {
    const { [name]: _old, ...rest } = store.get().doc;
    store.change(value === undefined || value === '' ? rest : { ...rest, [name]: value }, `workflow/${name}`);
  };
  return (
    <Side title="Workflow settings" onClose={onClose} focus={focus}>
      <FieldFrame id={`${id}-description`} label="Description" optional complaints={complaintsWithin('/description')}>
        <textarea id={`${id}-description`} className="input" value={doc.description ?? ''} onChange={(event) => set('description', event.target.value)} />
      </FieldFrame>
      <FieldFrame id={`${id}-output`} label="Output" optional complaints={complaintsWithin('/output')} help="What an execution gives, with {{ }}. Without it, the outputs of the last steps by their ids.">
        <JsonInput id={`${id}-output`} label="Output" schema={{ 'x-placeholder': '{"ts": "{{steps.notify.ts | default: null}}"}' }} required={false} value={doc.output} at="/output" complaints={complaintsWithin('/output')} describedBy="" onChange={(value) => set('output', value)} />
      </FieldFrame>
      <FieldFrame id={`${id}-timeout`} label="Time limit in seconds" optional complaints={complaintsWithin('/timeout_seconds')} help="How long a whole execution may take.">
        <input id={`${id}-timeout`} className="input" type="number" min={1} value={numberText(doc.timeout_seconds)} onChange={(event) => set('timeout_seconds', event.target.value === '' ? undefined : Number(event.target.value))} />
      </FieldFrame>
    </Side>
  );
}

/** A selected edge. */
export function EdgePanel({ selected, onClose, focus }: Props & { selected: string }) {
  const store = useStore();
  const add = useContext(AddStep);
  const { complaintsWithin } = useContext(FormContext);
  const edges = edgesOf(useEditor((s) => s.doc));
  const index = edges.findIndex((e) => edgeKey(e) === selected);
  const edge = edges[index];
  if (!edge) return null;
  return (
    <Side title="Connection" subtitle={`${edge.from}${edge.port ? ` (${edge.port})` : ''} → ${edge.to}`} onClose={onClose} focus={focus}>
      {complaintsWithin(`/edges/${index}`).map((c, i) => <p key={i} className={`complaint ${c.severity}`}>{c.message} {c.hint && <span className="hint">{c.hint}</span>}</p>)}
      <div className="row">
        <Button slim onClick={() => add?.({ edge })}><Plus aria-hidden />Add a step here</Button>
        <Button slim look="danger" onClick={() => store.change(removeEdges(store.get().doc, new Set([selected])))}><Trash2 aria-hidden />Remove</Button>
      </div>
    </Side>
  );
}

/** Several selected steps. */
export function SeveralPanel({ count, onDuplicate, onDelete, onClose, focus }: Props & { count: number; onDuplicate: () => void; onDelete: () => void }) {
  return (
    <Side title={`${count} selected`} onClose={onClose} focus={focus}>
      <p className="muted">Drag one to move all. Copy them with <kbd>Ctrl C</kbd> and paste them here or in another workflow.</p>
      <div className="row">
        <Button slim onClick={onDuplicate}><Copy aria-hidden />Duplicate</Button>
        <Button slim look="danger" onClick={onDelete}><Trash2 aria-hidden />Delete</Button>
      </div>
    </Side>
  );
}
