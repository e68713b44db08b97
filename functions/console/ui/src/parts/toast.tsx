import { X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { wordsOf } from './states';

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

let toasts: Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function set(list: Toast[]) {
  toasts = list;
  listeners.forEach((listener) => listener());
}

const drop = (id: number) => set(toasts.filter((t) => t.id !== id));

function add(text: string, bad: boolean) {
  const id = next++;
  set([...toasts.slice(-3), { id, text, bad }]);
  if (!bad) setTimeout(() => drop(id), 5_000);
}

/** Says that something was done. */
export const say = (text: string) => add(text, false);

/** Says what one has to know; stays until it is closed. */
export const warn = (text: string) => add(text, true);

/** Says that something was not done, and why; stays until it is closed. */
export function complain(error: unknown) {
  const { message, hint } = wordsOf(error);
  warn([message, hint].filter(Boolean).join(' '));
}

export function Toasts() {
  const list = useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, () => toasts);
  return (
    <div className="toasts" role="region" aria-label="Messages" aria-live="polite">
      {list.map((t) => (
        <div key={t.id} className={`toast ${t.bad ? 'bad' : ''}`}>
          <span className="grow">{t.text}</span>
          <button type="button" aria-label="Close message" onClick={() => drop(t.id)}><X size={14} /></button>
        </div>
      ))}
    </div>
  );
}
