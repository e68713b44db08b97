import { readJson } from '../json';
import type { Issuer } from './issuer';

/** Asks the server how people sign in; null where they have nothing but a token. */
export async function readSettings(): Promise<Issuer | null> {
  try {
    const response = await fetch('/sign-in.json', { credentials: 'omit', cache: 'no-cache' });
    const said = response.ok ? (readJson(await response.text()) as Partial<Issuer>) : {};
    return said.issuer && said.client_id && said.scope ? (said as Issuer) : null;
  } catch {
    return null; // the token is left, and what is wrong is said when that is sent
  }
}
