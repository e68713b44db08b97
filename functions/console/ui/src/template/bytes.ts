const encoder = new TextEncoder();

/** The place in a text, in UTF-16 units, that a number of UTF-8 bytes leads to. */
export function fromBytes(text: string, bytes: number): number {
  let count = 0;
  let at = 0;
  for (const character of text) {
    if (count >= bytes) return at;
    count += encoder.encode(character).length;
    at += character.length;
  }
  return at;
}
