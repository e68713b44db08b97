import { describe, expect, it } from 'vitest';
import { counted, settled, type Named } from './rows';

const values = (rows: (Named & { value: number })[]) => Object.fromEntries(counted(rows).map((row) => [row.name, row.value]));

describe('rows of one name', () => {
  const rows = [{ name: 'a', value: 1 }, { name: 'b', value: 2 }];

  it('takes nothing from the row that had the name first, wherever it stands', () => {
    const second = settled([rows[0]!, { ...rows[1]!, name: 'a' }], 1);
    expect(values(second)).toEqual({ a: 1 });
    const first = settled([{ ...rows[0]!, name: 'b' }, rows[1]!], 0);
    expect(values(first)).toEqual({ b: 2 });
    // Another change of the row that stands aside leaves it there.
    expect(values(settled(first.map((row, i) => (i === 0 ? { ...row, value: 3 } : row))))).toEqual({ b: 2 });
  });

  it('lets a row count again that has a name of its own, or whose namesake is gone', () => {
    const aside = settled([{ ...rows[0]!, name: 'b' }, rows[1]!], 0);
    expect(values(settled([{ ...aside[0]!, name: 'bc' }, aside[1]!], 0))).toEqual({ bc: 1, b: 2 });
    expect(values(settled([aside[0]!, { ...aside[1]!, name: 'c' }], 1))).toEqual({ b: 1, c: 2 });
    expect(values(settled([aside[0]!]))).toEqual({ b: 1 });
  });

  it('does not mind rows without a name', () => {
    expect(settled([{ name: '' }, { name: '' }])).toEqual([{ name: '' }, { name: '' }]);
  });
});
