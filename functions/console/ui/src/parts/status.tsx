import type { NodeStatus } from '../api/model';

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

/** Who started an execution, in words. */
export const starter = (by: string) => (by.startsWith('trigger:') ? 'its trigger' : by);
