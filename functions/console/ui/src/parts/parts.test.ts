import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Offline, Problem } from '../api/client';
import { split } from '../run/json-view';
import { matchesSearch } from './category';
import { parseMarkdown } from './markdown';
import { ErrorNote, wordsOf } from './states';
import { ago, lasting } from './time';

describe('parseMarkdown', () => {
  it('reads numbered steps with what is below them', () => {
    expect(parseMarkdown('1. One\n   - a\n   - b\n2. Two\n   goes on\n\n**Then**\n')).toEqual([
      {
        kind: 'list', ordered: true, start: 1, items: [
          { text: 'One', children: [{ kind: 'list', ordered: false, start: 1, items: [{ text: 'a', children: [] }, { text: 'b', children: [] }] }] },
          { text: 'Two goes on', children: [] },
        ],
      },
      { kind: 'paragraph', text: '**Then**' },
    ]);
  });
  it('joins the lines of a paragraph', () => expect(parseMarkdown('a\nb\n\nc')).toEqual([{ kind: 'paragraph', text: 'a b' }, { kind: 'paragraph', text: 'c' }]));
  it.each(['- ', '1.', '   - deep\nshallow', '- a\n\n\n- b', '\t- x\n- y', ''])('comes to an end with %j', (text) => expect(parseMarkdown(text)).toBeInstanceOf(Array));
});

describe('times', () => {
  const now = new Date('2026-01-31T12:00:00Z');
  it.each([['2026-01-31T11:59:40Z', 'just now'], ['2026-01-31T11:57:00Z', '3 minutes ago'], ['2026-01-30T12:00:00Z', 'yesterday'], ['2026-01-31T14:00:00Z', 'in 2 hours']])('%s is %s', (at, words) => {
    expect(ago(new Date(at), now)).toBe(words);
  });
  it.each([[0, '0 ms'], [999, '999 ms'], [1_234, '1.23 s'], [61_000, '1 min 1 s'], [7_260_000, '2 h 1 min']])('%i ms are %s', (ms, words) => expect(lasting(ms)).toBe(words));
});

describe('wordsOf', () => {
  it('says what the API says, with the field', () => {
    const problem = new Problem(422, { detail: 'The request is not valid.', errors: [{ pointer: '/name', message: 'Name is required.', hint: 'Give one.' }] });
    expect(wordsOf(problem)).toEqual({ message: 'The request is not valid. Name is required.', hint: 'Give one.' });
  });
  it.each([
    ['/name', 'must not be empty', '“name” must not be empty.'], ['/a~1b/0/c', 'must be a text', '“a/b/0/c” must be a text.'], ['', 'must be an object', 'must be an object'], ['/name', 'Name is taken.', 'Name is taken.'],
  ])('names the field %s of “%s”', (pointer, message, words) => {
    expect(wordsOf(new Problem(422, { detail: 'The request is not valid.', errors: [{ pointer, message }] })).message).toBe(`The request is not valid. ${words}`);
  });
  it('says what to do without an answer, and that it is tried again only where it is', () => {
    const shown = (polled: boolean) => renderToString(createElement(ErrorNote, { error: new Offline(), polled }));
    expect(wordsOf(new Offline()).hint).toContain('you are online');
    expect(shown(true)).toContain('tries again by itself');
    expect(shown(false)).not.toContain('tries again by itself');
  });
});

it('search marks every find, whatever its letters', () => {
  expect(split('a.b A.B axb', 'a.b')).toEqual(['', 'a.b', ' ', 'A.B', ' axb']);
  expect(split('text', '(')).toEqual(['text']);
});

it('words of a search may stand anywhere', () => {
  expect(matchesSearch('slack message', 'Post a message', 'Slack')).toBe(true);
  expect(matchesSearch('slack mail', 'Post a message', 'Slack')).toBe(false);
});
