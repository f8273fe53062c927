import { eventually } from '../../test/support/wait.js';
import { pace } from './pace.js';

it('goes on beginning actions while none has ended, and ends when they have', async () => {
  const stop = new AbortController();
  const ends: (() => void)[] = [];
  let ended = false;
  const paced = pace(1_000, stop.signal, () => new Promise<void>((end) => ends.push(end)));
  void paced.then(() => (ended = true));
  await eventually(() => ends.length >= 100, 'a hundred actions to be begun');
  stop.abort();
  const last = ends.pop()!;
  ends.splice(0).forEach((end) => end());
  await new Promise(setImmediate);
  expect(ended).toBe(false);
  last();
  ends.splice(0).forEach((end) => end());
  await paced;
});
