import type { ElementType, ReactNode } from 'react';

interface Props {
  as?: ElementType;
  children: ReactNode;
  enabled?: boolean;
  allowPinchZoom?: boolean;
  shards?: unknown;
}

/** Stands in for react-remove-scroll: the page does not scroll, so there is nothing to lock. */
export function RemoveScroll({ as: As = 'div', children, enabled: _e, allowPinchZoom: _a, shards: _s, ...rest }: Props) {
  return <As {...rest}>{children}</As>;
}

export default RemoveScroll;
