import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { call, fileAndHeaders } from '../api/client';
import type { AuditEntry, Page } from '../api/model';
import { Button } from '../parts/button';
import { saveFile } from '../parts/save-file';
import { Loaded } from '../parts/states';
import { Time } from '../parts/time';
import { complain } from '../parts/toast';

/** All of it, in parts: on AWS an answer has room for some thousands of entries. */
async function exportAudit(): Promise<Blob> {
  const parts: Blob[] = [];
  for (let after = '', more = true; more;) {
    const part = await fileAndHeaders(`/v1/audit/export?limit=5000&after=${encodeURIComponent(after)}`);
    parts.push(part.file);
    after = part.headers.get('X-Next-After') ?? '';
    more = after !== '';
  }
  return new Blob(parts, { type: parts[0]?.type });
}

/** Who did what, newest first, decryptions of credentials included. */
export function AuditLog() {
  const [filter, setFilter] = useState({ actor: '', resource: '' });
  const entries = useInfiniteQuery({
    queryKey: ['audit', filter],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const given = Object.entries({ ...filter, cursor: pageParam, limit: '50' }).filter(([, value]) => value !== '');
      return call<Page<AuditEntry>>(`/v1/audit?${new URLSearchParams(given)}`, { signal });
    },
    getNextPageParam: (page) => page.next_cursor,
  });
  const save = useMutation({ mutationFn: exportAudit, onSuccess: (lines) => saveFile(lines, 'audit.jsonl'), onError: complain });
  const list = entries.data?.pages.flatMap((page) => page.items);
  return (
    <>
      <form className="row wrap" onSubmit={(event) => { event.preventDefault(); const data = new FormData(event.currentTarget); setFilter({ actor: String(data.get('actor')).trim(), resource: String(data.get('resource')).trim() }); }}>
        <input name="actor" className="input filter" aria-label="Only what this one did" placeholder="By, such as owner" />
        <input name="resource" className="input filter" aria-label="Only what was done to this" placeholder="To, such as cred_…" />
        <Button type="submit">Show</Button>
        <span className="grow" />
        <Button busy={save.isPending} onClick={() => save.mutate()}><Download aria-hidden />Export</Button>
      </form>
      <Loaded query={{ data: list, error: entries.error, refetch: entries.refetch }}>
        {(found) => found.length === 0 ? <p className="muted">Nothing fits.</p> : (
          <ul className="rows audit">
            {found.map((e) => (
              <li key={`${e.chain}/${e.sequence}`}>
                <span className="small faint audit-time"><Time at={e.at} exact /></span>
                <code>{e.action}</code>
                <span className="grow small ellipsis"><span className="muted">by</span> {e.actor} <span className="muted">to</span> <code>{e.resource}</code></span>
                {e.reason && <span className="small faint">{e.reason}</span>}
                {e.count !== undefined && e.count > 1 && <span className="small faint">{e.count} times</span>}
                {e.execution && <span className="small faint ellipsis">for <code>{e.execution}</code></span>}
                <code className="small faint" title={`Hash ${e.hash}, after ${e.prev_hash || 'nothing'}`}>{e.hash.slice(0, 10)}</code>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {entries.hasNextPage && <div><Button busy={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>Older</Button></div>}
      <p className="help">Every entry holds the hash of the one before it, so that nobody can change or take out one unnoticed. <code>go run ./infra/local audit verify FILE</code> checks an export.</p>
    </>
  );
}
