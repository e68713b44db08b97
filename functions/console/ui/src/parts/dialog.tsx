import * as Radix from '@radix-ui/react-dialog';
import { X } from 'lucide-react';
import { useEffect, useId, useLayoutEffect, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { Button } from './button';
import { noteOpen, openersNow, returnFocus } from './focus';
import { ErrorNote } from './states';
import { noteChange } from './stray';

interface Props {
  title: ReactNode;
  description?: ReactNode;
  icon?: ReactNode;
  onClose: () => void;
  children: ReactNode;
  foot?: ReactNode;
  className?: string;
  /** What Ctrl Enter does, wherever the focus is. */
  onSubmit?: () => void;
  /** A press beside it does not close it, as it shows something once. */
  keep?: boolean;
}

/** What holds something that was typed; what is searched for is soon typed again. */
const TYPED = 'textarea, input:not([type=checkbox], [type=radio], [type=search], [role=combobox])';

/** A modal dialog. It is there while it is rendered. */
export function Dialog({ title, description, icon, onClose, children, foot, className = '', onSubmit, keep }: Props) {
  // There is no Radix.Trigger to go back to: what opens a dialog only has it drawn.
  const [openers] = useState(openersNow);
  useEffect(() => noteOpen(openers), [openers]);
  const buttons = useNotedButtons();
  const typed = useRef(false);
  return (
    <Radix.Root open onOpenChange={(open) => open || onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="scrim" />
        <Radix.Content className={`dialog ${className}`} onInput={(event) => { typed.current ||= event.target instanceof Element && event.target.matches(TYPED); }}
          onPointerDownOutside={(event) => { if (keep || typed.current) event.preventDefault(); }} onCloseAutoFocus={(event) => { event.preventDefault(); returnFocus(openers); }} onKeyDown={(event) => { if (onSubmit && event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); onSubmit(); } }} {...(description ? {} : { 'aria-describedby': undefined })}>
          <header className="dialog-head">
            {icon}
            <div className="grow">
              <Radix.Title asChild><h2>{title}</h2></Radix.Title>
              {description && <Radix.Description className="description">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <button type="button" className="button quiet icon" aria-label="Close"><X /></button>
            </Radix.Close>
          </header>
          <Body>{children}</Body>
          {foot && <footer ref={buttons} className="dialog-foot">{foot}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Notes when the dialog comes, gets other buttons, and goes. Gives what its buttons stand in. */
function useNotedButtons() {
  const foot = useRef<HTMLElement>(null);
  const words = useRef<string>(undefined);
  useLayoutEffect(() => {
    const now = foot.current?.textContent ?? '';
    if (words.current !== now) noteChange();
    words.current = now;
  });
  useLayoutEffect(() => noteChange, []);
  return foot;
}

/** What scrolls where there is much of it. Then it takes the focus, so that keys scroll it. */
function Body({ children }: { children: ReactNode }) {
  const outer = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const [box, content] = [outer.current!, inner.current!];
    const observer = new ResizeObserver(() => setScrolls(box.scrollHeight > box.clientHeight));
    observer.observe(box);
    observer.observe(content);
    return () => observer.disconnect();
  }, []);
  return <div ref={outer} className="dialog-body" tabIndex={scrolls ? 0 : undefined}><div ref={inner} className="dialog-content">{children}</div></div>;
}

interface ConfirmProps {
  title: string;
  verb: string;
  danger?: boolean;
  busy: boolean;
  disabled?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, verb, danger, busy, disabled, error, onConfirm, onClose, children }: ConfirmProps) {
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" className={danger ? 'danger' : ''} busy={busy} disabled={disabled} onClick={onConfirm}>{verb}</Button>
        </>
      }
    >
      {children}
      {error != null && <ErrorNote error={error} />}
    </Dialog>
  );
}

interface FormProps {
  title: string;
  verb: string;
  busy: boolean;
  error?: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog around a few inputs, which Enter submits. */
export function FormDialog({ title, verb, busy, error, onSubmit, onClose, children }: FormProps) {
  const form = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onSubmit();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" form={form} look="primary" busy={busy}>{verb}</Button>
        </>
      }
    >
      <form id={form} className="stack" onSubmit={submit}>{children}</form>
      {error != null && <ErrorNote error={error} />}
    </Dialog>
  );
}
