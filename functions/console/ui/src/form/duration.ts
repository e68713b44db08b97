/** The units of a span, the longest first, in seconds. */
export const units: [name: string, seconds: number][] = [['days', 86_400], ['hours', 3_600], ['minutes', 60], ['seconds', 1]];

/** The longest unit that a span is a whole number of. */
export function unitOf(seconds: number): string {
  return (units.find(([, size]) => seconds !== 0 && seconds % size === 0) ?? units[3]!)[0];
}

export const sizeOf = (unit: string): number => units.find(([name]) => name === unit)?.[1] ?? 1;
