import { CalendarClock, Hand, Radio, Webhook } from 'lucide-react';
import { useContext, useId } from 'react';
import type { Schema, Trigger } from '../../api/model';
import { FormContext, plainTools } from '../../form/context';
import { FieldFrame, Fields } from '../../form/field';
import { JsonInput } from '../../form/inputs';
import { CopyButton } from '../../parts/copy';
import { Note } from '../../parts/states';
import type { NodeKinds } from '../node-kinds';
import { useEditor, useStore } from '../store';
import { CredentialPicker } from './credential-picker';
import { NextSteps } from './next-steps';
import { Side, Unplaced } from './side';
import { readAuth, type Auth } from './trigger-auth';

const types = [
  { type: 'webhook', title: 'Webhook', summary: 'An HTTP request to an address of its own starts it.', Icon: Webhook },
  { type: 'manual', title: 'By hand or API', summary: 'A person presses Run, or a program calls the API.', Icon: Hand },
  { type: 'schedule', title: 'Schedule', summary: 'It starts at set times, in a time zone.', Icon: CalendarClock },
  { type: 'event', title: 'Event', summary: 'An event on the account\'s bus starts it.', Icon: Radio },
];

interface Props {
  agent: string;
  webhookURL: string | undefined;
  kinds: NodeKinds;
  onClose: () => void;
  focus: number;
}

export function TriggerPanel({ agent, webhookURL, kinds, onClose, focus }: Props) {
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
      <Unplaced at="/trigger" placed={['config/auth', 'config/respond', 'config/input_schema', 'config/credential', 'config/header', ...Object.values(simpleForms).flatMap((s) => s['x-order']!.map((name) => `config/${name}`))]} />
      <fieldset className="choices">
        <legend>Starts with</legend>
        {types.map(({ type, title, summary, Icon }) => (
          <label key={type} className="choice">
            <input type="radio" name="trigger" checked={trigger?.type === type} onChange={() => set({ ...(trigger?.position ? { position: trigger.position } : {}), type, ...(type === 'schedule' ? { config: { timezone: ownZone() } } : {}) })} />
            <span className="plate logic"><Icon aria-hidden /></span>
            <span className="grow"><strong>{title}</strong><br /><span className="small muted">{summary}</span></span>
          </label>
        ))}
      </fieldset>
      {trigger?.type === 'webhook' && <WebhookForm agent={agent} config={config} onChange={setConfig} url={webhookURL} />}
      {trigger?.type && simpleForms[trigger.type] && <SimpleForm schema={simpleForms[trigger.type]!} config={config} onChange={setConfig} />}
      {trigger?.type === 'manual' && <ManualForm config={config} onChange={setConfig} />}
      {trigger?.type && <NextSteps node={null} kinds={kinds} />}
    </Side>
  );
}

