import { expect, it } from 'vitest';
import { answers, readAnswer } from './grant';

it('reads what the callback tells', () => {
  expect(readAnswer({ type: 'switchboard:oauth', ok: true, credential: 'cred_1' })).toMatchObject({ ok: true, credential: 'cred_1' });
  expect(readAnswer({ type: 'switchboard:oauth', ok: false, detail: 'no' })).toMatchObject({ ok: false, detail: 'no' });
});

it.each([null, 'x', {}, { type: 'other', ok: true }, { type: 'switchboard:oauth' }])('ignores %j', (data) => expect(readAnswer(data)).toBeNull());

it('takes no answer to what another tab has asked', () => {
  const url = 'https://accounts.example.com/auth?client_id=1&state=mine&scope=mail';
  const answer = { type: 'switchboard:oauth', ok: true, credential: 'cred_1' } as const;
  expect(answers({ ...answer, state: 'mine' }, url)).toBe(true);
  expect(answers({ ...answer, state: 'theirs' }, url)).toBe(false);
  expect(answers(answer, url)).toBe(true); // of a page that does not say
});
