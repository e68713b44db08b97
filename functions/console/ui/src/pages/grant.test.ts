import { expect, it } from 'vitest';
import { readAnswer } from './grant';

it('reads what the callback tells', () => {
  expect(readAnswer({ type: 'switchboard:oauth', ok: true, credential: 'cred_1' })).toMatchObject({ ok: true, credential: 'cred_1' });
  expect(readAnswer({ type: 'switchboard:oauth', ok: false, detail: 'no' })).toMatchObject({ ok: false, detail: 'no' });
});

it.each([null, 'x', {}, { type: 'other', ok: true }, { type: 'switchboard:oauth' }])('ignores %j', (data) => expect(readAnswer(data)).toBeNull());
