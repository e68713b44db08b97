import { Search } from 'lucide-react';
import { Fragment, useMemo, useState } from 'react';
import { CopyButton } from '../parts/copy';

const MAX_SHOWN = 200_000;

/** JSON to read: with a search that marks what it finds, and a button that copies it. */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const [search, setSearch] = useState('');
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? 'null', [value]);
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n…` : text;
  const parts = useMemo(() => split(shown, search), [shown, search]);
  const found = Math.floor(parts.length / 2);
  return (
    <div className="stack">
      <div className="row">
        <div className="search grow">
          <Search aria-hidden />
          <input className="input" type="search" aria-label={`Search in ${label.toLowerCase()}`} placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} />
        </div>
        <CopyButton text={text} />
      </div>
      {search && <p className="small muted" role="status">{found === 0 ? 'Not found' : found === 1 ? 'Found once' : `Found ${found} times`}</p>}
      <pre className="code-block" tabIndex={0} aria-label={label}>{parts.map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : <Fragment key={i}>{part}</Fragment>))}</pre>
    </div>
  );
}

/** Splits a text at what is searched for: every second part is a find. */
export function split(text: string, search: string): string[] {
  if (search === '') return [text];
  const pattern = new RegExp(`(${search.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`, 'gi');
  return text.split(pattern);
}
