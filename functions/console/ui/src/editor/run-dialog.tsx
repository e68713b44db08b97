import { useMutation } from '@tanstack/react-query';
import { useId, useMemo, useState } from 'react';
import { useLocation } from 'wouter';
import { call, Problem } from '../api/client';
import type { Schema, Workflow, WorkflowDocument } from '../api/model';
import { useVersion } from '../api/queries';
import { FormContext, toolsFor } from '../form/context';
import { Fields } from '../form/field';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { ErrorNote, Loaded, Note } from '../parts/states';
import { offered, parseInput } from './run-input';
import type { Sample } from './variables';

interface Props {
  workflow: Workflow;
  sample: Sample | null;
  onClose: () => void;
}

/** Starts the version that serves. What it asks for is what that version says, not the draft. */
export function RunDialog({ workflow, sample, onClose }: Props) {
  const version = useVersion(workflow.id, workflow.published_version ?? 0);
  if (version.data) return <Start workflow={workflow} document={version.data.document} sample={sample} onClose={onClose} />;
  return <Dialog title={`Run version ${workflow.published_version}`} onClose={onClose}><Loaded query={version} count={1}>{() => null}</Loaded></Dialog>;
}

function Start({ workflow, document, sample, onClose }: Props & { document: WorkflowDocument }) {
  const id = useId();
  const [, go] = useLocation();
  const trigger = document.trigger?.type;
  const schema = trigger === 'manual' ? (document.trigger?.config?.['input_schema'] as Schema | undefined) : undefined;
  const [text, setText] = useState(() => JSON.stringify(offered(document, sample), null, 2));
  const [asJson, setAsJson] = useState(false);
  const input = parseInput(text);
  const start = useMutation({
    mutationFn: () => call<{ id: string }>(`/v1/workflows/${workflow.id}/executions`, { method: 'POST', body: { input: input?.value } }),
    onSuccess: (x) => go(`/workflows/${workflow.id}/executions/${x.id}`),
  });
  const tools = useMemo(() => toolsFor(start.error instanceof Problem ? start.error.errors.map((e) => ({ ...e, pointer: e.pointer.replace(/^\/input(?=\/)/, '') })) : []), [start.error]);
  const values = input?.value;
  const asForm = !asJson && schema?.properties !== undefined && typeof values === 'object' && values !== null && !Array.isArray(values);
  const change = (next: string) => {
    setText(next);
    start.reset();
  };
  return (
    <Dialog title={`Run version ${workflow.published_version}`} description="It runs for real: mails are sent, messages posted." onClose={onClose}
      foot={<><Button onClick={onClose}>Cancel</Button><Button look="primary" busy={start.isPending} disabled={!input} onClick={() => start.mutate()}>Run</Button></>}
    >
      {asForm ? (
        <FormContext.Provider value={tools}>
          <form className="stack" onSubmit={(event) => { event.preventDefault(); if (!start.isPending) start.mutate(); }}>
            <Fields schema={schema} value={values as Record<string, unknown>} at="" onChange={(next) => change(JSON.stringify(next, null, 2))} />
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
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  );
}
