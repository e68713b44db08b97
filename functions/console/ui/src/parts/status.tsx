import type { ExecutionItem, NodeStatus, StartedBy } from '../api/model';

const looks: Record<NodeStatus, [string, string]> = {
  running: ['live', 'Running'],
  waiting: ['live', 'Waiting'],
  succeeded: ['ok', 'Succeeded'],
  failed: ['bad', 'Failed'],
  timed_out: ['bad', 'Timed out'],
  stopped: ['', 'Stopped'],
  skipped: ['', 'Skipped'],
};

export const statusWord = (status: NodeStatus) => looks[status][1];

export function StatusLamp({ status }: { status: NodeStatus }) {
  const [look, word] = looks[status];
  return <span className={`lamp ${look}`}>{word}</span>;
}

const triggers: Record<StartedBy, string> = { manual: 'by', webhook: 'a webhook', schedule: 'its schedule', event: 'an event', replay: 'again, by', '': 'by' };

/** What started an execution and, where it was somebody, who. */
export function startedWords({ trigger, started_by: by }: Pick<ExecutionItem, 'trigger' | 'started_by'>): string {
  const words = triggers[trigger] ?? 'by';
  const isSomebody = by !== '' && !by.startsWith('trigger:');
  if (words.endsWith('by')) return isSomebody ? `started ${words} ${by}` : 'started by its trigger';
  return `started by ${words}`;
}

/** Which version an execution ran. */
export const versionWords = ({ version, test }: Pick<ExecutionItem, 'version' | 'test'>): string => (test ? 'a draft' : `version ${version}`);
