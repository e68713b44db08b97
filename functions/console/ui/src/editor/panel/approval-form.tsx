import { useContext, useId, useMemo } from 'react';
import type { Schema } from '../../api/model';
import { isObject } from '../../api/shape';
import { FieldFrame, Fields } from '../../form/field';
import { FormContext } from '../../form/context';
import { OptionContext } from '../../form/options';
import type { NodeKinds } from '../node-kinds';
import { TemplateContext } from '../template-context';
import { CredentialPicker } from './credential-picker';

interface Notify {
  action?: string;
  credential?: string;
  config?: Record<string, unknown>;
}

interface Props {
  agent: string;
  kinds: NodeKinds;
  fields: Schema;
  config: Record<string, unknown>;
  at: string;
  onChange: (config: Record<string, unknown>, field: string) => void;
}

/** A notification of a draft, which may hold anything in its place. */
function readNotify(value: unknown): Notify {
  if (!isObject(value)) return {};
  const { action, credential, config } = value;
  return { ...(typeof action === 'string' ? { action } : {}), ...(typeof credential === 'string' ? { credential } : {}), ...(isObject(config) ? { config } : {}) };
}

/** What only a notification can name. */
const approvalVariables = [
  { path: 'approval.url', detail: 'where it is answered' },
  { path: 'approval.message', detail: 'what is asked' },
  { path: 'approval.expires_at', detail: 'until when' },
];

/** An approval: what is asked, how long, and an action that tells people. */
export function ApprovalForm({ agent, kinds, fields, config, at, onChange }: Props) {
  const { notify: _notify, ...asked } = fields.properties ?? {};
  const order = (fields['x-order'] ?? []).filter((name) => name !== 'notify');
  const notify = readNotify(config['notify']);
  const setNotify = (next: Notify | null) => {
    const { notify: _old, ...rest } = config;
    onChange(next ? { ...rest, notify: next } : rest, 'notify');
  };
  return (
    <>
      <Fields schema={{ ...fields, properties: asked, 'x-order': order }} value={config} at={at} onChange={onChange} />
      <NotifyForm agent={agent} kinds={kinds} notify={notify} at={`${at}/notify`} onChange={setNotify} />
    </>
  );
}

interface NotifyProps {
  agent: string;
  kinds: NodeKinds;
  notify: Notify;
  at: string;
  onChange: (notify: Notify | null) => void;
}

function NotifyForm({ agent, kinds, notify, at, onChange }: NotifyProps) {
  const id = useId();
  const { complaintsAt } = useContext(FormContext);
  const templates = useContext(TemplateContext);
  const actions = useMemo(() => [...kinds.values()].filter((k) => k.action).sort((a, b) => a.connector!.title.localeCompare(b.connector!.title)), [kinds]);
  const kind = kinds.get(notify.action ?? '');
  const connector = kind?.connector;
  const own = useMemo(() => ({ ...templates, variables: [...approvalVariables, ...templates.variables] }), [templates]);
  const source = connector && kind?.action ? { agent, connector: connector.name, action: kind.action.name, credential: notify.credential } : null;
  return (
    <section className="section divided" aria-label="Tell people">
      <FieldFrame id={id} label="Tell people by" optional complaints={[...complaintsAt(at), ...complaintsAt(`${at}/action`)]} help="Without it, people find the question in the execution and under approvals. A message with {{approval.url}} lets anybody answer who gets it.">
        <select id={id} className="input" value={notify.action ?? ''} onChange={(event) => onChange(event.target.value ? { action: event.target.value } : null)}>
          <option value="">nothing</option>
          {actions.map((a) => <option key={a.type} value={a.type}>{a.connector!.title}: {a.title}</option>)}
        </select>
      </FieldFrame>
      {connector && connector.credential_types.length > 0 && (
        <CredentialPicker agent={agent} connector={connector.name} types={connector.credential_types} optional={connector.credential_optional} value={notify.credential} at={`${at}/credential`}
          onChange={(credential) => { const { credential: _old, ...rest } = notify; onChange(credential ? { ...rest, credential } : rest); }} />
      )}
      {kind?.fields && (
        <TemplateContext.Provider value={own}>
          <OptionContext.Provider value={source}>
            <Fields schema={kind.fields} value={notify.config ?? {}} at={`${at}/config`} onChange={(config) => onChange({ ...notify, config })} />
          </OptionContext.Provider>
        </TemplateContext.Provider>
      )}
    </section>
  );
}
