import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { call, Problem } from '../api/client';
import type { ApprovalLink } from '../api/model';
import { useOnce } from '../api/once';
import { Button } from '../parts/button';
import { CopyButton } from '../parts/copy';
import { ErrorNote } from '../parts/states';
import { Time } from '../parts/time';
import { say } from '../parts/toast';

/** Where this console answers an approval: its page's address, on this host. */
export const answerPath = (url: string) => new URL(url, window.location.origin).pathname;

const MAX_COMMENT = 2_000;

/** Asks for a decision. The one who is signed in stands in the execution as who answered. */
export function Answer({ url, onAnswered }: { url: string; onAnswered?: () => void }) {
  const id = useId();
  const path = answerPath(url);
  const client = useQueryClient();
  const [comment, setComment] = useState('');
  const approval = useQuery({ queryKey: ['approval', path], queryFn: ({ signal }) => call<ApprovalLink>(path, { signal }) });
  const answer = useOnce({
    send: (decision: 'approved' | 'rejected', idempotencyKey) => call<ApprovalLink>(path, { method: 'POST', idempotencyKey, body: { decision, comment } }),
    onSuccess: (answered) => {
      say(answered.decision === 'approved' ? 'Approved. The execution goes on.' : 'Rejected. The execution goes on.');
      onAnswered?.();
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['execution'] });
      void client.invalidateQueries({ queryKey: ['approvals'] });
      void client.invalidateQueries({ queryKey: ['approval', path] });
    },
  });
  const late = answer.error instanceof Problem && (answer.error.status === 409 || answer.error.status === 410);
  return (
    <div className="answer stack">
      {approval.data ? <p className="answer-message">{approval.data.message}</p> : approval.error ? <ErrorNote error={approval.error} /> : <p className="muted">Loading the question…</p>}
      {approval.data && <p className="small muted">Asked <Time at={approval.data.asked_at} />, can be answered until <Time at={approval.data.expires_at} exact />.</p>}
      {answer.error && !late && <ErrorNote error={answer.error} />}
      {answer.error && late && <div className="note warn" role="alert"><div className="grow"><p>{answer.error.message}</p><p>Your answer was not counted: one answer is.</p></div></div>}
      {!late && (
        <>
          <div className="field">
            <label className="field-label" htmlFor={id}>Comment <span className="optional">optional</span></label>
            <textarea id={id} className="input" rows={2} maxLength={MAX_COMMENT} value={comment} onChange={(event) => setComment(event.target.value)} />
          </div>
          <div className="row wrap">
            <Button look="primary" busy={answer.isPending && answer.variables === 'approved'} onClick={() => answer.mutate('approved')}>Approve</Button>
            <Button look="danger" busy={answer.isPending && answer.variables === 'rejected'} onClick={() => answer.mutate('rejected')}>Reject</Button>
            <span className="grow" />
            <CopyButton text={url} label="Copy link" />
          </div>
        </>
      )}
    </div>
  );
}
