import { growthOf, type Memory } from './memory.js';

const memory = (bytes: number): Memory => ({ rss: bytes, own: bytes / 2, heap: 7, external: 7 });

it('growth is that of the last third over the first, whatever lies between', () => {
  const samples = [100, 120, 900, 900, 900, 132, 132, 132].map(memory);
  const growth = growthOf(samples);
  expect(growth.rss).toBeCloseTo(0.2);
  expect(growth.own).toBeCloseTo(0.2);
  expect(growth.heap).toBe(0);
});
