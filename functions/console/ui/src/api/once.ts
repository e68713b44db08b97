import { useMutation, type UseMutationOptions } from '@tanstack/react-query';
import { useMemo, useRef } from 'react';
import { writeJson } from '../json';
import { isUnanswered } from './client';

/** A key that nobody else has, for the header Idempotency-Key. */
export function freshKey(): string {
  // Not randomUUID, which browsers have only where the page came over TLS or from this machine.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/**
 * Gives one act of a person one key. While it is under way a second one does not
 * begin, as of a double click; and where no answer came, doing the same again has the
 * same key, so that what was done after all is not done twice.
 */
export class Once {
  private busy = false;
  private open: { key: string; of: string } | null = null;

  /** Whether one may begin now; if so, it has begun. */
  begin(): boolean {
    if (this.busy) return false;
    this.busy = true;
    return true;
  }

  async run<T>(variables: unknown, send: (key: string) => Promise<T>): Promise<T> {
    this.busy = true;
    const of = writeJson(variables) ?? '';
    if (this.open?.of !== of) this.open = { key: freshKey(), of };
    try {
      const result = await send(this.open.key);
      this.open = null;
      return result;
    } catch (error) {
      if (!isUnanswered(error)) this.open = null;
      throw error;
    } finally {
      this.busy = false;
    }
  }
}

interface Options<T, V> extends Omit<UseMutationOptions<T, Error, V>, 'mutationFn'> {
  /** Sends the request, with the key as its idempotency key. */
  send: (variables: V, key: string) => Promise<T>;
}

/** useMutation for what must not be done twice; see Once. */
export function useOnce<T, V = void>({ send, ...rest }: Options<T, V>) {
  const once = useRef<Once>(null);
  const guard = (once.current ??= new Once());
  const mutation = useMutation<T, Error, V>({ ...rest, mutationFn: (variables) => guard.run(variables, (key) => send(variables, key)) });
  const { mutate: begin } = mutation;
  const mutate = useMemo<typeof begin>(() => (...given) => { if (guard.begin()) begin(...given); }, [guard, begin]);
  return { ...mutation, mutate };
}
