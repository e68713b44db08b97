import { useCallback, useEffect, useRef, useState } from 'react';
import { unstored } from '../editor/drafts';
import { signIn } from '../session';
import { awaitAnswer, handOver, keepPending, theAnswer, WINDOW, type Answer } from './answer';
import type { Issuer } from './issuer';
import { readSettings } from './settings';

// Only who signs in needs it.
const flow = () => import('./issuer');

export interface IssuerState {
  /** Whether there is one; undefined while nobody knows. */
  known: boolean | undefined;
  busy: boolean;
  /** A window of its own is open, and the answer comes from there. */
  waiting: boolean;
  /** This is that window, and the tab that opened it goes on. */
  handedOver: boolean;
  start: () => void;
}

/**
 * Signs in at the issuer, if there is one. The page goes there and comes back, unless
 * it holds drafts, which are in memory alone: then a window goes there, and this page
 * stays (see drafts.ts).
 */
export function useIssuer(fail: (error: unknown) => void): IssuerState {
  const [issuer, setIssuer] = useState<Issuer | null>();
  const [busy, setBusy] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const [handedOver, setHandedOver] = useState(false);
  const stop = useRef<() => void>(undefined);

  const end = useCallback(async (at: Issuer, { params, pending }: Answer) => {
    setBusy(true);
    setWaiting(false);
    try {
      const { token, leaveAt } = await (await flow()).finish(at, params, pending);
      signIn(token, leaveAt);
    } catch (error) {
      fail(error);
    }
    setBusy(false);
  }, [fail]);

  useEffect(() => {
    const answer = theAnswer();
    if (answer?.params.get('state')?.startsWith(WINDOW)) {
      setHandedOver(true);
      handOver(answer.params, () => window.close());
      return;
    }
    if (answer) setBusy(true);
    void readSettings().then((found) => {
      setIssuer(found);
      if (answer && found) void end(found, answer);
      else setBusy(false);
    });
  }, [end]);

  useEffect(() => {
    const back = (event: PageTransitionEvent) => { if (event.persisted) setBusy(false); }; // by the browser's button, to this page as it was left
    window.addEventListener('pageshow', back);
    return () => {
      window.removeEventListener('pageshow', back);
      stop.current?.();
    };
  }, []);

  const start = async () => {
    if (!issuer || busy) return;
    const stays = unstored().length > 0;
    // Opened within the click, else the browser takes it for an advertisement.
    const popup = stays ? window.open('', 'switchboard-sign-in', 'popup,width=560,height=720') : null;
    setBusy(true);
    fail(undefined);
    try {
      const { begin, failed } = await flow();
      if (stays && !popup) throw failed('The browser did not open a window to sign in.', 'Allow windows for this page, and press the button again. Leaving this page would lose what is not stored.');
      const { pathname, search, hash } = window.location;
      const { pending, url } = await begin(issuer, pathname + search + hash, stays ? WINDOW : '');
      if (!popup) {
        keepPending(pending);
        window.location.assign(url);
        return; // busy until the page is gone
      }
      stop.current?.();
      stop.current = awaitAnswer(pending.state, (params) => void end(issuer, { params, pending }));
      popup.location.href = url;
      setWaiting(true);
    } catch (error) {
      popup?.close();
      fail(error);
    }
    setBusy(false);
  };

  return { known: issuer === undefined ? undefined : issuer !== null, busy, waiting, handedOver, start: () => void start() };
}
