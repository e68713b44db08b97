import { Plus, X } from 'lucide-react';
import { useContext } from 'react';
import type { WorkflowNode } from '../../api/model';
import { AddStep } from '../../canvas/step-card';
import { Button, IconButton } from '../../parts/button';
import { canConnect, connect, edgeKey, edgesOf, nodesOf, removeEdges, TRIGGER } from '../document';
import { portsOf, portWord, type NodeKinds } from '../node-kinds';
import { useEditor, useStore } from '../store';

/** What follows a step, by port: connecting and disconnecting without the mouse. */
export function NextSteps({ node, kinds }: { node: WorkflowNode | null; kinds: NodeKinds }) {
  const store = useStore();
  const add = useContext(AddStep);
  const doc = useEditor((s) => s.doc);
  const id = node?.id ?? TRIGGER;
  const leaving = edgesOf(doc).filter((e) => e.from === id);
  const ports = node ? portsOf(node, kinds, leaving.map((e) => e.port ?? '')) : [''];
  if (ports.length === 0) return <p className="help">Nothing follows: this step ends the execution.</p>;
  const titleOf = (to: string) => { const n = nodesOf(doc).find((other) => other.id === to); return n ? `${n.name || kinds.get(n.type)?.title || n.type} (${to})` : to; };
  return (
    <section className="next-steps" aria-label="What follows">
      <h3 className="section-title">Then</h3>
      {ports.map((port) => {
        const possible = nodesOf(doc).filter((n) => canConnect(doc, id, port, n.id));
        return (
          <div key={port} className="stack tight">
            {ports.length > 1 && <code className="small">{portWord(port, ports)}</code>}
            {leaving.filter((e) => (e.port ?? '') === port).map((e) => (
              <div key={edgeKey(e)} className="next-step">
                <button type="button" className="button slim grow" onClick={() => store.select([e.to])}><span className="ellipsis">{titleOf(e.to)}</span></button>
                <IconButton slim look="quiet" label={`Disconnect ${e.to}`} onClick={() => store.change(removeEdges(doc, new Set([edgeKey(e)])))}><X aria-hidden /></IconButton>
              </div>
            ))}
            <div className="next-step">
              <Button slim look="quiet" onClick={() => add?.({ from: id, port })}><Plus aria-hidden />Add a step</Button>
              {possible.length > 0 && (
                <select className="input" aria-label={`Connect ${port || 'the end'} with`} value="" onChange={(event) => store.change(connect(doc, id, port, event.target.value))}>
                  <option value="">or connect with…</option>
                  {possible.map((n) => <option key={n.id} value={n.id}>{titleOf(n.id)}</option>)}
                </select>
              )}
            </div>
          </div>
        );
      })}
    </section>
  );
}
