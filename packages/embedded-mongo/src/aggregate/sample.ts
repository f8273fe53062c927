import { isNumber, T } from '../bson/types.js';
import { elementsOf, numberOf } from '../bson/value.js';
import { CommandError } from '../errors.js';
import { Memory } from './accumulators.js';
import type { StageParser } from './stage.js';

/** `$sample`: that many documents, each as likely as any other, in a random order. */
export const sample: StageParser = (stage) => {
  if (stage.type !== T.object)
    throw new CommandError(28745, 'the $sample stage specification must be an object');
  let size: number | undefined;
  for (const field of elementsOf(stage)) {
    if (field.name !== 'size') throw new CommandError(28748, `unrecognized option to $sample: ${field.name}`);
    if (!isNumber(field.type)) throw new CommandError(28746, 'size argument to $sample must be a number');
    size = Math.trunc(numberOf(field));
    if (!(size >= 0)) throw new CommandError(28747, 'size argument to $sample must not be negative');
  }
  if (size === undefined) throw new CommandError(28749, '$sample stage must specify a size');
  const wanted = size;
  return function* (docs) {
    const memory = new Memory('$sample');
    const kept: Buffer[] = [];
    let seen = 0;
    for (const doc of docs) {
      const at = Math.floor(Math.random() * ++seen);
      if (kept.length < wanted) {
        memory.hold(doc.length);
        // Shuffled as it grows.
        if (at < kept.length) {
          kept.push(kept[at]!);
          kept[at] = doc;
        } else kept.push(doc);
      } else if (at < wanted) kept[at] = doc;
    }
    yield* kept;
  };
};
