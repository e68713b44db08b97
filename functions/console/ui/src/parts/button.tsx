import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import { useRefusal, type Role } from '../api/me';
import { Tip } from './tip';

type Look = 'primary' | 'danger' | 'quiet';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look | undefined;
  slim?: boolean;
  busy?: boolean | undefined;
  /** The smallest role that may do it; who has a smaller one is told so here. */
  needs?: Role;
  ref?: Ref<HTMLButtonElement>;
}

/** A button. While busy, or where it is not for one's role, it stays focusable, says so, and does nothing. */
export function Button({ needs, ...rest }: Props) {
  return needs ? <ForRole needs={needs} {...rest} /> : <Plain {...rest} />;
}

function ForRole({ needs, ...rest }: Props & { needs: Role }) {
  const refusal = useRefusal(needs);
  return <Plain {...rest} {...(refusal ? { 'aria-disabled': true, title: refusal, 'aria-description': refusal, onClick: (event) => event.preventDefault() } : {})} />;
}

function Plain({ look, slim, busy, className = '', onClick, children, ...rest }: Omit<Props, 'needs'>) {
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
