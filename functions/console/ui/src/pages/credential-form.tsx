import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { call, Problem } from '../api/client';
import type { CredentialType, Verification } from '../api/model';
import { useOnce } from '../api/once';
import { FormContext, toolsFor } from '../form/context';
import { Fields } from '../form/field';
import { Button } from '../parts/button';
import { ErrorNote, Note } from '../parts/states';

interface FormProps {
  type: CredentialType;
  verb: string;
  initialName?: string;
  initialData?: Record<string, unknown> | undefined;
  before?: React.ReactNode;
  save: (name: string, data: Record<string, unknown>, verified: boolean) => Promise<unknown>;
}

/** Form tools that show what a refusal says about the members of data. */
export function useDataTools(failure: unknown) {
  return useMemo(() => toolsFor(failure instanceof Problem ? failure.errors.map((e) => ({ ...e, pointer: e.pointer.replace(/^\/data(?=\/)/, '') })) : []), [failure]);
}

/** The fields of a credential type, with Verify and the button that saves. */
export function CredentialForm({ type, verb, initialName, initialData, before, save }: FormProps) {
  const [name, setName] = useState(initialName ?? '');
  const [data, setData] = useState<Record<string, unknown>>(initialData ?? {});
  const verify = useMutation({ mutationFn: () => call<Verification>('/v1/credentials/verify', { method: 'POST', body: { type: type.type, data } }) });
  const connect = useOnce({ send: () => save(name.trim(), data, verify.data?.ok ?? false) });
  const failure = connect.error ?? verify.error;
  const tools = useDataTools(failure);
  const change = (next: Record<string, unknown>) => {
    setData(next);
    verify.reset();
    connect.reset();
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); connect.mutate(); }}>
      {before}
      {initialName !== undefined && (
        <div className="field">
          <label className="field-label" htmlFor="credential-name">Name</label>
          <input id="credential-name" className="input" value={name} onChange={(event) => setName(event.target.value)} placeholder={type.title} />
          <p className="help">What people see when they choose it.</p>
        </div>
      )}
      <FormContext.Provider value={tools}>
        <Fields schema={type.fields} value={data} onChange={change} at="" />
      </FormContext.Provider>
      {verify.data && <Verdict verification={verify.data} />}
      {failure && <ErrorNote error={failure} />}
      <div className="row wrap">
        {type.verifiable && <Button busy={verify.isPending} onClick={() => { connect.reset(); verify.mutate(); }}>Verify connection</Button>}
        <Button type="submit" look="primary" busy={connect.isPending}>{verb}</Button>
      </div>
      {!type.verifiable && <p className="help">This service offers no way to check a credential before it is used.</p>}
    </form>
  );
}

export function Verdict({ verification }: { verification: Verification }) {
  return (
    <Note tone={verification.ok ? 'ok' : 'bad'} role="status">
      <p>{verification.ok && verification.identity?.name ? <>It works: <strong>{verification.identity.name}</strong>.</> : verification.detail}</p>
      {verification.ok && verification.identity?.name && verification.detail && <p>{verification.detail}</p>}
      {verification.hint && <p>{verification.hint}</p>}
    </Note>
  );
}
