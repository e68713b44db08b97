import { useState, type FormEvent } from 'react';
import { tokenWorks } from '../api/client';
import { unstored } from '../editor/drafts';
import icon from '../icon.svg';
import { Button } from '../parts/button';
import { ErrorNote, Note } from '../parts/states';
import { useTitle } from '../parts/title';
import { sessionEnded, signIn } from '../session';
import { useIssuer } from '../sign-in/use-issuer';

export function SignIn() {
  useTitle('Sign in');
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState(false);
  const [error, setError] = useState<unknown>();
  const issuer = useIssuer(setError);
  if (issuer.handedOver) {
    return (
      <main className="sign-in">
        <div className="stack sign-in-done">
          <h1>You can close this window</h1>
          <p className="muted">Go on in the tab in which you began to sign in.</p>
        </div>
      </main>
    );
  }
  // Until it is known whether there is an issuer, nothing is drawn that would move.
  if (issuer.known === undefined) return <main className="sign-in"><h1 className="sr">Sign in to Switchboard</h1></main>;

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || !token.trim()) return;
    setBusy(true);
    setRefused(false);
    setError(undefined);
    try {
      if (await tokenWorks(token)) signIn(token);
      else setRefused(true);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };

  return (
    <main className="sign-in">
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <img src={icon} alt="" width="40" height="40" />
        <div>
          <h1>Sign in to Switchboard</h1>
          {!issuer.known
            ? <p className="muted">The token was printed where Switchboard was started. It stays in this tab until you sign out or close it.</p>
            : <p className="muted">You are asked who you are on another page, and come back to where you were. The sign-in lasts in this tab until you sign out, close it, or it expires.</p>}
        </div>
        {sessionEnded() && (
          <Note tone="warn" role="status">
            <p>Your sign-in has ended: it has expired, or was withdrawn.</p>
            {unstored().length > 0 && <p>What you changed and was not stored yet is kept in this tab. Sign in again to go on with it.</p>}
          </Note>
        )}
        {issuer.known && (
          <>
            {error != null && <ErrorNote error={error} />}
            {issuer.waiting && <Note role="status"><p>Sign in in the window that has opened. This tab keeps what is not stored, and goes on by itself.</p></Note>}
            <div><Button look="primary" autoFocus busy={issuer.busy} onClick={issuer.start}>{issuer.busy ? 'Signing in…' : 'Sign in'}</Button></div>
            <p className="muted sign-in-or">Or with a token or an API key:</p>
          </>
        )}
        <div className="field">
          <label htmlFor="token" className="field-label">Token</label>
          <input id="token" className="input mono" type="password" autoComplete="off" autoFocus={!issuer.known} value={token} aria-invalid={refused || undefined} aria-describedby="token-help"
            onChange={(event) => setToken(event.target.value)} />
          <div id="token-help" role="alert">
            {refused && <p className="complaint">This token is not the one. Copy it again, whole and without spaces.</p>}
          </div>
        </div>
        {!issuer.known && error != null && <ErrorNote error={error} />}
        <div>
          {!issuer.known
            ? <Button type="submit" look="primary" busy={busy}>Sign in</Button>
            : <Button type="submit" busy={busy}>Use this token</Button>}
        </div>
      </form>
      <svg className="sign-in-art" viewBox="0 0 420 420" aria-hidden fill="none">
        {Array.from({ length: 36 }, (_, i) => (
          <circle key={i} cx={60 + (i % 6) * 60} cy={60 + Math.floor(i / 6) * 60} r="13" stroke="currentColor" strokeWidth="3" opacity={[7, 10, 25, 27, 28, 32].includes(i) ? 1 : 0.35} />
        ))}
        {['M120 120C150 250 220 260 300 120', 'M300 300C280 380 160 380 180 360', 'M120 300C110 210 230 190 240 300'].map((d, i) => (
          <path key={d} d={d} stroke={i === 1 ? 'var(--panel-ink)' : '#e9b44c'} strokeWidth="5" strokeLinecap="round" />
        ))}
        {[[120, 120], [300, 120], [300, 300], [180, 360], [120, 300], [240, 300]].map(([x, y]) => <circle key={`${x}-${y}`} cx={x} cy={y} r="6" fill="#e9b44c" />)}
      </svg>
    </main>
  );
}
