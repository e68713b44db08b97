import { beforeEach, expect, it, vi } from 'vitest';
import { signIn, signOut } from '../session';
import { pinnedText, pinSample } from './sample';

const stored = new Map<string, string>();
vi.stubGlobal('sessionStorage', {
  getItem: (key: string) => stored.get(key) ?? null, removeItem: (key: string) => stored.delete(key), clear: () => stored.clear(),
  setItem: (key: string, value: string) => {
    if (value.length > 1_000) throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    stored.set(key, value);
  },
});
const sample = (text: string) => ({ title: 'exe_1', trigger: { body: text }, steps: {} });

beforeEach(() => signIn('a token'));

it('pins the data of an execution, even if the tab has no room for it', () => {
  pinSample('wf_1', sample('small'));
  expect(pinnedText('wf_1')).toContain('small');
  const large = 'l'.repeat(2_000);
  pinSample('wf_1', sample(large));
  expect(pinnedText('wf_1')).toContain(large);
  pinSample('wf_1', sample('small'));
  expect(pinnedText('wf_1')).toContain('small');
  pinSample('wf_1', null);
  expect(pinnedText('wf_1')).toBeNull();
});

it('shows it to nobody who signs in later', () => {
  pinSample('wf_1', sample('l'.repeat(2_000)));
  signOut();
  expect(pinnedText('wf_1')).toBeNull();
});
