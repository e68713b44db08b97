import { useMutation } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useLocation } from 'wouter';
import { call } from '../api/client';
import type { Schema, Workflow } from '../api/model';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { ErrorNote, Note } from '../parts/states';
import type { Sample } from './variables';

/** Starts the version that serves, with an input that is offered from the sample or the trigger's schema. */
export function RunDialog({ workflow, sample, onClose }: { workflow: Workflow; sample: Sample | null; onClose: () => void }) {
  const id = useId();
  const [, go] = useLocation();
  const isWebhook = workflow.document.trigger?.type === 'webhook';
  const [text, setText] = useState(() => JSON.stringify(offered(workflow, sample), null, 2));
  const input = parse(text);
  const start = useMutation({
    mutationFn: () => call<{ id: string }>(`/v1/workflows/${workflow.id}/executions`, { method: 'POST', body: { input: input?.value } }),
    onSuccess: (x) => go(`/workflows/${workflow.id}/executions/${x.id}`),
  });
  return (
    <Dialog title={`Run version ${workflow.published_version}`} description="It runs for real: mails are sent, messages posted." onClose={onClose}
      foot={<><Button onClick={onClose}>Cancel</Button><Button look="primary" busy={start.isPending} disabled={!input} onClick={() => start.mutate()}>Run</Button></>}
    >
      <div className="field">
        <label className="field-label" htmlFor={id}>{isWebhook ? 'Body of the request' : 'Input'}</label>
        <textarea id={id} className="input mono" rows={10} spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} aria-invalid={!input || undefined} aria-describedby={`${id}-help`} />
        <p id={`${id}-help`} className="help">JSON. {workflow.document.trigger?.type !== (isWebhook ? 'webhook' : 'manual') && 'The version that serves may have another trigger than the draft.'}</p>
      </div>
      {!input && <Note tone="bad"><p>This is not JSON.</p></Note>}
      {start.error && <ErrorNote error={start.error} />}
    </Dialog>
  );
}

function parse(text: string): { value: unknown } | null {
  try {
    return { value: text.trim() === '' ? {} : (JSON.parse(text) as unknown) };
  } catch {
    return null;
  }
}

function offered(workflow: Workflow, sample: Sample | null): unknown {
  const trigger = sample?.trigger as { body?: unknown; input?: unknown } | null | undefined;
  const given = workflow.document.trigger?.type === 'webhook' ? trigger?.body : trigger?.input;
  if (given !== undefined && given !== null) return given;
  const schema = workflow.document.trigger?.config?.['input_schema'] as Schema | undefined;
  const blank = (s: Schema) => (s.default ?? (s.type === 'number' || s.type === 'integer' ? 0 : s.type === 'boolean' ? false : ''));
  return Object.fromEntries(Object.entries(schema?.properties ?? {}).map(([name, member]) => [name, blank(member)]));
}
