import { FlaskConical } from 'lucide-react';
import { useContext, useState } from 'react';
import { call } from '../../api/client';
import type { Trial, WorkflowNode } from '../../api/model';
import { useOnce } from '../../api/once';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { ErrorNote, Note } from '../../parts/states';
import { JsonView } from '../../run/json-view';
import { pinSample } from '../sample';
import type { Saver } from '../saver';
import { TemplateContext } from '../template-context';
import type { Sample } from '../variables';

/** What testing a step needs from the editor around it. */
export interface TestSetting {
  workflow: string;
  sample: Sample | null;
  /** Stores the draft: what is tested is the stored one. */
  saver: Pick<Saver, 'withDraft'>;
}

/** The roots that the API takes as variables. */
const roots = ['trigger', 'steps', 'vars', 'item', 'index'];

/** Runs the step alone with the sample data, and shows what it sent and got. */
export function TestStep({ node, title, setting }: { node: WorkflowNode; title: string; setting: TestSetting }) {
  const [open, setOpen] = useState(false);
  const { scope } = useContext(TemplateContext);
  const test = useOnce({
    send: () => {
      const variables = Object.fromEntries(Object.entries(scope ?? {}).filter(([name, value]) => roots.includes(name) && value !== undefined));
      return setting.saver.withDraft((etag) => call<Trial>(`/v1/workflows/${setting.workflow}/nodes/${node.id}/test`, { method: 'POST', ifMatch: etag, body: { variables } }));
    },
  });
  const close = () => {
    setOpen(false);
    test.reset();
  };
  const keep = (output: unknown) => {
    const { sample } = setting;
    pinSample(setting.workflow, { title: 'a test', trigger: sample?.trigger ?? {}, steps: { ...sample?.steps, [node.id]: output } });
    close();
  };
  const trial = test.data;
  return (
    <div>
      <Button slim needs="editor" onClick={() => setOpen(true)}><FlaskConical aria-hidden />Test this step</Button>
      {open && (
        <Dialog title={`Test ${title}`} description="It calls the service for real, with the values that the sample data gives." onClose={close}
          foot={
            <>
              {trial?.ok && <Button onClick={() => keep(trial.output)}>Use the output as sample</Button>}
              <Button look="primary" busy={test.isPending} onClick={() => test.mutate()}>{trial ? 'Test again' : 'Test now'}</Button>
            </>
          }
        >
          {!trial && !test.error && (
            <Note><p>{setting.sample ? `The variables come from ${setting.sample.title}.` : 'There is no sample data, so variables have no values yet. Choose some under Sample data.'}</p></Note>
          )}
          {test.error && <ErrorNote error={test.error} />}
          {trial?.ok && <Note tone="ok" role="status"><p>It succeeded.</p></Note>}
          {trial?.error && <Note tone="bad" role="alert"><p>{trial.error.message || trial.error.name}</p>{trial.error.hint && <p>{trial.error.hint}</p>}</Note>}
          {trial?.input != null && <section className="section"><h3>Sent</h3><JsonView value={trial.input} label="Sent" /></section>}
          {trial?.output != null && <section className="section"><h3>Given</h3><JsonView value={trial.output} label="Given" /></section>}
        </Dialog>
      )}
    </div>
  );
}
