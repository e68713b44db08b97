// The token lives in this module and, so that a reload keeps it, in the tab's
// session storage. It never stands in a URL that is sent anywhere: the fragment,
// by which a link may hand it over, stays in the browser and is removed at once.
const KEY = 'switchboard.token';
// Who signed in at an issuer signs out there, too: at this address.
const LEAVE = 'switchboard.leave-at';

let token: string | null = null;
let leaveAt: string | null = null;
let ended = false;
const listeners = new Set<() => void>();

/**
 * Takes a token from the address (#token=...), or else the one from before the reload.
 * A token that comes while somebody is signed in is asked about first: works says
 * whether it is good. If it is not, or nobody knows (error), the session stays.
 */
export function restoreSession(works: (token: string) => Promise<boolean>, refused: (error?: unknown) => void): void {
  token = sessionStorage.getItem(KEY);
  leaveAt = sessionStorage.getItem(LEAVE);
  const take = () => {
    const handed = takeHanded();
    if (!handed || handed === token) return;
    const before = token;
    if (before === null) return signIn(handed);
    works(handed).then((good) => {
      if (token !== before) return; // somebody signed in or out meanwhile, which counts
      if (good) signIn(handed);
      else refused();
    }, refused);
  };
  take();
  window.addEventListener('hashchange', take);
}

/** The token in the address, which goes from there. */
function takeHanded(): string {
  const handed = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (handed !== null) history.replaceState(history.state, '', window.location.pathname + window.location.search);
  return (handed ?? '').trim();
}

export function currentToken(): string | null {
  return token;
}

/** Takes a token for the session's. With at, signing out goes on there. */
export function signIn(value: string, at?: string): void {
  if (token !== null) sessionStorage.clear(); // what is kept there is of who was signed in before
  token = value.trim();
  leaveAt = at ?? null;
  ended = false;
  sessionStorage.setItem(KEY, token);
  if (leaveAt !== null) sessionStorage.setItem(LEAVE, leaveAt);
  listeners.forEach((listener) => listener());
}

export function signOut(): void {
  const at = leaveAt;
  leave(false);
  if (at !== null) window.location.assign(at);
}

/** The API takes a token no longer. If it is that of the session, the session is over. */
export function endSession(of: string): void {
  if (of === token) leave(true);
}

/** Whether nobody is signed in because the sign-in has ended, and not because somebody signed out. */
export const sessionEnded = () => ended;

function leave(byItself: boolean): void {
  token = leaveAt = null;
  ended = byItself;
  sessionStorage.clear();
  listeners.forEach((listener) => listener());
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
