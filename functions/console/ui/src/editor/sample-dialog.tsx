import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { call } from '../api/client';
import type { Execution, ExecutionItem, Page } from '../api/model';
import { readJson, writeJson } from '../json';
import { Button } from '../parts/button';
import { Dialog } from '../parts/dialog';
import { Note } from '../parts/states';
import { StatusLamp } from '../parts/status';
import { Time } from '../parts/time';
import { complain } from '../parts/toast';
import { pinSample } from './sample';
import { sampleOf, type Sample } from './variables';

interface Props {
  workflow: string;
  triggerType: string | undefined;
  sample: Sample | null;
  pinned: boolean;
  onClose: () => void;
}

/** Chooses the data that completion and previews show. */
export function SampleDialog({ workflow, triggerType, sample, pinned, onClose }: Props) {
  const id = useId();
  const [text, setText] = useState(() => writeJson(sample?.trigger ?? blank(triggerType), 2));
  const [wrong, setWrong] = useState(false);
  const recent = useQuery({
    queryKey: ['executions', workflow, 'recent'],
    queryFn: ({ signal }) => call<Page<ExecutionItem>>(`/v1/workflows/${workflow}/executions?limit=5`, { signal }),
  }).data?.items;
  const pin = () => {
    try {
      pinSample(workflow, { title: 'your own data', trigger: readJson(text) as unknown, steps: sample?.steps ?? {} });
      onClose();
    } catch {
      setWrong(true);
    }
  };
  const take = async (x: ExecutionItem) => {
    try {
      pinSample(workflow, sampleOf(await call<Execution>(`/v1/executions/${x.id}`), triggerType, x.id));
      onClose();
    } catch (error) {
      complain(error);
    }
  };
  return (
    <Dialog title="Sample data" description="What completion and previews in the fields show. It is kept in this tab and sent nowhere." onClose={onClose}
      foot={<>{pinned && <Button onClick={() => { pinSample(workflow, null); onClose(); }}>Use the last execution</Button>}<Button look="primary" onClick={pin}>Pin this</Button></>}
    >
      {recent && recent.length > 0 && (
        <section className="section">
          <h3>From an execution</h3>
          <ul className="rows">
            {recent.map((x) => <li key={x.id}><StatusLamp status={x.status} /><span className="grow small muted"><Time at={x.started_at} exact /></span><Button slim onClick={() => void take(x)}>Use its data</Button></li>)}
          </ul>
        </section>
      )}
      <div className="field">
        <label className="field-label" htmlFor={id}>What the trigger gives</label>
        <textarea id={id} className="input mono" rows={10} spellCheck={false} value={text} onChange={(event) => { setText(event.target.value); setWrong(false); }} />
      </div>
      {wrong && <Note tone="bad" role="alert"><p>This is not JSON.</p></Note>}
    </Dialog>
  );
}

const blank = (triggerType: string | undefined) => (triggerType === 'manual' ? { input: {} } : { body: {}, headers: {}, query: {}, method: 'POST' });
