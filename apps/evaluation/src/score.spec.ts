import { scoreOf, shareOf } from './score.ts';

describe('a share and its Wilson interval', () => {
  // Of none, the upper end is z² / (n + z²).
  it.each([
    [114, 114, 0.9674, 1],
    [12, 132, 0.0528, 0.1522],
    [0, 6, 0, 0.3903],
    [1, 2, 0.0945, 0.9055],
  ])('%i of %i is between %f and %f', (hits, of, low, high) => {
    const share = shareOf(hits, of);
    expect(share.low).toBeCloseTo(low, 4);
    expect(share.high).toBeCloseTo(high, 4);
    expect(share.value).toBe(hits / of);
  });
  it('of nothing is unknown', () => {
    expect(shareOf(0, 0)).toMatchObject({ value: null, low: null, high: null });
  });
});

describe('a score', () => {
  const pairs = (meaningful: boolean, alerted: boolean, count: number) =>
    Array.from({ length: count }, () => ({ meaningful, alerted }));

  it('counts misses and false alerts', () => {
    const score = scoreOf([...pairs(true, true, 8), ...pairs(true, false, 2), ...pairs(false, true, 4), ...pairs(false, false, 16)]); // prettier-ignore
    expect(score.precision.value).toBeCloseTo(8 / 12);
    expect(score.recall.value).toBe(0.8);
    expect(score.falseAlerts.value).toBe(0.2);
    expect(score.f1).toBeCloseTo(16 / 22);
  });
  it('has no F1 without an alert', () => {
    expect(scoreOf(pairs(true, false, 3)).f1).toBeNull();
  });
});
