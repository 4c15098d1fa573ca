import { describe, expect, it } from 'vitest';

import { costText, expressCost, standardCost } from './cost';
import { buildScale } from './timeline';

describe('scale', () => {
  it('is even where nothing is long', () => {
    const scale = buildScale([0, 100, 200, 300, 400]);
    expect(scale.folds).toEqual([]);
    expect([0, 200, 400].map(scale.at)).toEqual([0, 0.5, 1]);
  });

  it('folds three days of waiting', () => {
    const day = 86_400_000;
    const scale = buildScale([0, 400, 500, 500 + 3 * day, 600 + 3 * day, 1000 + 3 * day]);
    expect(scale.folds).toHaveLength(1);
    const [fold] = scale.folds;
    expect(scale.at(500)).toBeCloseTo(fold?.start ?? -1);
    expect(scale.at(500 + 3 * day)).toBeCloseTo(fold?.end ?? -1);
    expect(scale.at(500)).toBeCloseTo(0.48);
    expect(scale.at(1000 + 3 * day)).toBe(1);
  });

  it('folds what is long beside what is short, twice', () => {
    const scale = buildScale([0, 10, 3_600_000, 3_600_010, 90_000_000, 90_000_020]);
    expect(scale.folds).toHaveLength(2);
  });

  it('never goes back', () => {
    const moments = [0, 5, 10_000, 10_020, 500_000, 500_500, 501_000];
    const scale = buildScale(moments);
    const places = Array.from({ length: 1000 }, (_, index) => scale.at((index * 501_000) / 999));
    expect(places.every((place, index) => index === 0 || place >= (places[index - 1] ?? 0))).toBe(true);
    expect(places.at(-1)).toBe(1);
  });

  it('of nothing or one moment is a line', () => {
    expect(buildScale([]).at(5)).toBeLessThanOrEqual(1);
    expect(buildScale([7]).at(7)).toBe(0);
  });
});

describe('cost', () => {
  it('is AWS’s list price', () => {
    expect(costText(standardCost(4))).toBe('$0.00010');
    expect(costText(standardCost(40_000))).toBe('$1.00');
    expect(expressCost(150)).toBeCloseTo(0.000001 + 0.2 * 0.0625 * 0.00001667, 12);
  });
});
