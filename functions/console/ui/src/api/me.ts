import { useQuery } from '@tanstack/react-query';
import { call } from './client';

/** How much somebody may do: each role may do all that the ones before it may. */
const order = ['viewer', 'operator', 'editor', 'admin', 'owner'] as const;
export type Role = (typeof order)[number];

/** Who is signed in: what the audit calls them, in which account, and as what. */
export interface Me {
  account: string;
  actor: string;
  role: Role;
  agent_id?: string;
}

export const useMe = () => useQuery({ queryKey: ['me'], staleTime: 60_000, queryFn: ({ signal }) => call<Me>('/v1/me', { signal }) });

/** Why somebody with a role may not do what needs another one; "" if they may. */
export const refusalOf = (role: Role, needs: Role): string => (order.indexOf(role) >= order.indexOf(needs) ? '' : `Your role is ${role}; this needs ${needs}.`);

/** Why the one who is signed in may not; "" if they may, and as long as nobody knows: then the API says so. */
export function useRefusal(needs: Role): string {
  const me = useMe().data;
  return me ? refusalOf(me.role, needs) : '';
}
