import { Panel } from '@xyflow/react';
import { AlertTriangle, CircleCheck, CircleDashed, CircleX, Database, LayoutGrid, Plus, Redo2, Undo2 } from 'lucide-react';
import { Button, IconButton } from '../parts/button';
import { Menu, MenuItem } from '../parts/menu';
import { nodeOf } from '../canvas/elements';
import type { Commands } from './commands';
import { useEditor } from './store';
import type { Sample } from './variables';

interface Props {
  commands: Commands;
  sample: Sample | null;
  pinned: boolean;
  readOnly: boolean;
  onAdd: () => void;
  onSample: () => void;
  /** Shows where a problem is: a node's panel, or the workflow's with "". */
  onGo: (node: string) => void;
}

export function Toolbar({ commands, sample, pinned, readOnly, onAdd, onSample, onGo }: Props) {
  const canUndo = useEditor((s) => s.canUndo);
  const canRedo = useEditor((s) => s.canRedo);
  return (
    <>
      <Panel position="top-left">
        <div className="tools" role="toolbar" aria-label="Canvas">
          {!readOnly && (
            <>
              <IconButton slim look="quiet" label="Add a step (A)" onClick={onAdd}><Plus aria-hidden /></IconButton>
              <span className="line" />
              <IconButton slim look="quiet" label="Undo (Ctrl Z)" disabled={!canUndo} onClick={commands.undo}><Undo2 aria-hidden /></IconButton>
              <IconButton slim look="quiet" label="Redo (Ctrl Shift Z)" disabled={!canRedo} onClick={commands.redo}><Redo2 aria-hidden /></IconButton>
              <IconButton slim look="quiet" label="Tidy up (T)" onClick={commands.tidy}><LayoutGrid aria-hidden /></IconButton>
              <span className="line" />
            </>
          )}
          <Button slim look="quiet" onClick={onSample}><Database aria-hidden />{sample ? (pinned ? 'Pinned sample' : 'Data of the last run') : 'Sample data'}</Button>
        </div>
      </Panel>
      <Panel position="top-right"><Problems onGo={onGo} /></Panel>
    </>
  );
}

function Problems({ onGo }: { onGo: (node: string) => void }) {
  const diagnostics = useEditor((s) => s.diagnostics);
  const checked = useEditor((s) => s.checked);
  const doc = useEditor((s) => s.doc);
  const errors = diagnostics.filter((d) => d.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const words = errors > 0 ? `${errors} to mend` : warnings > 0 ? `${warnings} to look at` : checked ? 'No problems' : 'Checking…';
  const tone = errors > 0 ? 'bad' : warnings > 0 ? 'warn' : checked ? 'ok' : '';
  const Icon = errors > 0 ? CircleX : warnings > 0 ? AlertTriangle : checked ? CircleCheck : CircleDashed;
  if (diagnostics.length === 0) return <span className={`button slim problem-pill ${tone}`} role="status"><Icon aria-hidden />{words}</span>;
  return (
    <Menu trigger={<Button slim className={`problem-pill ${tone}`}><Icon aria-hidden />{words}</Button>}>
      <div className="problem-list">
        {diagnostics.map((d, i) => (
          <MenuItem key={i} icon={d.severity === 'error' ? <CircleX aria-hidden color="var(--bad)" /> : <AlertTriangle aria-hidden color="var(--warn)" />} onSelect={() => onGo(nodeOf(doc, d))}>
            <span><span>{d.message}</span>{d.hint && <><br /><span className="small muted">{d.hint}</span></>}</span>
          </MenuItem>
        ))}
      </div>
    </Menu>
  );
}
