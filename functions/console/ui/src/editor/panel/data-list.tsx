import { Search } from 'lucide-react';
import { useContext, useId, useMemo, useState } from 'react';
import { matchesSearch } from '../../parts/category';
import { say } from '../../parts/toast';
import { insertPath } from '../insert-path';
import { TemplateContext } from '../template-context';
import { groupsOf } from '../variable-groups';

// Whether the list is open stays while one goes from step to step.
let wasOpen = false;

/** What the step's texts can name, with sample values: a click puts one into the field that was edited last. */
export function DataList() {
  const id = useId();
  const { variables } = useContext(TemplateContext);
  const [search, setSearch] = useState('');
  const [open, setOpen] = useState(wasOpen);
  const groups = useMemo(() => (open ? groupsOf(variables.filter((v) => matchesSearch(search, v.path, v.detail))) : []), [open, variables, search]);
  const insert = (path: string) => { if (!insertPath(path)) say('Click into a text field first, then choose what to put there.'); };
  return (
    <details className="fold section-title" open={open} onToggle={(event) => { wasOpen = event.currentTarget.open; setOpen(wasOpen); }}>
      <summary>Data from the steps before</summary>
      <div className="stack">
        <div className="search">
          <Search aria-hidden />
          <input id={id} className="input" type="search" aria-label="Search data" placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />
        </div>
        {groups.map(({ title, rows }) => (
          <section key={title} aria-label={title}>
            <h3 className="data-group">{title}</h3>
            <ul className="data-list">
              {rows.map((row) => (
                <li key={row.path}>
                  <button type="button" className="data-row" style={{ paddingLeft: `${8 + row.depth * 14}px` }} aria-label={`Insert ${row.path}`} onMouseDown={(event) => event.preventDefault()} onClick={() => insert(row.path)}>
                    <code>{row.name}</code><span className="faint ellipsis">{row.value}</span>
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
        {groups.length === 0 && <p className="help">Nothing fits “{search}”.</p>}
      </div>
    </details>
  );
}
