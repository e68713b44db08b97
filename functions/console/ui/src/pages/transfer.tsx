import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Download, FileUp } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import { Link } from 'wouter';
import { call, callForFile } from '../api/client';
import type { ImportReport } from '../api/model';
import { useOnce } from '../api/once';
import { readJson } from '../json';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { saveFile } from '../parts/save-file';
import { ErrorNote, Note, Skeletons } from '../parts/states';
import { complain, say } from '../parts/toast';

/** Saves all agents and workflows as one file, without secrets, and takes such a file in. */
export function Transfer() {
  const input = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<Chosen | null>(null);
  const save = useMutation({ mutationFn: () => callForFile('/v1/export'), onSuccess: (bundle) => saveFile(bundle, 'switchboard-export.json'), onError: complain });
  const take = async (chosen: File) => {
    try {
      setFile({ name: chosen.name, bundle: readJson(await chosen.text()) as unknown });
    } catch (error) {
      if (error instanceof SyntaxError) say(`${chosen.name} is not JSON. Choose a file that Export has saved.`);
      else complain(error);
    }
  };
  return (
    <>
      <input ref={input} type="file" accept="application/json,.json" hidden onChange={(event) => { const f = event.target.files?.[0]; if (f) void take(f); event.target.value = ''; }} />
      <Button needs="admin" busy={save.isPending} onClick={() => save.mutate()} title="All agents and workflows as one file, without secrets"><Download aria-hidden />Export</Button>
      <Button needs="admin" onClick={() => input.current?.click()}><FileUp aria-hidden />Import…</Button>
      {file && <Import file={file} onClose={() => setFile(null)} />}
    </>
  );
}

interface Chosen {
  name: string;
  bundle: unknown;
}

interface Options {
  publish: boolean;
  replace: boolean;
}

function Import({ file, onClose }: { file: Chosen; onClose: () => void }) {
  const client = useQueryClient();
  const id = useId();
  const [options, choose] = useState<Options>({ publish: false, replace: false });
  const send = (dry: boolean) =>
    call<ImportReport>(`/v1/import?${new URLSearchParams({ dry_run: String(dry), publish: String(options.publish), replace: String(options.replace) })}`, { method: 'POST', body: file.bundle });
  // What would be done is asked for at once, and again with every other choice.
  const plan = useQuery({ queryKey: ['import', id, options], queryFn: () => send(true), retry: false, staleTime: Infinity, gcTime: 0, placeholderData: (before) => before });
  const done = useOnce({ send: () => send(false), onSuccess: () => client.invalidateQueries() });
  const report = done.data ?? plan.data;
  const nothing = report && report.agents.length + report.workflows.length === 0;
  return (
    <Dialog title={done.data ? 'It is imported' : `Import ${file.name}`} onClose={onClose}
      foot={done.data ? <Button look="primary" onClick={onClose}>Done</Button>
        : <><Button onClick={onClose}>Cancel</Button><Button look="primary" busy={done.isPending} disabled={!plan.data || nothing === true} onClick={() => done.mutate()}>Import</Button></>}
    >
      {plan.error ? <ErrorNote error={plan.error} /> : !report && <Skeletons count={2} />}
      {done.error && <ErrorNote error={done.error} />}
      {nothing && <Note tone="warn"><p>There is nothing in this file.</p></Note>}
      {report && <Report report={report} done={done.data !== undefined} />}
      {report && !done.data && (
        <div className="stack tight">
          <label className="switch"><input type="checkbox" role="switch" checked={options.publish} onChange={(event) => choose({ ...options, publish: event.target.checked })} /><span>Publish what was published there</span></label>
          <p className="help">Leave it off while the other account still serves: schedules and webhooks would do everything twice.</p>
          <label className="switch"><input type="checkbox" role="switch" checked={options.replace} onChange={(event) => choose({ ...options, replace: event.target.checked })} /><span>Replace drafts that are there and differ</span></label>
        </div>
      )}
    </Dialog>
  );
}

const words: Record<ImportReport['workflows'][number]['result'], [would: string, was: string]> = {
  created: ['would be new', 'is new'], unchanged: ['is there already', 'was there already'], connected: ['would get its credentials', 'has its credentials now'],
  kept: ['differs; yours would stay', 'differs; yours stays'], replaced: ['would be replaced', 'is replaced'],
};

function Report({ report, done }: { report: ImportReport; done: boolean }) {
  const missing = report.credentials.filter((c) => c.result === 'missing');
  const word = (result: keyof typeof words) => words[result][done ? 1 : 0];
  return (
    <>
      {missing.length > 0 && (
        <Note tone="warn">
          <p>Not in this account: {missing.map((c) => c.name).join(', ')}.</p>
          <p>Steps that use {missing.length === 1 ? 'it' : 'them'} come without. Connect {missing.length === 1 ? 'it' : 'them'} under the same name and import again: then {missing.length === 1 ? 'it is' : 'they are'} put in.</p>
        </Note>
      )}
      <ul className="rows import-report">
        {report.agents.map((a) => (
          <li key={a.source}>
            <div className="grow">
              <p><strong>{done ? <Link href={`/agents/${a.id}/workflows`}>{a.name}</Link> : a.name}</strong> <span className="small muted">{a.result === 'exists' ? (done ? 'was there already' : 'is there already') : word('created')}{a.renamed_from && `, in place of ${a.renamed_from}, which is taken`}</span></p>
              <ul className="uses small">
                {report.workflows.filter((w) => w.agent_id === a.id).map((w) => (
                  <li key={w.source}>{w.name || 'Untitled'} <span className="muted">{word(w.result)}{w.published_version ? `, published as version ${w.published_version}` : ''}</span>{w.problem && <p className="complaint">{w.problem}</p>}</li>
                ))}
              </ul>
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
