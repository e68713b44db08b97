import type { Role } from '../api/me';

/** The roles, from the smallest on, with what each adds. */
export const roles: [role: Role, does: string][] = [
  ['viewer', 'sees everything, changes nothing'],
  ['operator', 'runs, stops and approves, too'],
  ['editor', 'draws workflows and connects services, too'],
  ['admin', 'lets others in, too'],
  ['owner', 'may do everything'],
];
