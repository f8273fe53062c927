import { Overlay, OverlayView } from './overlay.js';
import type { KeyRange, KvEntry, KvView } from './view.js';

/** A view over a plain map: the model the merge is held against. */
class MapView implements KvView {
  readonly map = new Map<string, Buffer>();

  get(key: Buffer): Buffer | undefined {
    return this.map.get(key.toString('latin1'));
  }

  peek(key: Buffer): Buffer | undefined {
    return this.get(key);
  }

  range({ start, end, reverse }: KeyRange): KvEntry[] {
    const entries = [...this.map].map(([key, value]) => ({ key: Buffer.from(key, 'latin1'), value }));
    const inside = entries.filter(({ key }) => key.compare(start) >= 0 && key.compare(end) < 0);
    inside.sort((a, b) => a.key.compare(b.key));
    return reverse ? inside.reverse() : inside;
  }

  count(start: Buffer, end: Buffer): number {
    return this.range({ start, end }).length;
  }
}

/** A small repeatable generator (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

describe('OverlayView', () => {
  it.each([1, 2, 3, 4, 5])('answers as if the writes had been applied (seed %i)', (seed) => {
    const random = randomFrom(seed);
    const key = () => Buffer.from([random(6), random(256)].slice(0, 1 + random(2)));
    const [base, model, overlay] = [new MapView(), new MapView(), new Overlay()];
    for (let i = 0; i < 40; i++) {
      const at = key();
      base.map.set(at.toString('latin1'), Buffer.from([i]));
      model.map.set(at.toString('latin1'), Buffer.from([i]));
    }
    const view = new OverlayView(base, () => overlay);
    for (let i = 0; i < 80; i++) {
      const existing = [...model.map.keys()];
      const at =
        random(2) === 0 && existing.length > 0
          ? Buffer.from(existing[random(existing.length)]!, 'latin1')
          : key();
      if (random(3) === 0) {
        overlay.remove(at);
        model.map.delete(at.toString('latin1'));
      } else {
        overlay.put(at, Buffer.from([i]));
        model.map.set(at.toString('latin1'), Buffer.from([i]));
      }
      const [start, end] = [key(), key()].sort(Buffer.compare) as [Buffer, Buffer];
      const reverse = random(2) === 0;
      expect([...view.range({ start, end, reverse })]).toEqual(model.range({ start, end, reverse }));
      expect(view.count(start, end)).toBe(model.count(start, end));
      expect(view.get(at)).toEqual(model.get(at));
    }
  });
});
