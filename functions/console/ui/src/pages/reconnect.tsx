import { useQueryClient } from '@tanstack/react-query';
import { ExternalLink, RotateCw } from 'lucide-react';
import { useRef } from 'react';
import { call } from '../api/client';
import type { Credential } from '../api/model';
import { useCredentialTypes } from '../api/queries';
import { Button } from '../parts/button';
import { ErrorNote, Note } from '../parts/states';
import { Time } from '../parts/time';
import { say } from '../parts/toast';
import { useGrant, type GrantState } from './grant';

/** How a credential is: refused by its service, without access, verified, or not yet. */
export function CredentialLamp({ credential: c }: { credential: Credential }) {
  if (c.status === 'needs_reconnect') return <span className="lamp bad" title={c.status_detail}>Access has ended</span>;
  if (c.status === 'failing') return <span className="lamp bad" title={c.status_detail}>Refused{c.status_at && <> since <Time at={c.status_at} /></>}</span>;
  if (c.verified_at) return <span className="lamp ok">Verified <Time at={c.verified_at} /></span>;
  return <span className="lamp">Not verified</span>;
}

/** What a window that asks for access is up to. */
export function GrantProgress({ state, onCancel }: { state: GrantState; onCancel: () => void }) {
  if (state.phase === 'failed') return <ErrorNote error={state.error} />;
  if (state.phase !== 'waiting') return null;
  return (
    <Note role="status">
      {state.opened
        ? <p>Grant access in the window that has opened. This page goes on by itself.</p>
        : <p>The browser opened no window. <a href={state.url} target="_blank" rel="noreferrer">Open the service's page<ExternalLink size={13} aria-hidden /></a> yourself.</p>}
      <p><Button slim onClick={onCancel}>Cancel</Button></p>
    </Note>
  );
}

/** Grants access again to a stored credential. */
function useReconnect(credential: Credential) {
  const client = useQueryClient();
  const before = useRef('');
  const grant = useGrant(
    async () => {
      await client.invalidateQueries();
      say(`${credential.name} has access again.`);
    },
    async (first) => {
      const now = await call<Credential>(`/v1/credentials/${credential.id}`);
      if (first) before.current = now.updated_at;
      return now.updated_at !== before.current && now.status === 'ok' ? now : null;
    },
  );
  const start = (connectors: string[] | undefined) => void grant.start({ type: credential.type, credential: credential.id, ...(connectors ? { connectors } : {}) });
  return { ...grant, start };
}

/** A button that asks for access again, where the credential's type can. */
export function Reconnect({ credential, connectors, label = 'Reconnect' }: { credential: Credential; connectors?: string[]; label?: string }) {
  const type = useCredentialTypes().data?.find((t) => t.type === credential.type);
  const { state, start, stop } = useReconnect(credential);
  if (!type?.oauth) return null;
  return (
    <>
      <Button slim needs="editor" look={credential.status === 'ok' ? 'quiet' : 'primary'} busy={state.phase === 'asking'} aria-label={`${label} ${credential.name}`}
        onClick={() => start(connectors)}>
        <RotateCw aria-hidden />{label}
      </Button>
      {(state.phase === 'waiting' || state.phase === 'failed') && <div className="full"><GrantProgress state={state} onCancel={stop} /></div>}
    </>
  );
}
