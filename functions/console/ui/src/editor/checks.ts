import { useEffect } from 'react';
import { call } from '../api/client';
import type { Diagnostic } from '../api/model';
import type { EditorStore } from './store';

const DELAY = 350;

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
      try {
        const { diagnostics, next_runs: runs } = await call<{ diagnostics: Diagnostic[]; next_runs?: string[] }>(`/v1/workflows/check?agent=${agent}`, { method: 'POST', body: doc, signal: running.signal });
        store.diagnose(diagnostics, doc, runs);
      } catch {
        // The next change asks again; that nothing is stored is said by the saver.
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
