import { readAuth } from './panel/trigger-auth';

/** A command that calls a webhook, and what its caller has to put in. */
export interface Call {
  command: string;
  hint: string;
}

/** Headers by which services that sign the time, too, are known. */
const timed = new Set(['webhook-signature', 'x-slack-signature', 'stripe-signature']);

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** How a webhook is called by curl. The secret is known to nobody here, so a placeholder stands for it. */
export function webhookCall(url: string, config: Record<string, unknown>, body: string): Call {
  const auth = readAuth(config);
  const curl = (proof: string, data = quoted(body)) => `curl -X POST ${quoted(url)} -H 'Content-Type: application/json'${proof} -d ${data}`;
  switch (auth.type) {
    case 'token':
      return { command: curl(` -H ${quoted(`${auth.header ?? 'X-Webhook-Token'}: SECRET`)}`), hint: 'Put the secret of the webhook\'s credential in for SECRET.' };
    case 'basic':
      return { command: curl(` -u 'USER:PASSWORD'`), hint: 'Put what the webhook\'s credential holds in for USER and PASSWORD.' };
    case 'hmac_sha256': {
      const header = auth.header ?? 'X-Webhook-Signature';
      if (timed.has(header.toLowerCase())) return { command: curl(` -H ${quoted(`${header}: SIGNATURE`)}`), hint: `Time and body have to be signed under the secret, as the service does that the header ${header} is known from.` };
      return {
        command: `BODY=${quoted(body)}\nSIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac 'SECRET' -r | cut -d ' ' -f 1)\n${curl(` -H ${quoted(`${header}: `)}"$SIGNATURE"`, '"$BODY"')}`,
        hint: 'Put the secret of the webhook\'s credential in for SECRET: the body is signed with it.',
      };
    }
    default:
      return { command: curl(''), hint: '' };
  }
}