interface FormProps {
  config: Record<string, unknown>;
  onChange: (config: Record<string, unknown>, what: string) => void;
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Triggers whose config is a few plain fields. */
const simpleForms: Record<string, Schema> = {
  schedule: {
    'x-order': ['cron', 'rate', 'timezone'],
    properties: {
      cron: { title: 'Cron', 'x-kind': 'text', 'x-placeholder': '0 9 * * mon-fri', description: 'Minute, hour, day of month, month, day of week.' },
      rate: { title: 'Rate', 'x-kind': 'text', 'x-placeholder': '15 minutes', description: 'Instead of cron: a number and a unit.' },
      timezone: { title: 'Time zone', 'x-kind': 'text', 'x-placeholder': 'UTC', 'x-suggestions': Intl.supportedValuesOf('timeZone'), description: 'The next five runs are shown when you publish.' },
    },
  },
  event: {
    required: ['source'],
    'x-order': ['source', 'detail_type', 'filter'],
    properties: {
      source: { title: 'Source', 'x-kind': 'text', 'x-placeholder': 'shop', description: 'Which events: from this source.' },
      detail_type: { title: 'Detail type', 'x-kind': 'text', 'x-placeholder': 'order.created', description: 'Which events: of this type; all of the source if empty.' },
      filter: { title: 'Filter', 'x-kind': 'object', 'x-placeholder': '{"total": [{"numeric": [">", 1000]}]}', description: 'Which events: those whose detail fits this EventBridge pattern.' },
    },
  },
};

/** A form without variables: before it starts, a workflow has none. */
function SimpleForm({ schema, config, onChange }: FormProps & { schema: Schema }) {
  const { complaintsAt, complaintsWithin } = useContext(FormContext);
  return (
    <FormContext.Provider value={{ ...plainTools, complaintsAt, complaintsWithin }}>
      <Fields schema={schema} value={config} at="/trigger/config" onChange={onChange} />
    </FormContext.Provider>
  );
}

function ManualForm({ config, onChange }: FormProps) {
  const id = useId();
  const { complaintsWithin } = useContext(FormContext);
  const at = '/trigger/config/input_schema';
  return (
    <FieldFrame id={id} label="Input" optional complaints={complaintsWithin(at)} help="A JSON Schema of the input that a start must give. Its members can then be used by name.">
      <JsonInput id={id} label="Input" schema={{ 'x-placeholder': '{"properties": {"city": {"type": "string"}}, "required": ["city"]}' }} required={false} value={config['input_schema']} at={at} complaints={complaintsWithin(at)} describedBy=""
        onChange={(value) => onChange({ ...config, input_schema: value }, 'input_schema')} />
    </FieldFrame>
  );
}

function WebhookForm({ agent, config, onChange, url }: FormProps & { agent: string; url: string | undefined }) {
  const id = useId();
  const { complaintsWithin } = useContext(FormContext);
  const auth = readAuth(config);
  const setAuth = (next: Auth) => {
    const { header: _h, credential: _c, ...rest } = config;
    onChange({ ...rest, auth: next.type === 'none' ? undefined : next }, 'auth');
  };
  const curl = `curl -X POST '${url ?? ''}' -H 'Content-Type: application/json' -d '{"id": "A-1042", "total": 1250}'`;
  return (
    <>
      {url ? (
        <FieldFrame id={`${id}-url`} label="Address" complaints={[]} help="Whoever knows it can start the workflow, unless you ask for authentication." action={<CopyButton text={url} />}>
          <input id={`${id}-url`} className="input mono" readOnly value={url} onFocus={(event) => event.target.select()} />
        </FieldFrame>
      ) : <Note><p>The address of the webhook is made when you publish.</p></Note>}
      {url && <details className="fold"><summary>Try it with curl</summary><div className="stack"><pre className="code-block" tabIndex={0}>{curl}</pre><CopyButton text={curl} label="Copy the command" /></div></details>}
      <FieldFrame id={`${id}-respond`} label="Answers" complaints={complaintsWithin('/trigger/config/respond')} help="At once, with the execution's id; or when it has finished, with its output.">
        <select id={`${id}-respond`} className="input" value={String(config['respond'] ?? '')} onChange={(event) => onChange({ ...config, respond: event.target.value || undefined }, 'respond')}>
          <option value="">at once (default)</option>
          <option value="when_finished">when it has finished</option>
        </select>
      </FieldFrame>
      <FieldFrame id={`${id}-auth`} label="Authentication" complaints={complaintsWithin('/trigger/config/auth/type')}>
        <select id={`${id}-auth`} className="input" value={auth.type} onChange={(event) => setAuth({ ...auth, type: event.target.value })}>
          <option value="none">none: the address is the secret</option>
          <option value="token">a token in a header</option>
          <option value="basic">user name and password</option>
          <option value="hmac_sha256">a signature (HMAC-SHA256)</option>
        </select>
      </FieldFrame>
      {auth.type !== 'none' && (
        <CredentialPicker agent={agent} connector="webhook" types={['webhook_secret']} optional={false} value={auth.credential} at="/trigger/config/auth/credential"
          onChange={(credential) => setAuth({ ...auth, ...(credential ? { credential } : { credential: '' }) })} />
      )}
      {(auth.type === 'token' || auth.type === 'hmac_sha256') && (
        <FieldFrame id={`${id}-header`} label="Header" optional complaints={complaintsWithin('/trigger/config/auth/header')}>
          <input id={`${id}-header`} className="input mono" placeholder={auth.type === 'token' ? 'X-Webhook-Token' : 'X-Webhook-Signature'} value={auth.header ?? ''}
            onChange={(event) => { const { header: _old, ...rest } = auth; setAuth(event.target.value ? { ...rest, header: event.target.value } : rest); }} />
        </FieldFrame>
      )}
    </>
  );
}
