import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp, Download, Search } from 'lucide-react';
import { Fragment, useEffect, useMemo, useState, type KeyboardEvent } from 'react';
import { call } from '../api/client';
import { writeJson } from '../json';
import { Button, IconButton } from '../parts/button';
import { CopyButton } from '../parts/copy';
import { ErrorNote } from '../parts/states';
import { stepText } from '../template/parse';
import { JsonTree } from './json-tree';
import { findIn, isStandIn, largeMembers, MAX_FINDS, sizeOf, type StandIn } from './values';

/** From this length on, in characters, a value is shown as a tree. */
const LONG = 4_000;

interface Props {
  value: unknown;
  label: string;
  /** What templates call it, such as steps.notify; not there of what they cannot name. */
  root?: string;
}

/** JSON to read: as text or, if there is more of it, as a tree; with a search, and a button that copies it. */
export function JsonView({ value, label, root }: Props) {
  if (isStandIn(value)) return <Large at={value} label={label} root={root} />;
  const whole = <Whole value={value} label={label} root={root} />;
  const large = largeMembers(value);
  if (large.length === 0) return whole;
  return (
    <div className="stack">
      {whole}
      {large.map(([name, at]) => <Large key={name} at={at} name={name} label={`${label}: ${name}`} root={root && root + stepText(name)} />)}
    </div>
  );
}

/** A value that the execution only refers to: it is read when somebody wants to see it. */
function Large({ at, name, label, root }: { at: StandIn; name?: string; label: string; root: string | undefined }) {
  const [wanted, setWanted] = useState(false);
  // It never changes: what refers to it has its hash.
  const value = useQuery({ queryKey: ['value', at.url], enabled: wanted, staleTime: Infinity, queryFn: ({ signal }) => call<unknown>(at.url, { signal }) });
  if (value.data !== undefined) return <Whole value={value.data} label={label} root={root} />;
  return (
    <div className="stack">
      <div className="note"><div className="grow"><p>{name ? <code>{name}</code> : 'This'} is large{at.bytes !== undefined && `: ${sizeOf(at.bytes)}`}. It is kept beside the execution.</p></div></div>
      {value.error && <ErrorNote error={value.error} />}
      <div><Button busy={value.isFetching} onClick={() => (wanted ? void value.refetch() : setWanted(true))}><Download aria-hidden />Show it</Button></div>
    </div>
  );
}

function Whole({ value, label, root: name }: { value: unknown; label: string; root: string | undefined }) {
  const root = name ?? label.toLowerCase();
  const [search, setSearch] = useState('');
  const [at, setAt] = useState(0);
  const text = useMemo(() => writeJson(value, 2) ?? 'null', [value]);
  const [asTree, setAsTree] = useState(text.length > LONG);
  const parts = useMemo(() => (asTree ? [] : split(text, search)), [asTree, text, search]);
  const paths = useMemo(() => (asTree ? findIn(value, root, search) : []), [asTree, value, root, search]);
  const count = asTree ? paths.length : Math.floor(parts.length / 2);
  useEffect(() => setAt(0), [search, asTree]);
  const step = (by: number) => count > 0 && setAt((i) => (i + by + count) % count);
  const keyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  };
  return (
    <div className="stack">
      <div className="row wrap">
        <div className="search grow">
          <Search aria-hidden />
          <input className="input" type="search" aria-label={`Search in ${label.toLowerCase()}`} placeholder="Search" value={search} onChange={(event) => setSearch(event.target.value)} onKeyDown={keyDown} />
        </div>
        {text.length <= 200_000 && text.length > 200 && <Button slim onClick={() => setAsTree(!asTree)}>{asTree ? 'As text' : 'As tree'}</Button>}
        <CopyButton text={text} />
      </div>
      {search && (
        <div className="row">
          <p className="small muted grow" role="status">{foundWords(count)}{asTree && count > 1 && `, this is ${at + 1}`}</p>
          {asTree && count > 1 && <><IconButton slim look="quiet" label="Before" onClick={() => step(-1)}><ChevronUp aria-hidden /></IconButton><IconButton slim look="quiet" label="Next" onClick={() => step(1)}><ChevronDown aria-hidden /></IconButton></>}
        </div>
      )}
      {asTree
        ? <JsonTree value={value} label={label} root={root} isNamed={name !== undefined} target={paths[at] ?? null} />
        : <pre className="code-block" tabIndex={0} aria-label={label}>{parts.map((part, i) => (i % 2 === 1 ? <mark key={i}>{part}</mark> : <Fragment key={i}>{part}</Fragment>))}</pre>}
    </div>
  );
}

const foundWords = (count: number) => (count === 0 ? 'Not found' : count === 1 ? 'Found once' : count >= MAX_FINDS ? `Found ${MAX_FINDS} times or more` : `Found ${count} times`);

/** Splits a text at what is searched for: every second part is a find. */
export function split(text: string, search: string): string[] {
  if (search === '') return [text];
  const pattern = new RegExp(`(${search.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')})`, 'gi');
  return text.split(pattern);
}
