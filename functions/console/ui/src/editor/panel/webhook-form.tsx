import { useContext, useId } from 'react';
import { useRefusal } from '../../api/me';
import { FormContext } from '../../form/context';
import { FieldFrame } from '../../form/field';
import { plainText } from '../../form/loose';
import { CopyButton } from '../../parts/copy';
import { Note } from '../../parts/states';
import { webhookCall } from '../curl';
import { CredentialPicker } from './credential-picker';
import type { TriggerFormProps } from './schedule-form';
import { readAuth, type Auth } from './trigger-auth';

/** The form of a webhook: its address, how it answers, and how callers prove themselves. */
export function WebhookForm({ agent, config, onChange, url, published }: TriggerFormProps & { agent: string; url: string | undefined; published: boolean }) {
  const id = useId();
  const mayNotStart = useRefusal('operator') !== '';
  const { complaintsWithin } = useContext(FormContext);
  const auth = readAuth(config);
  const setAuth = (next: Auth) => {
    const { header: _h, credential: _c, ...rest } = config;
    onChange({ ...rest, auth: next.type === 'none' ? undefined : next }, 'auth');
  };
  const { command, hint } = webhookCall(url ?? '', config, '{"id": "A-1042", "total": 1250}');
  return (
    <>
      {url ? (
        <FieldFrame id={`${id}-url`} label="Address" complaints={[]} help="Whoever knows it can start the workflow, unless you ask for authentication." action={<CopyButton text={url} />}>
          <input id={`${id}-url`} className="input mono" readOnly value={url} onFocus={(event) => event.target.select()} />
        </FieldFrame>
      ) : <Note><p>{published && mayNotStart ? 'Whoever knows the address can start the workflow, so it is shown to operators, and to those who may do more.' : 'The address of the webhook is made when you publish.'}</p></Note>}
      {url && <details className="fold"><summary>Try it with curl</summary><div className="stack"><pre className="code-block" tabIndex={0}>{command}</pre>{hint && <p className="help">{hint}</p>}<CopyButton text={command} label="Copy the command" /></div></details>}
      <FieldFrame id={`${id}-respond`} label="Answers" complaints={complaintsWithin('/trigger/config/respond')} help="At once, with the execution's id; or when it has finished, with its output.">
        <select id={`${id}-respond`} className="input" value={plainText(config['respond'])} onChange={(event) => onChange({ ...config, respond: event.target.value || undefined }, 'respond')}>
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
