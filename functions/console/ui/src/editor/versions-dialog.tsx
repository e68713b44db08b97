import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api/client';
import type { Workflow } from '../api/model';
import { keys, useVersion, useVersions } from '../api/queries';
import { writeJson } from '../json';
import { Button } from '../parts/button';
import { CopyButton } from '../parts/copy';
import { Dialog } from '../parts/dialog';
import { ErrorNote, Loaded } from '../parts/states';
import { Time } from '../parts/time';
import { say } from '../parts/toast';
import { ChangeList } from './change-list';
import { changesSince } from './changes';
import { placed } from './layout';
import type { NodeKinds } from './node-kinds';
import { useStore } from './store';

export function VersionsDialog({ workflow, kinds, onClose }: { workflow: Workflow; kinds: NodeKinds; onClose: () => void }) {
  const client = useQueryClient();
  const versions = useVersions(workflow.id, true);
  const [shown, setShown] = useState<number | null>(null);
  const serve = useMutation({
    mutationFn: (version: number | null) => version === null
      ? call(`/v1/workflows/${workflow.id}/unpublish`, { method: 'POST' })
      : call(`/v1/workflows/${workflow.id}/rollback`, { method: 'POST', body: { version } }),
    onSuccess: async (_, version) => {
      await Promise.all([keys.workflow(workflow.id), keys.versions(workflow.id), keys.workflows(workflow.agent_id)].map((queryKey) => client.invalidateQueries({ queryKey })));
      say(version === null ? 'No version serves any more.' : `Version ${version} serves again.`);
    },
  });
  return (
    <Dialog title="Versions" description="What was published, newest first. The draft stays as it is, whichever of them serves." onClose={onClose}>
      <Loaded query={versions}>
        {(list) => list.length === 0 ? <p className="muted">Nothing was published yet.</p> : (
          <ul className="rows">
            {list.map((v) => (
              <li key={v.version}>
                <div className="grow">
                  <p><strong>Version {v.version}</strong></p>
                  <p className="small muted"><Time at={v.published_at} exact />, by {v.published_by}</p>
                </div>
                <Button slim look="quiet" aria-expanded={shown === v.version} onClick={() => setShown(shown === v.version ? null : v.version)}>Look at it</Button>
                {v.current ? (
                  <>
                    <span className="lamp on">Serves</span>
                    <Button slim look="danger" needs="editor" busy={serve.isPending && serve.variables === null} onClick={() => serve.mutate(null)}>Unpublish</Button>
                  </>
                ) : <Button slim needs="editor" busy={serve.isPending && serve.variables === v.version} onClick={() => serve.mutate(v.version)}>Serve this one</Button>}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      {serve.error && <ErrorNote error={serve.error} />}
      {shown !== null && <Shown key={shown} workflow={workflow.id} version={shown} kinds={kinds} onClose={onClose} />}
    </Dialog>
  );
}

/** One version: what was new in it, and how it can be the draft again. */
function Shown({ workflow, version, kinds, onClose }: { workflow: string; version: number; kinds: NodeKinds; onClose: () => void }) {
  const store = useStore();
  const whole = useVersion(workflow, version);
  const before = useVersion(workflow, version - 1);
  const [definition, setDefinition] = useState(false);
  const restore = () => {
    if (!whole.data) return;
    store.change(placed(whole.data.document, kinds));
    say(`The draft is version ${version} again. Undo brings the old draft back.`);
    onClose();
  };
  return (
    <section className="section" aria-label={`Version ${version}`}>
      <div className="row wrap">
        <h3 className="grow">{version === 1 ? 'The first version' : `What version ${version} changed`}</h3>
        <Button slim onClick={restore} disabled={!whole.data}>Make it the draft</Button>
        <Button slim look="quiet" aria-expanded={definition} onClick={() => setDefinition(!definition)}>Definition</Button>
      </div>
      <Loaded query={{ data: whole.data && (version === 1 || before.data) ? whole.data : undefined, error: whole.error ?? before.error, refetch: () => void whole.refetch() }} count={1}>
        {({ document }) => <ChangeList changes={changesSince(before.data?.document ?? {}, document, (type) => kinds.get(type)?.title ?? type)} />}
      </Loaded>
      {definition && <Definition workflow={workflow} version={version} />}
    </section>
  );
}

function Definition({ workflow, version }: { workflow: string; version: number }) {
  const definition = useQuery({ queryKey: ['definition', workflow, version], staleTime: Infinity, queryFn: ({ signal }) => call<unknown>(`/v1/workflows/${workflow}/definition?version=${version}`, { signal }) });
  return (
    <section className="section">
      <h3>In the Amazon States Language</h3>
      <Loaded query={definition} count={1}>
        {(asl) => { const text = writeJson(asl, 2); return <><pre className="code-block" tabIndex={0}>{text}</pre><div><CopyButton text={text} /></div></>; }}
      </Loaded>
    </section>
  );
}
