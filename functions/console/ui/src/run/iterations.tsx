import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { NodeRun, NodeStatus, Turn, WorkflowDocument } from '../api/model';
import { loopAround } from '../editor/document';
import { StatusLamp, statusWord } from '../parts/status';
import { spanOf } from '../parts/time';
import { reveal, useWindow } from '../parts/window';

const HEIGHT = 34;

/** The loops around a node, the outermost first. */
export function loopsAround(doc: WorkflowDocument, node: string): string[] {
  const loops: string[] = [];
  for (let at = loopAround(doc, node); at && !loops.includes(at.id); at = loopAround(doc, at.id)) loops.unshift(at.id);
  return loops;
}

/** What an iteration is called: lines[2] › parts[0]. */
export function turnName(iteration: string, loops: string[]): string {
  return iteration.split('.').map((index, i) => `${loops[i] ?? 'item'}[${index}]`).join(' › ');
}

/** What happened at a node for an item, or for one that it is a part of. */
export const turnOf = (run: NodeRun, chosen: string): Turn | undefined =>
  run.iterations?.find((t) => t.iteration === chosen) ?? run.iterations?.find((t) => t.iteration.startsWith(`${chosen}.`) || chosen.startsWith(`${t.iteration}.`));

/** Statuses that somebody looks for, before the others. */
const urgent: NodeStatus[] = ['failed', 'timed_out', 'waiting', 'running'];

/** The iteration that is shown: the chosen one, or one of the same item, else the first that needs somebody. */
export function chosenTurn(run: NodeRun, chosen: string): Turn | undefined {
  const turns = run.iterations ?? [];
  const same = chosen === '' ? undefined : turnOf(run, chosen);
  if (same) return same;
  for (const status of urgent) {
    const first = turns.find((t) => t.status === status);
    if (first) return first;
  }
  return turns[0];
}

interface Props {
  turns: Turn[];
  loops: string[];
  chosen: string;
  onChoose: (iteration: string) => void;
}

/** What happened for each item of a loop, however many these are: by status, by number, in a list. */
export function Iterations({ turns, loops, chosen, onChoose }: Props) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [status, setStatus] = useState<NodeStatus | ''>('');
  const [number, setNumber] = useState('');
  const counts = useMemo(() => {
    const counted = new Map<NodeStatus, number>();
    for (const t of turns) counted.set(t.status, (counted.get(t.status) ?? 0) + 1);
    return counted;
  }, [turns]);
  const wanted = number.trim().replace(/[^\d.]/g, '');
  const list = useMemo(
    () => turns.filter((t) => (status === '' || t.status === status) && (wanted === '' || t.iteration === wanted || t.iteration.startsWith(`${wanted}.`))),
    [turns, status, wanted],
  );
  const seen = useWindow(box, list.length, HEIGHT);
  const at = list.findIndex((t) => t.iteration === chosen);
  useEffect(() => { if (at >= 0) reveal(box.current, at, HEIGHT); }, [at]);
  const keyDown = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: list.length - 1, PageDown: at + 6, PageUp: at - 6 };
    const to = moves[event.key];
    if (to === undefined || list.length === 0) return;
    event.preventDefault();
    onChoose(list[Math.max(0, Math.min(list.length - 1, to))]!.iteration);
  };
  return (
    <section className="section" aria-label="Items of the loop">
      <div className="row">
        <h3 className="grow">Items <span className="count">{turns.length.toLocaleString('en')}</span></h3>
        {turns.length > 6 && <input className="input turn-number" inputMode="decimal" aria-label="Item by its index" placeholder="Index" value={number} onChange={(event) => setNumber(event.target.value)} />}
      </div>
      {counts.size > 1 && (
        <div className="chips" role="group" aria-label="Status of the items">
          <button type="button" className="chip" aria-pressed={status === ''} onClick={() => setStatus('')}>All</button>
          {[...counts].map(([s, count]) => <button key={s} type="button" className="chip" aria-pressed={status === s} onClick={() => setStatus(s)}>{statusWord(s)} {count.toLocaleString('en')}</button>)}
        </div>
      )}
      {list.length === 0 ? <p className="small muted" role="status">No item is like that.</p> : (
        <div ref={box} className="turns" role="listbox" aria-label="Items" tabIndex={0} onKeyDown={keyDown} {...(at >= 0 ? { 'aria-activedescendant': `${id}-${at}` } : {})}>
          <div style={{ height: list.length * HEIGHT, position: 'relative' }} role="presentation">
            {list.slice(seen.from, seen.to).map((t, i) => {
              const index = seen.from + i;
              return (
                <div key={t.iteration} id={`${id}-${index}`} role="option" aria-selected={index === at} aria-setsize={list.length} aria-posinset={index + 1} className="turn" style={{ top: index * HEIGHT }} onClick={() => onChoose(t.iteration)}>
                  <span className="mono ellipsis grow">{turnName(t.iteration, loops)}</span>
                  <span className="small muted nowrap">{t.status !== 'skipped' && spanOf(t.started_at, t.stopped_at)}</span>
                  <StatusLamp status={t.status} />
                </div>
              );
            })}
          </div>
        </div>
      )}
    </section>
  );
}
