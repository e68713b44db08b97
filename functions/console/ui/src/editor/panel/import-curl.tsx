import { useMutation } from '@tanstack/react-query';
import { SquareTerminal } from 'lucide-react';
import { useId, useState } from 'react';
import { call } from '../../api/client';
import type { CurlImport, WorkflowNode } from '../../api/model';
import { ConnectDialog } from '../../pages/connect';
import { Button } from '../../parts/button';
import { Dialog } from '../../parts/dialog';
import { ErrorNote, Note } from '../../parts/states';
import { JsonView } from '../../run/json-view';

interface Props {
  agent: string;
  connector: string;
  onChange: (change: (node: WorkflowNode) => WorkflowNode) => void;
}

/** A node with what a curl command says in place of its own config. */
export function withCurl(node: WorkflowNode, made: CurlImport): WorkflowNode {
  const { timeout_seconds: _old, ...rest } = node;
  return { ...rest, config: made.config, ...(made.timeout_seconds ? { timeout_seconds: made.timeout_seconds } : {}) };
}

/** Fills an HTTP step from a curl command, as API documentation and browsers give it. */
export function ImportCurl({ agent, connector, onChange }: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const [connecting, setConnecting] = useState<CurlImport['credential']>();
  const read = useMutation({ mutationFn: () => call<CurlImport>('/v1/connectors/http/import-curl', { method: 'POST', body: { curl: text } }) });
  const made = read.data;
  const close = () => {
    setOpen(false);
    setText('');
    read.reset();
  };
  const use = () => {
    if (!made) return;
    onChange((node) => withCurl(node, made));
    setConnecting(made.credential);
    close();
  };
  return (
    <>
      <div><Button slim look="quiet" onClick={() => setOpen(true)}><SquareTerminal aria-hidden />Import from curl</Button></div>
      {open && (
        <Dialog title="Import from curl" description="It is read, not run. Secrets in it are not kept: a credential takes their place." onClose={close}
          foot={made ? <><Button onClick={() => read.reset()}>Back</Button><Button look="primary" onClick={use}>Use it</Button></> : <><Button onClick={close}>Cancel</Button><Button look="primary" busy={read.isPending} disabled={text.trim() === ''} onClick={() => read.mutate()}>Read it</Button></>}>
          {made ? (
            <>
              <section className="section"><h3>The step's fields</h3><JsonView value={made.config} label="Fields" /></section>
              {made.credential && <Note><p>{made.credential.detail}</p><p>You are asked for the secret next, to store it as a credential.</p></Note>}
              {made.warnings.map((w, i) => <Note key={i} tone="warn"><p>{w.message}</p>{w.hint && <p>{w.hint}</p>}</Note>)}
            </>
          ) : (
            <>
              <div className="field">
                <label className="field-label" htmlFor={id}>Command</label>
                <textarea id={id} className="input mono" rows={9} autoFocus spellCheck={false} value={text} placeholder={"curl https://api.example.com/orders \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"id\": 1}'"} onChange={(event) => setText(event.target.value)} />
                <p className="help">From a service's documentation, or a browser's “Copy as cURL”.</p>
              </div>
              {read.error && <ErrorNote error={read.error} />}
            </>
          )}
        </Dialog>
      )}
      {connecting && (
        <ConnectDialog agent={agent} connector={connector} type={connecting.type} data={connecting.data} onClose={() => setConnecting(undefined)}
          onConnected={(c) => { setConnecting(undefined); onChange((node) => ({ ...node, credential: c.id })); }} />
      )}
    </>
  );
}
