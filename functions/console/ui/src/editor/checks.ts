import { useEffect } from 'react';
import { call } from '../api/client';
import type { Diagnostic } from '../api/model';
import { mayPass } from './saver';
import type { EditorStore } from './store';

const DELAY = 350;
/** When to ask again where no answer came, in milliseconds. */
const AGAIN = 3_000;

/** Checks the document a moment after each change, and whenever the agent's links change. */
export function useChecks(store: EditorStore, agent: string, links: string): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let running: AbortController | undefined;
    let last: unknown;
    const check = async () => {
      const { doc } = store.get();
      running?.abort();
      running = new AbortController();
      const { signal } = running;
      try {
        const { diagnostics, next_runs: runs } = await call<{ diagnostics: Diagnostic[]; next_runs?: string[] }>(`/v1/workflows/check?agent=${agent}`, { method: 'POST', body: doc, signal });
        store.diagnose(diagnostics, doc, runs);
      } catch (error) {
        // What was wrong before would stand there for good, and keep people from publishing.
        // A refusal is said by the saver; then the next change asks again.
        if (!signal.aborted && mayPass(error)) timer = setTimeout(() => void check(), AGAIN);
      }
    };
    const plan = () => {
      if (store.get().doc === last) return;
      last = store.get().doc;
      clearTimeout(timer);
      timer = setTimeout(() => void check(), DELAY);
    };
    plan();
    const stop = store.subscribe(plan);
    return () => {
      stop();
      clearTimeout(timer);
      running?.abort();
    };
  }, [store, agent, links]);
}
