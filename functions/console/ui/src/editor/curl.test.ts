import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { webhookCall } from './curl';

const url = 'https://switchboard.example.com/hooks/abc';
const body = '{"id": "A-1", "of": "O\'Hara"}';

/** What curl would be given, with the shell reading the command. */
const given = (command: string): string[] =>
  execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command.replace('SECRET', 's3cret')}`], { encoding: 'utf8' }).split('\0').slice(0, -1);

describe('webhookCall', () => {
  const common = ['-X', 'POST', url, '-H', 'Content-Type: application/json'];
  it.each<[string, Record<string, unknown>, string[]]>([
    ['nothing', {}, []],
    ['a token', { auth: { type: 'token', credential: 'cred_1' } }, ['-H', 'X-Webhook-Token: s3cret']],
    ['a token in a header of its own', { auth: 'token', header: 'X-Shop' }, ['-H', 'X-Shop: s3cret']],
    ['user and password', { auth: { type: 'basic' } }, ['-u', 'USER:PASSWORD']],
    ['a signature', { auth: { type: 'hmac_sha256' } }, ['-H', `X-Webhook-Signature: ${createHmac('sha256', 's3cret').update(body).digest('hex')}`]],
    ['a signature in a header that a shell would read', { auth: { type: 'hmac_sha256', header: 'X-$(echo run)"`echo run`' } }, ['-H', `X-$(echo run)"\`echo run\`: ${createHmac('sha256', 's3cret').update(body).digest('hex')}`]],
    ['a signature with the time', { auth: { type: 'hmac_sha256', header: 'Stripe-Signature' } }, ['-H', 'Stripe-Signature: SIGNATURE']],
  ])('proves the caller by %s', (_, config, proof) => {
    const { command, hint } = webhookCall(url, config, body);
    expect(given(command)).toEqual([...common, ...proof, '-d', body]);
    expect(hint === '').toBe(proof.length === 0);
  });
});
