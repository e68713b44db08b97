/** How a webhook checks its callers. */
export interface Auth {
  type: string;
  header?: string;
  credential?: string;
}

/** How callers prove themselves; it may stand in config as a text with members beside it, or as an object. */
export function readAuth(config: Record<string, unknown>): Auth {
  const auth = config['auth'];
  const members = (typeof auth === 'object' && auth !== null ? auth : { ...config, type: auth }) as Record<string, unknown>;
  const text = (name: string) => (typeof members[name] === 'string' && members[name] !== '' ? (members[name] as string) : undefined);
  const [header, credential] = [text('header'), text('credential')];
  return { type: text('type') ?? 'none', ...(header ? { header } : {}), ...(credential ? { credential } : {}) };
}
