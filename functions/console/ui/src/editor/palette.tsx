import { Search } from 'lucide-react';
import { useId, useMemo, useState, type KeyboardEvent } from 'react';
import { StepIcon } from '../canvas/step-card';
import { categoryOrder, categoryTitle, matchesSearch } from '../parts/category';
import { Dialog } from '../parts/dialog';
import { LOGIC, type NodeKind, type NodeKinds } from './node-kinds';

/** The steps that can be added, by category, with a search. Arrows move, Enter adds. */
export function Palette({ kinds, onPick, onClose }: { kinds: NodeKinds; onPick: (kind: NodeKind) => void; onClose: () => void }) {
  const id = useId();
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const groups = useMemo(() => grouped(kinds, search), [kinds, search]);
  const flat = groups.flatMap(([, list]) => list);
  const current = flat[Math.min(at, flat.length - 1)];

  const onKey = (event: KeyboardEvent) => {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined && flat.length > 0) {
      event.preventDefault();
      const next = (Math.min(at, flat.length - 1) + move + flat.length) % flat.length;
      setAt(next);
      document.getElementById(`${id}-${flat[next]!.type}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter' && current) {
      event.preventDefault();
      onPick(current);
    }
  };

  return (
    <Dialog title="Add a step" className="top" onClose={onClose}>
      <div className="search palette-search">
        <Search aria-hidden />
        <input className="input" autoFocus role="combobox" aria-expanded aria-controls={`${id}-list`} aria-activedescendant={current && `${id}-${current.type}`} aria-label="Search steps"
          placeholder="Search, such as message or condition" value={search} onChange={(event) => { setSearch(event.target.value); setAt(0); }} onKeyDown={onKey} />
      </div>
      <div className="palette-list" role="listbox" id={`${id}-list`} aria-label="Steps" tabIndex={-1}>
        {groups.map(([title, list]) => (
          <div key={title} role="group" aria-label={title}>
            <div className="palette-group" aria-hidden>{title}</div>
            {list.map((kind) => (
              <div key={kind.type} id={`${id}-${kind.type}`} role="option" aria-selected={kind === current} className="palette-option" onPointerMove={() => setAt(flat.indexOf(kind))} onClick={() => onPick(kind)}>
                <StepIcon type={kind.type} icon={kind.icon} small />
                <div className="grow">
                  <p className="ellipsis">{kind.connector ? <><strong>{kind.title}</strong> <span className="faint">{kind.connector.title}</span></> : <strong>{kind.title}</strong>}</p>
                  <p className="ellipsis">{kind.summary}</p>
                </div>
              </div>
            ))}
          </div>
        ))}
      </div>
      {flat.length === 0 && <p className="muted" role="status">No step fits “{search}”.</p>}
    </Dialog>
  );
}

function grouped(kinds: NodeKinds, search: string): [title: string, list: NodeKind[]][] {
  const fitting = [...kinds.values()].filter((k) => matchesSearch(search, k.title, k.type, k.summary, k.connector?.title ?? '', categoryTitle(k.category)));
  const titles = [LOGIC, ...categoryOrder];
  return titles
    .map((c): [string, NodeKind[]] => [c === LOGIC ? 'Logic' : categoryTitle(c), fitting.filter((k) => k.category === c)])
    .filter(([, list]) => list.length > 0);
}
