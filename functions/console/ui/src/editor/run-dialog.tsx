import { useId, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { call, Problem } from '../api/client';
import type { Workflow, WorkflowDocument } from '../api/model';
import { useOnce } from '../api/once';
import { useVersion } from '../api/queries';
import { isObject } from '../api/shape';
import { FormContext, toolsFor } from '../form/context';
import { Fields } from '../form/field';
import { readSchema } from '../form/schema';
import { writeJson } from '../json';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { ErrorNote, Loaded, Note } from '../parts/states';
import { offered, parseInput } from './run-input';
import type { Saver } from './saver';
import type { Sample } from './variables';

interface Props {
  workflow: Workflow;
  sample: Sample | null;
  onClose: () => void;
}

/** Starts the version that serves. What it asks for is what that version says, not the draft. */
export function RunDialog({ workflow, sample, onClose }: Props) {
  const [, go] = useLocation();
  const version = useVersion(workflow.id, workflow.published_version ?? 0);
  const title = `Run version ${workflow.published_version}`;
  if (!version.data) return <Dialog title={title} onClose={onClose}><Loaded query={version} count={1}>{() => null}</Loaded></Dialog>;
  return <Start title={title} description="It runs for real: mails are sent, messages posted." workflow={workflow} document={version.data.document} sample={sample} onClose={onClose} onStarted={(id) => go(`/workflows/${workflow.id}/executions/${id}`)} />;
}

interface TryProps extends Props {
  document: WorkflowDocument;
  /** Stores what is not stored yet: what runs is the stored draft. */
  saver: Saver;
  onStarted: (execution: string) => void;
}

/** Runs the draft whole, without publishing it. */
export function TryDialog({ workflow, document, sample, saver, onClose, onStarted }: TryProps) {
  const prepare = () => saver.withDraft(async (etag) => (await call<{ version: number }>(`/v1/workflows/${workflow.id}/trial`, { method: 'POST', ifMatch: etag })).version);
  return <Start title="Run the draft" description="As it is now, and without publishing it. It runs for real: mails are sent, messages posted." workflow={workflow} document={document} sample={sample} prepare={prepare} onClose={onClose} onStarted={onStarted} />;
}

interface StartProps extends Props {
  title: string;
  description: string;
  document: WorkflowDocument;
  /** Gives the version to run, if it is not the one that serves. */
  prepare?: () => Promise<number>;
  onStarted: (execution: string) => void;
}

function Start({ title, description, workflow, document, sample, prepare, onClose, onStarted }: StartProps) {
  const id = useId();
  const trigger = document.trigger?.type;
  const schema = trigger === 'manual' ? readSchema(document.trigger?.config?.['input_schema']) : undefined;
  const [text, setText] = useState(() => writeJson(offered(document, sample), 2));
  const [asJson, setAsJson] = useState(false);
  const input = parseInput(text);
  const start = useOnce({
    send: async (value: unknown, idempotencyKey) => {
      const version = await prepare?.();
      return call<{ id: string }>(`/v1/workflows/${workflow.id}/executions`, { method: 'POST', idempotencyKey, body: { input: value, ...(version === undefined ? {} : { version }) } });
    },
    onSuccess: (x) => onStarted(x.id),
  });
  const run = () => { if (input) start.mutate(input.value); };
  const tools = useMemo(() => toolsFor(start.error instanceof Problem ? start.error.errors.map((e) => ({ ...e, pointer: e.pointer.replace(/^\/input(?=\/)/, '') })) : []), [start.error]);
  const values = input?.value;
  const asForm = !asJson && schema?.properties !== undefined && isObject(values);
  const change = (next: string) => {
    setText(next);
    start.reset();
  };
  return (
    <Dialog title={title} description={description} onClose={onClose} onSubmit={run}
      foot={<><Button onClick={onClose}>Cancel</Button><Button look="primary" busy={start.isPending} disabled={!input} onClick={run}>Run</Button></>}
    >
      {asForm ? (
        <FormContext.Provider value={tools}>
          <form className="stack" onSubmit={(event) => { event.preventDefault(); run(); }}>
            <Fields schema={schema} value={values} at="" onChange={(next) => change(writeJson(next, 2))} />
            <button type="submit" hidden />
          </form>
        </FormContext.Provider>
      ) : (
        <div className="field">
          <label className="field-label" htmlFor={id}>{trigger === 'webhook' ? 'Body of the request' : 'Input'}</label>
          <textarea id={id} className="input mono" rows={10} spellCheck={false} value={text} onChange={(event) => change(event.target.value)} aria-invalid={!input || undefined} aria-describedby={`${id}-help`} />
          <p id={`${id}-help`} className="help">JSON.{trigger === 'schedule' || trigger === 'event' ? ' It usually starts by itself; this start is an extra one.' : ''}</p>
        </div>
      )}
      {schema?.properties && <div><Button slim look="quiet" onClick={() => setAsJson(!asJson)}>{asForm ? 'Edit as JSON' : 'Edit as a form'}</Button></div>}
      {!input && <Note tone="bad"><p>This is not JSON.</p></Note>}
      {start.error && <Refused error={start.error} />}
    </Dialog>
  );
}

function Refused({ error }: { error: Error }) {
  const found = error instanceof Problem ? error.body.diagnostics?.filter((d) => d.severity === 'error') : undefined;
  if (!found?.length) return <ErrorNote error={error} />;
  return (
    <Note tone="bad" role="alert">
      <p>Mend this first:</p>
      <ul>{found.map((d, i) => <li key={i}>{d.node && <strong>{d.node}: </strong>}{d.message} {d.hint && <span className="muted">{d.hint}</span>}</li>)}</ul>
    </Note>
  );
}
