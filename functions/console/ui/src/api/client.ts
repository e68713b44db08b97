import { readJson, writeJson } from '../json';
import { currentToken, endSession } from '../session';
import type { Diagnostic, RunError } from './model';

export interface Use {
  id: string;
  name: string;
}

export interface FieldError {
  pointer: string;
  message: string;
  hint?: string;
}

interface ProblemBody {
  code?: string;
  detail?: string;
  hint?: string;
  errors?: FieldError[];
  agents?: Use[];
  workflows?: Use[];
  diagnostics?: Diagnostic[];
  execution?: string;
  error?: RunError;
}

/** What the API answered instead of what was asked for. */
export class Problem extends Error {
  readonly code: string;
  readonly hint: string;
  readonly errors: FieldError[];

  constructor(
    readonly status: number,
    readonly body: ProblemBody,
  ) {
    super(body.detail ?? `The server answered with status ${status}.`);
    this.code = body.code ?? '';
    this.hint = body.hint ?? '';
    this.errors = body.errors ?? [];
  }
}

/** There was no answer: the server is not there, or the network is not. */
export class Offline extends Error {
  constructor(
    message = 'Switchboard does not answer.',
    readonly hint = 'Check that it runs and that you are online.',
  ) {
    super(message);
  }
}

/** Whether nobody knows if what was asked for was done: no answer came, or one of what stands between, as of a gateway that waited no longer. */
export const isUnanswered = (error: unknown) => error instanceof Offline || (error instanceof Problem && error.status >= 500);

export interface Answer<T> {
  body: T;
  etag: string | null;
}

interface Request {
  method?: string;
  body?: unknown;
  ifMatch?: string;
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/** Sends a request and gives the body with its etag; throws Problem or Offline. */
export async function exchange<T>(path: string, request: Request = {}): Promise<Answer<T>> {
  const { response, body, foreign } = await send(path, request);
  if (!response.ok) throw new Problem(response.status, (body ?? {}) as ProblemBody);
  if (foreign) throw new Offline('What answered is not Switchboard.', 'A proxy or a sign-in page may stand before it. Load this page again.');
  return { body: body as T, etag: response.headers.get('ETag') };
}

/** Foreign is an answer that says something, and no JSON. */
async function send(path: string, request: Request): Promise<{ response: Response; body: unknown; foreign: boolean }> {
  const token = currentToken() ?? '';
  const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
  if (request.body !== undefined) headers['Content-Type'] = 'application/json';
  if (request.ifMatch) headers['If-Match'] = request.ifMatch;
  if (request.idempotencyKey) headers['Idempotency-Key'] = request.idempotencyKey;
  try {
    const response = await fetch(path, {
      method: request.method ?? 'GET',
      headers,
      body: request.body === undefined ? null : writeJson(request.body),
      signal: request.signal ?? null,
      credentials: 'omit',
      cache: 'no-store',
    });
    const text = await response.text();
    const body = parse(text);
    if (response.status === 401) endSession(token);
    return { response, body, foreign: body === undefined && text !== '' };
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new Offline();
  }
}

/** Reads something whose body says as much with one of these statuses as with 200. */
export async function callWhatever<T>(path: string, statuses: number[], signal: AbortSignal): Promise<T> {
  const { response, body } = await send(path, { signal });
  if (body === undefined || (!response.ok && !statuses.includes(response.status))) throw new Problem(response.status, (body ?? {}) as ProblemBody);
  return body as T;
}

/** Like exchange, for the body alone. */
export async function call<T>(path: string, request?: Request): Promise<T> {
  return (await exchange<T>(path, request)).body;
}

/** Reads what is to be saved as a file, as it is. */
export const callForFile = async (path: string): Promise<Blob> => (await fileAndHeaders(path)).file;

/** The same with the headers that came with it. */
export async function fileAndHeaders(path: string): Promise<{ file: Blob; headers: Headers }> {
  const token = currentToken() ?? '';
  const response = await fetch(path, { headers: { Authorization: `Bearer ${token}` }, credentials: 'omit', cache: 'no-store' }).catch(() => { throw new Offline(); });
  if (response.status === 401) endSession(token);
  if (!response.ok) throw new Problem(response.status, (parse(await response.text()) ?? {}) as ProblemBody);
  return { file: await response.blob(), headers: response.headers };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

/** Asks whether a token is good, without signing in with it. */
export const tokenWorks = async (token: string): Promise<boolean> => (await refusalOf(token)) === null;

/** The same, with what is said against a token that is not. */
export async function refusalOf(token: string): Promise<Problem | null> {
  try {
    const response = await fetch('/v1/agents?limit=1', { headers: { Authorization: `Bearer ${token.trim()}` }, credentials: 'omit', cache: 'no-store' });
    if (response.ok) return null;
    const problem = new Problem(response.status, (parse(await response.text()) ?? {}) as ProblemBody);
    if (response.status === 401) return problem;
    throw problem;
  } catch (error) {
    if (error instanceof Problem) throw error;
    // A token with characters that no header may hold does not even leave the browser.
    if (error instanceof TypeError && /header|ByteString|ISO-8859-1/i.test(error.message)) return new Problem(401, {});
    throw new Offline();
  }
}
