import { expect, it } from 'vitest';

import { fieldText, momentsOf, writeMoment } from './time-range';

const NOW = Date.UTC(2026, 10, 22, 16, 30, 12);

it('a span begins at a whole minute and has no end', () => {
  expect(momentsOf({ since: '1h' }, NOW)).toEqual({ since: Date.UTC(2026, 10, 22, 15, 30), until: undefined });
});

it('moments stay what they are', () => {
  const range = { since: '2026-11-01T08:00Z', until: '2026-11-02T08:00Z' };
  expect(momentsOf(range, NOW)).toEqual({ since: Date.UTC(2026, 10, 1, 8), until: Date.UTC(2026, 10, 2, 8) });
  expect(writeMoment(Date.UTC(2026, 10, 1, 8))).toBe(range.since);
});

it('what is no moment is none', () => {
  expect(momentsOf({ since: 'yesterday', until: '' }, NOW)).toEqual({ since: undefined, until: undefined });
  expect(fieldText('yesterday')).toBe('');
});

it('a field shows and gives the same moment', () => {
  const at = Date.UTC(2026, 6, 1, 8);
  expect(Date.parse(fieldText(writeMoment(at)))).toBe(at);
});
