import * as Radix from '@radix-ui/react-dropdown-menu';
import type { ReactElement, ReactNode } from 'react';
import { useRefusal, type Role } from '../api/me';

interface Props {
  trigger: ReactElement;
  children: ReactNode;
  align?: 'start' | 'end';
}

export function Menu({ trigger, children, align = 'end' }: Props) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="menu" align={align} sideOffset={6} collisionPadding={8}>{children}</Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ItemProps {
  onSelect: () => void;
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  /** The smallest role that may do it. */
  needs?: Role;
  children: ReactNode;
}

export function MenuItem({ onSelect, icon, danger, disabled, needs, children }: ItemProps) {
  const refusal = useRefusal(needs ?? 'viewer');
  return (
    <Radix.Item className={`menu-item ${danger ? 'danger' : ''}`} disabled={(disabled ?? false) || refusal !== ''} {...(refusal ? { title: refusal } : {})} onSelect={onSelect}>
      {icon}
      {children}
    </Radix.Item>
  );
}

export const MenuLine = () => <Radix.Separator className="menu-line" />;
export const MenuTitle = ({ children }: { children: ReactNode }) => <Radix.Label className="menu-title">{children}</Radix.Label>;
