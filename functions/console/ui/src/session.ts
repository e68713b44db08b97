// The token lives in this module and, so that a reload keeps it, in the tab's
// session storage. It never stands in a URL that is sent anywhere: the fragment,
// by which a link may hand it over, stays in the browser and is removed at once.
const KEY = 'switchboard.token';

let token: string | null = null;
let ended = false;
const listeners = new Set<() => void>();

/** Takes a token from the address (#token=...), or else the one from before the reload. */
export function restoreSession(): void {
  token = sessionStorage.getItem(KEY);
  takeHanded();
  window.addEventListener('hashchange', takeHanded);
}

function takeHanded(): void {
  const handed = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (handed === null) return;
  history.replaceState(history.state, '', window.location.pathname + window.location.search);
  if (handed) signIn(handed);
}

export function currentToken(): string | null {
  return token;
}

export function signIn(value: string): void {
  token = value.trim();
  ended = false;
  sessionStorage.setItem(KEY, token);
  listeners.forEach((listener) => listener());
}

export function signOut(): void {
  leave(false);
}

/** The API takes a token no longer. If it is that of the session, the session is over. */
export function endSession(of: string): void {
  if (of === token) leave(true);
}

/** Whether nobody is signed in because the sign-in has ended, and not because somebody signed out. */
export const sessionEnded = () => ended;

function leave(byItself: boolean): void {
  token = null;
  ended = byItself;
  sessionStorage.clear();
  listeners.forEach((listener) => listener());
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
