import { useQueryClient } from '@tanstack/react-query';
import { call, Problem } from '../api/client';
import type { Diagnostic, Publication, Workflow } from '../api/model';
import { useOnce } from '../api/once';
import { keys, useVersion } from '../api/queries';
import { Button } from '../parts/button';
import { CopyButton } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { ErrorNote, Loaded, Note } from '../parts/states';
import { Time } from '../parts/time';
import { ChangeList } from './change-list';
import { changesSince } from './changes';
import { webhookCall } from './curl';
import type { NodeKinds } from './node-kinds';
import type { Saver } from './saver';
import { isHeld, useEditor } from './store';
import { Refusal } from './unstored';

interface Props {
  workflow: Workflow;
  kinds: NodeKinds;
  /** Stores what is not stored yet: what is published is the stored draft. */
  saver: Saver;
  onClose: () => void;
}

export function PublishDialog({ workflow, kinds, saver, onClose }: Props) {
  const client = useQueryClient();
  const diagnostics = useEditor((s) => s.diagnostics);
  const checked = useEditor((s) => s.checked);
  const save = useEditor((s) => s.save);
  const publish = useOnce({
    send: (_: void, idempotencyKey) => saver.withDraft((etag) => call<Publication>(`/v1/workflows/${workflow.id}/publish`, { method: 'POST', idempotencyKey, ifMatch: etag })),
    onSuccess: () => Promise.all([
      client.invalidateQueries({ queryKey: keys.workflow(workflow.id) }),
      client.invalidateQueries({ queryKey: keys.versions(workflow.id) }),
      client.invalidateQueries({ queryKey: keys.workflows(workflow.agent_id) }),
    ]),
  });
  const refused = publish.error instanceof Problem ? publish.error.body.diagnostics : undefined;
  const shown = refused ?? diagnostics;
  const errors = shown.filter((d) => d.severity === 'error');
  const warnings = shown.filter((d) => d.severity === 'warning');
  if (publish.data) return <Published publication={publish.data} onClose={onClose} />;
  return (
    <Dialog
      title={`Publish version ${(workflow.latest_version ?? 0) + 1}`}
      description="It serves at once: whatever starts from then on runs this version. What is running goes on as it began."
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" busy={publish.isPending} disabled={errors.length > 0 || isHeld(save)} onClick={() => publish.mutate()}>Publish</Button>
        </>
      }
    >
      {errors.length > 0 && <Found tone="bad" title="Mend this first:" list={errors} />}
      {warnings.length > 0 && <Found tone="warn" title="You can publish, but look at this:" list={warnings} />}
      {save === 'conflict' && <Note tone="bad" role="alert"><p>The draft was changed elsewhere. Settle that first.</p></Note>}
      {save === 'held' && <Note tone="bad" role="alert"><p>The sign-in ended before the draft was stored. Settle that first.</p></Note>}
      {save === 'refused' && <Refusal />}
      {shown.length === 0 && checked && !isHeld(save) && save !== 'refused' && <Note tone="ok"><p>No problems were found.</p></Note>}
      <WhatChanges workflow={workflow} kinds={kinds} />
      {publish.error && !refused && !isHeld(save) && save !== 'refused' && <ErrorNote error={publish.error} />}
    </Dialog>
  );
}

/** What is different from the version that serves, or else from the last one. */
function WhatChanges({ workflow, kinds }: { workflow: Workflow; kinds: NodeKinds }) {
  const number = workflow.published_version ?? workflow.latest_version ?? 0;
  const version = useVersion(workflow.id, number);
  const doc = useEditor((s) => s.doc);
  if (number === 0) return null;
  return (
    <section className="section" aria-labelledby="what-changes">
      <h3 id="what-changes">What changes since version {number}</h3>
      <Loaded query={version} count={1}>
        {({ document }) => <ChangeList changes={changesSince(document, doc, (type) => kinds.get(type)?.title ?? type)} />}
      </Loaded>
    </section>
  );
}

function Found({ tone, title, list }: { tone: 'bad' | 'warn'; title: string; list: Diagnostic[] }) {
  return (
    <Note tone={tone}>
      <p>{title}</p>
      <ul>{list.map((d, i) => <li key={i}>{d.node && <strong>{d.node}: </strong>}{d.message} {d.hint && <span className="muted">{d.hint}</span>}</li>)}</ul>
    </Note>
  );
}

function Published({ publication: { version, webhook_url: url, next_runs: runs }, onClose }: { publication: Publication; onClose: () => void }) {
  const { command, hint } = webhookCall(url ?? '', useEditor((s) => s.doc).trigger?.config ?? {}, '{}');
  return (
    <Dialog title={`Version ${version} serves`} onClose={onClose} foot={<Button look="primary" onClick={onClose}>Done</Button>}>
      {url ? (
        <>
          <p>A request to this address starts the workflow:</p>
          <pre className="code-block" tabIndex={0} data-testid="webhook-url">{url}</pre>
          <div className="row wrap"><CopyButton text={url} label="Copy the address" /><CopyButton text={command} label="Copy as curl" /></div>
          {hint && <p className="help">In the command: {hint}</p>}
        </>
      ) : runs && runs.length > 0 ? (
        <>
          <p>It starts next, in your time zone:</p>
          <ol className="uses">{runs.map((at) => <li key={at}><Time at={at} exact /></li>)}</ol>
        </>
      ) : <p>Press Run to start it, or call the API.</p>}
    </Dialog>
  );
}
