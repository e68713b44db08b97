/** A row of a form that becomes a member of an object, under its name. */
export interface Named {
  name: string;
  /** Another row had the name first: as long as both have it, this one is in no document. */
  aside?: boolean;
}

export const asideWords = 'Another row has this name. This one counts as soon as it has a name of its own.';

/** The rows after one of them was changed, given or taken away: who has a name keeps it, and one that was given a name that is taken stands aside. */
export function settled<T extends Named>(rows: readonly T[], renamed?: number): T[] {
  const last = (i: number) => i === renamed || rows[i]!.aside === true;
  const order = [...rows.keys()].sort((a, b) => Number(last(a)) - Number(last(b)) || a - b);
  const taken = new Set<string>();
  const aside = new Set<number>();
  for (const i of order) {
    const { name } = rows[i]!;
    if (name !== '' && taken.has(name)) aside.add(i);
    taken.add(name);
  }
  return rows.map((row, i) => ((row.aside ?? false) === aside.has(i) ? row : { ...row, aside: aside.has(i) }));
}

/** The rows that a document has. */
export const counted = <T extends Named>(rows: readonly T[]): T[] => rows.filter((row) => row.name !== '' && !row.aside);
