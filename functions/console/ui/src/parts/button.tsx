import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { Tip } from './tip';

type Look = 'primary' | 'danger' | 'quiet';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look | undefined;
  slim?: boolean;
  busy?: boolean | undefined;
  ref?: Ref<HTMLButtonElement>;
}

/** A button. While busy it stays focusable, says so, and does nothing. */
export function Button({ look, slim, busy, className = '', onClick, children, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={`button ${look ?? ''} ${slim ? 'slim' : ''} ${className}`}
      aria-busy={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {children}
    </button>
  );
}

/** A button that shows an icon; its label is read out and shown as a tip. */
export function IconButton({ label, children, className = '', ...rest }: Props & { label: string; children: ReactNode }) {
  return (
    <Tip text={label}>
      <Button {...rest} className={`icon ${className}`} aria-label={label}>
        {children}
      </Button>
    </Tip>
  );
}
