import { useCallback, useEffect, useRef, useState } from 'react';
import { call, Problem } from '../api/client';
import type { Credential } from '../api/model';

/** What the callback's page tells the window that opened it. */
export interface GrantAnswer {
  type: 'switchboard:oauth';
  ok: boolean;
  credential?: string;
  detail?: string;
  /** Which question it answers. */
  state?: string;
}

export function readAnswer(data: unknown): GrantAnswer | null {
  const answer = data as Partial<GrantAnswer> | null;
  return typeof answer === 'object' && answer?.type === 'switchboard:oauth' && typeof answer.ok === 'boolean' ? (answer as GrantAnswer) : null;
}

/** Whether an answer is to the question that was asked at this address: another tab may have asked another one. */
export function answers(answer: GrantAnswer, url: string): boolean {
  return answer.state === undefined || answer.state === new URL(url).searchParams.get('state');
}

export interface GrantRequest {
  type: string;
  name?: string;
  data?: Record<string, unknown>;
  agent?: string;
  /** A stored credential that gets the new grant. */
  credential?: string;
  connectors?: string[];
}

export type GrantState =
  | { phase: 'idle' }
  | { phase: 'asking' }
  /** The service's page is open, or url has to be opened by hand: the browser refused the window. */
  | { phase: 'waiting'; url: string; opened: boolean }
  | { phase: 'failed'; error: unknown };

const POLL = 3_000;
const WINDOW = 'popup,width=560,height=720';

/**
 * Asks a person for access in a window of its own, and waits for them to come back.
 * The service's pages may cut the tie between the two windows, so the answer comes
 * on a channel; where the console is opened at another address than the callback,
 * not even that arrives, and looked asks the API whether the grant is there. It is
 * called a first time before the service is asked, to note what is there already.
 */
export function useGrant(onGranted: (credential: Credential) => unknown, looked: (first: boolean) => Promise<Credential | null>) {
  const [state, setState] = useState<GrantState>({ phase: 'idle' });
  const popup = useRef<Window | null>(null);
  const latest = useRef({ onGranted, looked });
  latest.current = { onGranted, looked };

  const start = useCallback(async ({ type, ...body }: GrantRequest) => {
    // Opened within the click, else the browser takes it for an advertisement.
    popup.current = window.open('', 'switchboard-grant', WINDOW);
    setState({ phase: 'asking' });
    try {
      await latest.current.looked(true);
      const { url } = await call<{ url: string }>(`/v1/oauth/${type}/authorize`, { method: 'POST', body });
      if (popup.current) popup.current.location.href = url;
      setState({ phase: 'waiting', url, opened: popup.current !== null });
    } catch (error) {
      popup.current?.close();
      setState({ phase: 'failed', error });
    }
  }, []);

  const stop = useCallback(() => {
    popup.current?.close();
    setState({ phase: 'idle' });
  }, []);

  const asked = state.phase === 'waiting' ? state.url : null;
  useEffect(() => {
    if (asked === null) return;
    let over = false;
    const done = async (credential: Credential) => {
      if (over) return;
      over = true;
      setState({ phase: 'idle' });
      await latest.current.onGranted(credential);
    };
    const fail = (error: unknown) => {
      if (over) return;
      over = true;
      popup.current?.close();
      setState({ phase: 'failed', error });
    };
    const take = (data: unknown) => {
      const answer = readAnswer(data);
      if (!answer || !answers(answer, asked)) return;
      if (!answer.ok || !answer.credential) fail(new Problem(403, { detail: answer.detail ?? 'Access was not granted.' }));
      else call<Credential>(`/v1/credentials/${answer.credential}`).then(done, fail);
    };
    const channel = new BroadcastChannel('switchboard:oauth');
    channel.onmessage = (event) => take(event.data);
    const onMessage = (event: MessageEvent) => { if (event.origin === window.location.origin) take(event.data); };
    window.addEventListener('message', onMessage);
    const timer = setInterval(() => void latest.current.looked(false).then((found) => found && done(found), () => undefined), POLL);
    return () => {
      over = true;
      channel.close();
      window.removeEventListener('message', onMessage);
      clearInterval(timer);
    };
  }, [asked]);

  return { state, start, stop };
}
