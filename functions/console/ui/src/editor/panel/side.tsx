import { X } from 'lucide-react';
import { useContext, useEffect, useRef, type ReactNode } from 'react';
import { FormContext } from '../../form/context';
import { IconButton } from '../../parts/button';
import { Note } from '../../parts/states';

interface Props {
  title: string;
  icon?: ReactNode;
  subtitle?: ReactNode;
  onClose: () => void;
  /** Set each time the panel should take the keyboard's focus. */
  focus: number;
  children: ReactNode;
}

/** The panel beside the canvas. */
export function Side({ title, icon, subtitle, onClose, focus, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { if (focus > 0) heading.current?.focus(); }, [focus]);
  return (
    <aside className="side" aria-label={title} onKeyDown={(event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return;
      // A list of completions is closed by the same key, within its field.
      if ((event.target as Element).shadowRoot?.querySelector('.cm-tooltip')) return;
      onClose();
    }}>
      <header className="side-head">
        {icon}
        <div className="grow">
          <h2 ref={heading} tabIndex={-1} className="ellipsis">{title}</h2>
          {subtitle && <div className="small faint ellipsis">{subtitle}</div>}
        </div>
        <IconButton slim look="quiet" label="Close the panel" onClick={onClose}><X aria-hidden /></IconButton>
      </header>
      <div className="side-body">{children}</div>
    </aside>
  );
}

/** What is wrong at a pointer and is shown by no field below it. */
export function Unplaced({ at, placed }: { at: string; placed: string[] }) {
  const { complaintsWithin, complaintsAt } = useContext(FormContext);
  const shown = new Set(placed.flatMap((p) => complaintsWithin(`${at}/${p}`).map((c) => c.message)));
  const rest = [...complaintsAt(at), ...complaintsWithin(at)].filter((c, i, all) => !shown.has(c.message) && all.findIndex((o) => o.message === c.message) === i);
  return rest.map((c, i) => (
    <Note key={i} tone={c.severity === 'error' ? 'bad' : 'warn'}>
      <p>{c.message}</p>
      {c.hint && <p>{c.hint}</p>}
    </Note>
  ));
}

