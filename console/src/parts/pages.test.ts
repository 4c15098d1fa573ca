import { expect, it } from 'vitest';

import { pageOf } from './pages';

const LETTERS = [...'abcdefg'];

it('a page has its rows, and the last one what is left', () => {
  expect(pageOf(LETTERS, undefined, 3)).toEqual({ rows: ['a', 'b', 'c'], page: 1, last: 3 });
  expect(pageOf(LETTERS, 3, 3)).toEqual({ rows: ['g'], page: 3, last: 3 });
});

it('a page that is not there is the nearest one', () => {
  expect(pageOf(LETTERS, 9, 3).page).toBe(3);
  expect(pageOf(LETTERS, -1, 3).page).toBe(1);
  expect(pageOf([], 2, 3)).toEqual({ rows: [], page: 1, last: 1 });
});
