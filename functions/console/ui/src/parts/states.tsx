import { AlertTriangle, CircleCheck, Info, WifiOff, XCircle } from 'lucide-react';
import type { ReactNode } from 'react';
import { Offline, Problem, type FieldError } from '../api/client';
import { Button } from './button';

/** A field's error; one that is no sentence of its own, as "must not be empty", gets the field as its subject. */
function withField({ pointer, message }: FieldError): string {
  const field = pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  if (field === '' || !/^\p{Ll}/u.test(message)) return message;
  return `“${field}” ${message}${/[.!?]$/.test(message) ? '' : '.'}`;
}

/** What an error says to people: what happened, and what to do. */
export function wordsOf(error: unknown): { message: string; hint: string } {
  if (error instanceof Offline) return { message: error.message, hint: error.hint };
  if (error instanceof Problem) {
    const first = error.errors[0];
    const detail = first && !error.message.includes(first.message) ? withField(first) : '';
    return { message: [error.message, detail].filter(Boolean).join(' '), hint: error.hint || first?.hint || '' };
  }
  return { message: 'Something went wrong in this page.', hint: error instanceof Error ? error.message : '' };
}

type Tone = 'ok' | 'bad' | 'warn' | 'info';
const icons = { ok: CircleCheck, bad: XCircle, warn: AlertTriangle, info: Info };

export function Note({ tone = 'info', role, children }: { tone?: Tone; role?: 'alert' | 'status'; children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <div className={`note ${tone}`} role={role}>
      <Icon aria-hidden />
      <div className="grow">{children}</div>
    </div>
  );
}

/** What went wrong. With polled, it is asked for again without anybody pressing anything, as what pages show is. */
export function ErrorNote({ error, retry, polled }: { error: unknown; retry?: () => void; polled?: boolean }) {
  const { message, hint } = wordsOf(error);
  return (
    <Note tone="bad" role="alert">
      <p>{message}</p>
      {hint && <p>{hint}{polled && error instanceof Offline && ' This page tries again by itself.'}</p>}
      {retry && <p><Button slim onClick={retry}>Try again</Button></p>}
    </Note>
  );
}

export function Skeletons({ count = 3 }: { count?: number }) {
  return (
    <div className="stack" role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, i) => <div key={i} className="skeleton" />)}
    </div>
  );
}

/** Whether the API knows nothing of what was asked for. */
export const isMissing = (error: unknown) => error instanceof Problem && error.status === 404;

interface Query<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Shows a query: its data, or that it loads, or what went wrong; inset, where the data would fill the page. */
export function Loaded<T>({ query, children, count, inset }: { query: Query<T>; children: (data: T) => ReactNode; count?: number; inset?: boolean }) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  const instead = query.error ? <ErrorNote error={query.error} retry={() => void query.refetch()} polled /> : <Skeletons {...(count ? { count } : {})} />;
  if (!inset) return instead;
  return <div className="page"><h1 className={query.error ? '' : 'sr'}>{query.error ? (isMissing(query.error) ? 'There is nothing here' : 'This could not be shown') : 'Loading'}</h1>{instead}</div>;
}

export function Empty({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <svg className="cords" viewBox="0 0 132 52" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden>
        <path d="M16 12C20 60 112 60 116 12" stroke="var(--brass)" strokeLinecap="round" />
        {[41, 66, 91].map((x) => <circle key={x} cx={x} cy="12" r="8" opacity="0.4" />)}
        {[16, 116].map((x) => <circle key={x} cx={x} cy="12" r="8" />)}
        {[16, 116].map((x) => <circle key={x} cx={x} cy="12" r="3" fill="currentColor" stroke="none" />)}
      </svg>
      <h2>{title}</h2>
      <p>{children}</p>
      {action}
    </div>
  );
}

export function OfflineBanner() {
  return (
    <div className="note warn banner" role="status">
      <WifiOff aria-hidden />
      <div>Switchboard does not answer. What you see may be old; it goes on as soon as it is back.</div>
    </div>
  );
}
