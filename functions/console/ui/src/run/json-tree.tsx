import { ChevronRight } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { isExact, writeJson } from '../json';
import { CopyButton } from '../parts/copy';
import { reveal, useWindow } from '../parts/window';
import { above, isBranch, isStandIn, openAtFirst, rowsOf, scalarText, type Row } from './values';

const HEIGHT = 24;

interface Props {
  value: unknown;
  label: string;
  /** What the rows' paths begin with. */
  root: string;
  /** Templates can name the value, by these paths. */
  isNamed: boolean;
  /** A path to show, with what leads to it. */
  target: string | null;
}

/** JSON as a tree, of which only what is seen is drawn. */
export function JsonTree({ value, label, root, isNamed, target }: Props) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(() => openAtFirst(value, root));
  const [active, setActive] = useState(root);
  useEffect(() => {
    if (target === null) return;
    setOpen((before) => new Set([...before, ...above(value, root, target)]));
    setActive(target);
  }, [target, value, root]);
  const rows = useMemo(() => rowsOf(value, root, open), [value, root, open]);
  const seen = useWindow(box, rows.length, HEIGHT);
  const at = Math.max(0, rows.findIndex((row) => row.path === active));
  useEffect(() => reveal(box.current, at, HEIGHT), [at, rows.length]);
  const toggle = (row: Row, wanted = !open.has(row.path)) => {
    const next = new Set(open);
    if (wanted) next.add(row.path);
    else next.delete(row.path);
    setOpen(next);
    setActive(row.path);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[at]!;
    const go = (index: number) => setActive(rows[Math.max(0, Math.min(rows.length - 1, index))]!.path);
    const parent = () => { for (let i = at - 1; i >= 0; i--) if (rows[i]!.depth < row.depth) return go(i); };
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), Home: () => go(0), End: () => go(rows.length - 1), PageDown: () => go(at + 12), PageUp: () => go(at - 12),
      ArrowRight: () => (row.size === null ? undefined : open.has(row.path) ? go(at + 1) : toggle(row, true)),
      ArrowLeft: () => (row.size !== null && open.has(row.path) ? toggle(row, false) : parent()),
      Enter: () => row.size !== null && toggle(row), ' ': () => row.size !== null && toggle(row),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  };
  const row = rows[at]!;
  return (
    <div className="tree">
      <div ref={box} className="tree-rows" role="tree" aria-label={label} tabIndex={0} aria-activedescendant={`${id}-${at}`} onKeyDown={keyDown}>
        <div style={{ height: rows.length * HEIGHT, position: 'relative' }} role="presentation">
          {rows.slice(seen.from, seen.to).map((r, i) => {
            const index = seen.from + i;
            return (
              <div key={r.path} id={`${id}-${index}`} role="treeitem" aria-level={r.depth + 1} aria-setsize={r.siblings} aria-posinset={r.place} aria-selected={index === at}
                {...(r.size === null ? {} : { 'aria-expanded': open.has(r.path) })} className="tree-row" style={{ top: index * HEIGHT, paddingLeft: 6 + Math.min(r.depth, 12) * 14 }}
                onClick={() => (r.size === null ? setActive(r.path) : toggle(r))}
              >
                {r.size === null ? <span className="tree-gap" /> : <ChevronRight className={open.has(r.path) ? 'open' : ''} aria-hidden />}
                {r.name !== null && <span className="tree-name">{r.name}:</span>}
                <Value row={r} />
              </div>
            );
          })}
        </div>
      </div>
      <div className="tree-foot">
        <code className="grow ellipsis" title={row.path}>{row.path}</code>
        {isNamed && <CopyButton text={`{{${row.path}}}`} label="Copy as variable" />}
        <CopyButton text={isBranch(row.value) ? writeJson(row.value, 2) : scalarText(row.value)} label="Copy value" />
      </div>
      {typeof row.value === 'string' && row.value.length > 40 && <pre className="code-block tree-text" tabIndex={0} aria-label="The whole text">{row.value.slice(0, 20_000)}</pre>}
    </div>
  );
}

function Value({ row }: { row: Row }) {
  if (row.size !== null) return <span className="tree-size">{Array.isArray(row.value) ? `[${row.size}]` : `{${row.size}}`}</span>;
  if (isStandIn(row.value)) return <span className="tree-size">{scalarText(row.value)}, not shown here</span>;
  const kind = row.value === null ? 'null' : isExact(row.value) ? 'number' : typeof row.value;
  return <span className={`tree-value ${kind}`}>{kind === 'string' ? writeJson((row.value as string).slice(0, 300)) : String(row.value)}</span>;
}
