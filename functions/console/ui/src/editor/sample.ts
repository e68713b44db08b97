import { useQuery } from '@tanstack/react-query';
import { useMemo, useSyncExternalStore } from 'react';
import { call } from '../api/client';
import type { Execution } from '../api/model';
import { useLastExecution } from '../api/queries';
import { readJson, writeJson } from '../json';
import { onSessionChange } from '../session';
import { sampleOf, type Sample } from './variables';

// Sample data may hold what people wrote to each other, so a pinned one is kept
// only as long as the tab.

const key = (workflow: string) => `switchboard.sample.${workflow}`;
/** What the tab's storage has no room for, by key: it is there until the page is loaded again. */
const large = new Map<string, string>();
onSessionChange(() => large.clear());
const listeners = new Set<() => void>();

export function pinSample(workflow: string, sample: Sample | null): void {
  large.delete(key(workflow));
  sessionStorage.removeItem(key(workflow));
  if (sample) keep(key(workflow), writeJson(sample));
  listeners.forEach((listener) => listener());
}

function keep(name: string, text: string): void {
  try {
    sessionStorage.setItem(name, text);
  } catch {
    large.set(name, text); // an execution may have megabytes, which is more than browsers store
  }
}

/** The pinned sample as JSON; null if there is none. */
export const pinnedText = (workflow: string) => large.get(key(workflow)) ?? sessionStorage.getItem(key(workflow));

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

function parse(text: string | null): Sample | null {
  try {
    return text === null ? null : (readJson(text) as Sample);
  } catch {
    return null;
  }
}

/** The data that previews use: the pinned sample, else that of the last execution. */
export function useSample(workflow: string, triggerType: string | undefined): { sample: Sample | null; pinned: boolean } {
  const text = useSyncExternalStore(subscribe, () => pinnedText(workflow));
  const pinned = useMemo(() => parse(text), [text]);
  const last = useLastExecution(workflow).data;
  const execution = useQuery({
    queryKey: ['execution', last?.id, 'sample'],
    enabled: last != null && pinned === null,
    queryFn: ({ signal }) => call<Execution>(`/v1/executions/${last!.id}`, { signal }),
  }).data;
  return useMemo(() => {
    if (pinned) return { sample: pinned, pinned: true };
    return { sample: execution ? sampleOf(execution, triggerType, 'the last execution') : null, pinned: false };
  }, [pinned, execution, triggerType]);
}
