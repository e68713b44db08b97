import { ArrowRight, Minus, Pencil, Plus } from 'lucide-react';
import type { Change } from './changes';

const looks = { added: [Plus, 'ok', 'Added'], removed: [Minus, 'bad', 'Removed'], changed: [Pencil, 'warn', 'Changed'] } as const;

/** What is different between two versions, step by step. */
export function ChangeList({ changes }: { changes: Change[] }) {
  if (changes.length === 0) return <p className="muted">Nothing but where steps lie on the canvas.</p>;
  return (
    <ul className="changes">
      {changes.map((change, i) => {
        const [Icon, tone, word] = looks[change.how];
        return (
          <li key={i}>
            <p className="row"><span className={`change-mark ${tone}`}><Icon size={13} aria-hidden /></span><span className="sr">{word}</span><span className={change.what === 'connection' ? 'muted' : 'change-title'}>{change.title}</span>{!['workflow', 'trigger', 'connection'].includes(change.what) && <code className="faint">{change.what}</code>}</p>
            {change.details.length > 0 && (
              <dl>
                {change.details.map((d) => (
                  <div key={d.place}>
                    <dt><code>{d.place}</code></dt>
                    <dd>{d.before !== undefined && <del>{d.before || 'empty'}</del>}{d.before !== undefined && d.after !== undefined && <ArrowRight size={12} aria-label="is now" />}{d.after !== undefined && <ins>{d.after || 'empty'}</ins>}{d.after === undefined && <span className="faint">taken away</span>}</dd>
                  </div>
                ))}
              </dl>
            )}
          </li>
        );
      })}
    </ul>
  );
}
