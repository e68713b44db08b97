import { useInfiniteQuery } from '@tanstack/react-query';
import { ListFilter, Search } from 'lucide-react';
import { createContext, useContext, useEffect, useId, useMemo, useState, type KeyboardEvent } from 'react';
import { call } from '../api/client';
import type { Option, Page, Schema } from '../api/model';
import { typedNumber, writeJson } from '../json';
import { Button } from '../parts/button';
import { ErrorNote } from '../parts/states';
import { plainText } from './loose';

/** Who knows the values of an action's fields: the service, asked with a linked credential. */
export interface OptionSource {
  agent: string;
  connector: string;
  action: string;
  credential: string | undefined;
}

export const OptionContext = createContext<OptionSource | null>(null);

/** The values of the fields that a field's options depend on; only those that are given. */
export function dependencies(schema: Schema, values: Record<string, unknown>): Record<string, unknown> {
  const names = schema['x-options-depends'] ?? [];
  return Object.fromEntries(names.filter((name) => values[name] !== undefined && values[name] !== '').map((name) => [name, values[name]]));
}

/** A field's value with an option that was chosen: lists grow by it, numbers are numbers. */
export function chosen(kind: string, value: unknown, option: string): unknown {
  if (kind === 'integer' || kind === 'number') return typedNumber(option);
  if (kind !== 'list' && kind !== 'values') return option;
  const items = Array.isArray(value) ? value.map(plainText) : value === undefined || value === '' ? [] : [plainText(value)];
  return items.includes(option) ? value : [...items, option];
}

const PAUSE = 250;

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

interface Props {
  name: string;
  label: string;
  schema: Schema;
  /** The other values of the same action. */
  values: Record<string, unknown>;
  value: unknown;
  onPick: (option: string) => void;
}

/** A list of what the service offers for a field. Typing a value by hand always works, so it stays out of the way. */
export function OptionPicker(props: Props) {
  const source = useContext(OptionContext);
  const id = useId();
  const [open, setOpen] = useState(false);
  if (!source) return null;
  if (!source.credential) return <p className="help">With a credential, you can choose from a list here.</p>;
  const pick = (option: string) => {
    props.onPick(option);
    setOpen(false);
  };
  return (
    <div className="stack tight" onKeyDown={(event) => {
      if (event.key !== 'Escape' || !open) return;
      event.preventDefault();
      setOpen(false);
    }}>
      <div><Button slim look="quiet" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}><ListFilter aria-hidden />{open ? 'Close the list' : `Choose ${props.label.toLowerCase()} from a list`}</Button></div>
      {open && <OptionList {...props} id={id} source={{ ...source, credential: source.credential }} onPick={pick} />}
    </div>
  );
}

function OptionList({ id, name, label, schema, values, value, source, onPick }: Props & { id: string; source: OptionSource & { credential: string } }) {
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const search = useSettled(typed.trim());
  const depends = writeJson(dependencies(schema, values));
  const query = useInfiniteQuery({
    queryKey: ['options', source, name, depends, search],
    staleTime: 60_000,
    retry: false,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const asked = new URLSearchParams({ agent: source.agent, connector: source.connector, action: source.action, field: name, values: depends, query: search, cursor: pageParam });
      for (const [key, given] of [...asked]) if (given === '' || given === '{}') asked.delete(key);
      return call<Page<Option>>(`/v1/credentials/${source.credential}/options?${asked}`, { signal });
    },
    getNextPageParam: (page) => page.next_cursor,
  });
  const options = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const current = options[Math.min(at, options.length - 1)];
  const isChosen = (option: Option) => (Array.isArray(value) ? value.map(plainText).includes(option.value) : plainText(value) === option.value);
  const onKey = (event: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move !== undefined && options.length > 0) {
      event.preventDefault();
      const next = (Math.min(at, options.length - 1) + move + options.length) % options.length;
      setAt(next);
      document.getElementById(`${id}-${next}`)?.scrollIntoView({ block: 'nearest' });
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      if (current) onPick(current.value);
    }
  };
  return (
    <div className="options" id={id}>
      <div className="search">
        <Search aria-hidden />
        <input className="input" autoFocus role="combobox" aria-expanded aria-controls={`${id}-list`} aria-activedescendant={current && `${id}-${options.indexOf(current)}`} aria-label={`Search ${label.toLowerCase()}`}
          placeholder="Search" value={typed} onChange={(event) => { setTyped(event.target.value); setAt(0); }} onKeyDown={onKey} />
      </div>
      {query.error && <ErrorNote error={query.error} retry={() => void query.refetch()} polled />}
      {query.isPending && <p className="help" role="status">Asking the service…</p>}
      {query.data && options.length === 0 && <p className="help" role="status">{search ? `Nothing fits “${search}”. You can type the value itself above.` : 'The service has none. You can type the value itself above.'}</p>}
      <div role="listbox" id={`${id}-list`} aria-label={label} className="option-list" tabIndex={-1}>
        {options.map((option, i) => (
          <div key={option.value} id={`${id}-${i}`} role="option" aria-selected={option === current} className="option" onPointerMove={() => setAt(i)} onClick={() => onPick(option.value)}>
            <span className="grow ellipsis">{option.label}{option.description && <span className="faint"> · {option.description}</span>}</span>
            {isChosen(option) ? <span className="tag">chosen</span> : option.value !== option.label && <code className="faint ellipsis">{option.value}</code>}
          </div>
        ))}
      </div>
      {query.hasNextPage && <div><Button slim look="quiet" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>Show more</Button></div>}
    </div>
  );
}
