// Signing in at an issuer: the authorization code flow of OpenID Connect with PKCE
// (RFC 7636), for a public client. What the API takes is the ID token, which is made
// for this console and says who somebody is; the access token is not kept.
import * as oauth from 'oauth4webapi';
import { Problem, refusalOf } from '../api/client';
import type { Pending } from './answer';

/** How people sign in, as the server says it. Without an issuer they have a token. */
export interface Issuer {
  issuer: string;
  client_id: string;
  scope: string;
}

/** A sign-in that came to nothing, in words for the one who wanted to sign in. */
export const failed = (detail: string, hint = 'Sign in again.') => new Problem(403, { detail, hint });

export interface SignedIn {
  token: string;
  /** Where one signs out of the issuer, too; undefined where it has no such page. */
  leaveAt: string | undefined;
}

/** Where the issuer sends people back: registered there, so it is the same for every page. */
const home = () => `${window.location.origin}/`;

// The API gives clocks as many seconds.
const skew = 60;

const options = (issuer: string) => ({ [oauth.allowInsecureRequests]: new URL(issuer).protocol === 'http:' }); // one of this machine: see the flag -jwt-issuer

async function discover({ issuer }: Issuer): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, options(issuer)));
}

/** What has to be kept until the answer comes, and the issuer's address to go to. */
export async function begin(at: Issuer, to: string, prefix = ''): Promise<{ pending: Pending; url: string }> {
  const server = await discover(at).catch((error: unknown) => { throw said(error, at); });
  const pending = { state: prefix + oauth.generateRandomState(), nonce: oauth.generateRandomNonce(), verifier: oauth.generateRandomCodeVerifier(), to };
  if (!server.authorization_endpoint) throw failed(`${hostOf(at)} has no page to sign in at.`, 'Whoever runs Switchboard has to name another issuer.');
  const url = new URL(server.authorization_endpoint);
  for (const [name, value] of Object.entries({
    response_type: 'code', client_id: at.client_id, redirect_uri: home(), scope: at.scope, state: pending.state, nonce: pending.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier), code_challenge_method: 'S256',
  })) url.searchParams.set(name, value);
  return { pending, url: url.href };
}

/** Makes a token of the issuer's answer. Throws a Problem. */
export async function finish(at: Issuer, params: URLSearchParams, pending: Pending | undefined): Promise<SignedIn> {
  // Before anything else: what was not asked for may be somebody else's answer, and may say anything.
  if (!pending || params.get('state') !== pending.state) throw failed('That sign-in was not begun in this tab, so it does not count.');
  const { token, server } = await exchange(at, params, pending).catch((error: unknown) => { throw said(error, at); });
  const refusal = await refusalOf(token);
  if (refusal) throw failed(`${hostOf(at)} has signed you in, and Switchboard does not take it: ${refusal.message}`, refusal.hint);
  return { token, leaveAt: leaveAt(at, server) };
}

async function exchange(at: Issuer, params: URLSearchParams, { state, nonce, verifier }: Pending): Promise<{ token: string; server: oauth.AuthorizationServer }> {
  const server = await discover(at);
  const client: oauth.Client = { client_id: at.client_id, [oauth.clockTolerance]: skew };
  const answer = oauth.validateAuthResponse(server, client, params, state);
  const response = await oauth.authorizationCodeGrantRequest(server, client, oauth.None(), answer, home(), verifier, options(at.issuer));
  const { id_token } = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
  return { token: id_token!, server };
}

/**
 * The issuer's page for signing out, which sends people back here. It is told who asks
 * by the client's id and not by the token, which stands in no URL. Cognito has a name
 * of its own for where to come back to.
 */
function leaveAt(at: Issuer, server: oauth.AuthorizationServer): string | undefined {
  if (!server.end_session_endpoint) return undefined;
  const url = new URL(server.end_session_endpoint);
  if (url.protocol !== new URL(at.issuer).protocol) return undefined;
  url.searchParams.set('client_id', at.client_id);
  url.searchParams.set(url.hostname.endsWith('.amazoncognito.com') ? 'logout_uri' : 'post_logout_redirect_uri', home());
  return url.href;
}

export const hostOf = ({ issuer }: Issuer) => new URL(issuer).host;

/** The words for what went wrong on the way. The causes have the code and the tokens in them, and are kept nowhere. */
function said(error: unknown, at: Issuer): unknown {
  if (error instanceof Problem) return error;
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    return failed(`${hostOf(at)} did not sign you in: ${error.error_description || error.error}`);
  }
  if (error instanceof TypeError && !('code' in error)) return failed(`${hostOf(at)} does not answer.`, 'Check that you are online. If you are, whoever runs Switchboard can look whether it may be asked from this page.');
  return failed(`The answer of ${hostOf(at)} is not valid${error instanceof Error ? `: ${error.message}` : ''}.`);
}
