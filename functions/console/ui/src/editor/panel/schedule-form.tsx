import { Send } from 'lucide-react';
import { useContext, useId, useState } from 'react';
import { call } from '../../api/client';
import type { Schema } from '../../api/model';
import { useOnce } from '../../api/once';
import { FormContext, plainTools } from '../../form/context';
import { Fields } from '../../form/field';
import { readJson } from '../../json';
import { Button } from '../../parts/button';
import { ErrorNote, Note } from '../../parts/states';
import { Time } from '../../parts/time';
import { useEditor } from '../store';

export interface TriggerFormProps {
  config: Record<string, unknown>;
  onChange: (config: Record<string, unknown>, what: string) => void;
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const schedule: Schema = {
  'x-order': ['cron', 'rate', 'timezone'],
  properties: {
    cron: { title: 'Cron', 'x-kind': 'text', 'x-placeholder': '0 9 * * mon-fri', description: 'Minute, hour, day of month, month, day of week.' },
    rate: { title: 'Rate', 'x-kind': 'text', 'x-placeholder': '15 minutes', description: 'Instead of cron: a number and a unit.' },
    timezone: { title: 'Time zone', 'x-kind': 'text', 'x-placeholder': 'UTC', 'x-suggestions': Intl.supportedValuesOf('timeZone'), description: 'What cron\'s hours are in; clocks that change are followed.' },
  },
};

const event: Schema = {
  required: ['source'],
  'x-order': ['source', 'detail_type', 'filter'],
  properties: {
    source: { title: 'Source', 'x-kind': 'text', 'x-placeholder': 'shop', description: 'Which events: from this source.' },
    detail_type: { title: 'Detail type', 'x-kind': 'text', 'x-placeholder': 'order.created', description: 'Which events: of this type; all of the source if empty.' },
    filter: { title: 'Filter', 'x-kind': 'object', 'x-placeholder': '{"total": [{"numeric": [">", 1000]}]}', description: 'Which events: those whose detail fits this EventBridge pattern.' },
  },
};

/** The members of config that these forms show. */
export const simpleFields = [...schedule['x-order']!, ...event['x-order']!];

/** A form without variables: before it starts, a workflow has none. */
function SimpleForm({ schema, config, onChange }: TriggerFormProps & { schema: Schema }) {
  const { complaintsAt, complaintsWithin } = useContext(FormContext);
  return (
    <FormContext.Provider value={{ ...plainTools, complaintsAt, complaintsWithin }}>
      <Fields schema={schema} value={config} at="/trigger/config" onChange={onChange} />
    </FormContext.Provider>
  );
}

/** What most people want, in words. */
const usual: [words: string, config: { cron: string } | { rate: string }][] = [
  ['Every 15 minutes', { rate: '15 minutes' }],
  ['Hourly', { cron: '0 * * * *' }],
  ['Daily at 9:00', { cron: '0 9 * * *' }],
  ['Weekdays at 9:00', { cron: '0 9 * * mon-fri' }],
  ['Mondays at 9:00', { cron: '0 9 * * mon' }],
  ['First of the month', { cron: '0 9 1 * *' }],
];

export function ScheduleForm({ config, onChange }: TriggerFormProps) {
  const id = useId();
  const runs = useEditor((s) => s.nextRuns);
  const isChosen = (given: object) => Object.entries(given).every(([name, value]) => config[name] === value);
  const choose = (given: object) => {
    const { cron: _cron, rate: _rate, ...rest } = config;
    onChange({ ...rest, ...given }, 'usual');
  };
  return (
    <>
      <div className="chips" role="group" aria-label="Usual schedules">
        {usual.map(([words, given]) => <button key={words} type="button" className="chip" aria-pressed={isChosen(given)} onClick={() => choose(given)}>{words}</button>)}
      </div>
      <SimpleForm schema={schedule} config={config} onChange={onChange} />
      {runs.length > 0 && (
        <section className="next-runs" aria-labelledby={`${id}-runs`}>
          <h3 id={`${id}-runs`}>Its next five runs, once published</h3>
          <ol>{runs.map((at) => <li key={at}><Time at={at} exact /></li>)}</ol>
          <p className="help">In your time zone, {ownZone()}.</p>
        </section>
      )}
    </>
  );
}

export function EventForm({ config, onChange, published }: TriggerFormProps & { published: boolean }) {
  const source = typeof config['source'] === 'string' ? config['source'] : '';
  return (
    <>
      <SimpleForm schema={event} config={config} onChange={onChange} />
      {published && source !== '' && <SendEvent source={source} detailType={typeof config['detail_type'] === 'string' ? config['detail_type'] : ''} />}
    </>
  );
}

/** Puts an event on the account's bus, as a program would. */
function SendEvent({ source, detailType }: { source: string; detailType: string }) {
  const id = useId();
  const [text, setText] = useState('{}');
  const send = useOnce({
    send: () => call('/v1/events', { method: 'POST', body: { source, detail_type: detailType || 'test', detail: readJson(text) as unknown } }),
  });
  return (
    <details className="fold">
      <summary>Send an event to try it</summary>
      <div className="stack">
        <div className="field">
          <label className="field-label" htmlFor={id}>Detail</label>
          <textarea id={id} className="input mono" rows={4} spellCheck={false} value={text} onChange={(e) => { setText(e.target.value); send.reset(); }} />
          <p className="help">Whatever serves and waits for such events starts for real.</p>
        </div>
        <div><Button slim busy={send.isPending} onClick={() => send.mutate()}><Send aria-hidden />Send</Button></div>
        {send.isSuccess && <Note tone="ok" role="status"><p>It is on the bus. The executions show what it started.</p></Note>}
        {send.error && (send.error instanceof SyntaxError ? <Note tone="bad" role="alert"><p>The detail is not JSON.</p></Note> : <ErrorNote error={send.error} />)}
      </div>
    </details>
  );
}
