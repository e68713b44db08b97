import { CalendarClock, Hand, Radio, Webhook } from 'lucide-react';
import type { Trigger } from '../../api/model';
import type { NodeKinds } from '../node-kinds';
import { useEditor, useStore } from '../store';
import { ManualForm } from './manual-form';
import { NextSteps } from './next-steps';
import { EventForm, ownZone, ScheduleForm, simpleFields } from './schedule-form';
import { Side, Unplaced } from './side';
import { WebhookForm } from './webhook-form';

const types = [
  { type: 'webhook', title: 'Webhook', summary: 'An HTTP request to an address of its own starts it.', Icon: Webhook },
  { type: 'manual', title: 'By hand or API', summary: 'A person presses Run, or a program calls the API.', Icon: Hand },
  { type: 'schedule', title: 'Schedule', summary: 'It starts at set times, in a time zone.', Icon: CalendarClock },
  { type: 'event', title: 'Event', summary: 'An event on the account\'s bus starts it.', Icon: Radio },
];

interface Props {
  agent: string;
  webhookURL: string | undefined;
  /** A version serves, so that what starts it can be tried. */
  published: boolean;
  kinds: NodeKinds;
  onClose: () => void;
  focus: number;
}

export function TriggerPanel({ agent, webhookURL, published, kinds, onClose, focus }: Props) {
  const store = useStore();
  const trigger = useEditor((s) => s.doc.trigger);
  const config = trigger?.config ?? {};
  const set = (next: Trigger, merge?: string) => store.change({ ...store.get().doc, trigger: next }, merge);
  const setConfig = (next: Record<string, unknown>, what: string) => {
    const { config: _old, ...rest } = trigger ?? {};
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
    set(Object.keys(kept).length > 0 ? { ...rest, config: kept } : rest, `trigger/${what}`);
  };
  return (
    <Side title="Trigger" subtitle="What starts the workflow" onClose={onClose} focus={focus}>
      <Unplaced at="/trigger" placed={['config/auth', 'config/respond', 'config/input_schema', 'config/credential', 'config/header', ...simpleFields.map((name) => `config/${name}`)]} />
      <fieldset className={`choices ${trigger?.type ? 'compact' : ''}`}>
        <legend>Starts with</legend>
        {types.map(({ type, title, summary, Icon }) => (
          <label key={type} className="choice">
            <input type="radio" name="trigger" checked={trigger?.type === type} onChange={() => set({ ...(trigger?.position ? { position: trigger.position } : {}), type, ...(type === 'schedule' ? { config: { timezone: ownZone() } } : {}) })} />
            <span className="plate logic"><Icon aria-hidden /></span>
            <span className="grow"><strong>{title}</strong><span className="small muted choice-summary">{summary}</span></span>
          </label>
        ))}
      </fieldset>
      {trigger?.type === 'webhook' && <WebhookForm agent={agent} config={config} onChange={setConfig} url={webhookURL} published={published} />}
      {trigger?.type === 'schedule' && <ScheduleForm config={config} onChange={setConfig} />}
      {trigger?.type === 'event' && <EventForm config={config} onChange={setConfig} published={published} />}
      {trigger?.type === 'manual' && <ManualForm config={config} onChange={setConfig} />}
      {trigger?.type && <NextSteps node={null} kinds={kinds} />}
    </Side>
  );
}
