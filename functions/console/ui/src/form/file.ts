/** A document has to stay below 1 MiB, base64 adds a third, and there are other things in it. */
export const MAX_FILE_BYTES = 256 * 1024;

/** Bytes in base64 (RFC 4648, with padding). */
export function base64(bytes: Uint8Array): string {
  let text = '';
  // In pieces: a call takes only so many arguments.
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** How many bytes a text in base64 is; 0 for one that is short enough to be typed, or is a variable. */
export function bytesOf(value: unknown): number {
  if (typeof value !== 'string' || value.length < 200 || value.includes('{{')) return 0;
  return Math.floor((value.replace(/=+$/, '').length * 3) / 4);
}
