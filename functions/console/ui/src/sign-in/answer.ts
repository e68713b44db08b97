import { readJson, writeJson } from '../json';

// The issuer's answer comes in the address: /?code=...&state=..., or an error. It is
// taken out of there before anything is drawn, so that no code is kept in the history.
// What is needed to make something of it is in the tab's session storage until then.
const KEY = 'switchboard.sign-in';

/** A sign-in that was begun in this tab and waits for its answer. */
export interface Pending {
  /** What the answer has to repeat. */
  state: string;
  /** What the ID token has to repeat. */
  nonce: string;
  /** What only this tab knows, and the token endpoint is told (RFC 7636). */
  verifier: string;
  /** Where one wanted to go: a path of this console. */
  to: string;
}

export interface Answer {
  params: URLSearchParams;
  /** undefined where this tab asked nothing. */
  pending: Pending | undefined;
}

/** States that begin so are of a sign-in in a window of its own, which hands the answer to the tab that opened it. */
export const WINDOW = 'window.';

let answer: Answer | null = null;

/** Takes the issuer's answer out of the address, and goes where one wanted to go. Who is signed in already stays so. */
export function takeAnswer(signedIn: boolean): void {
  const { pathname, search } = window.location;
  const params = new URLSearchParams(search);
  if (pathname !== '/' || !(params.has('code') || (params.has('error') && params.has('state')))) return;
  const pending = takePending();
  answer = signedIn ? null : { params, pending };
  // Only an address of this origin can stand here: the browser refuses others.
  history.replaceState(null, '', pending && params.get('state') === pending.state ? pending.to : '/');
}

/** The answer that was taken, once: a code is good once. */
export function theAnswer(): Answer | null {
  const taken = answer;
  answer = null;
  return taken;
}

export function keepPending(pending: Pending): void {
  sessionStorage.setItem(KEY, writeJson(pending));
}

function takePending(): Pending | undefined {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return kept === null ? undefined : (readJson(kept) as Pending);
}

// --- A window of its own ---

interface Handed { search?: string; taken?: string }

const open = () => new BroadcastChannel('switchboard:sign-in');

/** Gives an answer to the tab that asked; says when that tab has taken it. */
export function handOver(params: URLSearchParams, taken: () => void): void {
  const channel = open();
  channel.onmessage = ({ data }: MessageEvent<Handed>) => {
    if (data.taken !== params.get('state')) return;
    channel.close();
    taken();
  };
  channel.postMessage({ search: params.toString() } satisfies Handed);
}

/** Waits for the answer with a state, from a window; gives what ends the wait. */
export function awaitAnswer(state: string, take: (params: URLSearchParams) => void): () => void {
  const channel = open();
  channel.onmessage = ({ data }: MessageEvent<Handed>) => {
    const params = new URLSearchParams(data.search);
    if (params.get('state') !== state) return; // another tab's
    channel.postMessage({ taken: state } satisfies Handed);
    channel.close();
    take(params);
  };
  return () => channel.close();
}
