import { compare, ratiosOf } from './ratios.js';

const echo = { perSecond: 20_000, cpuPer1000: 0.04 };

it('takes speeds as parts of the echo of the same run, so that a slower machine changes nothing', () => {
  const here = ratiosOf({ perSecond: 5_000, cpuPer1000: 0.2 }, echo);
  expect(here).toEqual({ perSecond: 0.25, cpuPer1000: 5 });
  expect(ratiosOf({ perSecond: 2_500, cpuPer1000: 0.4 }, { perSecond: 10_000, cpuPer1000: 0.08 })).toEqual(
    here,
  );
});

describe('compare', () => {
  const recorded = { dm: { perSecond: 0.25, cpuPer1000: 5 } };
  const now = (perSecond: number, cpuPer1000: number) => ({ dm: { perSecond, cpuPer1000 } });

  it.each([
    ['the same', now(0.25, 5), { perSecond: 0, cpuPer1000: 0, worse: false }],
    ['better', now(0.5, 2.5), { perSecond: 100, cpuPer1000: -50, worse: false }],
    ['as much worse as is tolerated', now(0.2, 6), { perSecond: -20, cpuPer1000: 20, worse: false }],
    ['slower', now(0.19, 5), { perSecond: -24, cpuPer1000: 0, worse: true }],
    ['dearer', now(0.25, 6.1), { perSecond: 0, cpuPer1000: 22, worse: true }],
    ['without /proc', now(0.25, NaN), { perSecond: 0, cpuPer1000: NaN, worse: false }],
  ])('%s', (_, ratios, change) => {
    expect(compare(ratios, recorded, 20)).toEqual([{ workload: 'dm', ...change }]);
  });

  it('refuses a workload that nobody recorded', () => {
    expect(() => compare({ other: recorded.dm }, recorded, 20)).toThrow('other is not recorded');
  });
});
