import { T } from '../bson/types.js';
import { CommandError, ErrorCode } from '../errors.js';
import { KeyWriter } from '../kv/key-writer.js';
import { expandPaths, ParallelArrays } from '../query/expand.js';
import { plainPathValue } from '../query/path.js';
import type { IndexInfo } from './index-info.js';

/** The keys of one document in one index, without the record id. */
export interface IndexKeys {
  readonly keys: readonly Buffer[];
  readonly multikey: boolean;
}

const NONE: IndexKeys = { keys: [], multikey: false };
const writer = new KeyWriter();

/**
 * The keys of `doc`: one, none (partial or sparse index), or with an array on the path one for each element.
 * Throws KeyTooLong and refusals of types.
 */
export function indexKeys(index: IndexInfo, doc: Buffer): IndexKeys {
  if (index.partial && !index.partial.matches(doc, 0)) return NONE;
  writer.start(index.ident);
  let present = false;
  for (const { path, descending } of index.fields) {
    const value = plainPathValue(doc, 0, path);
    if (!value) return multikeys(index, doc);
    if (value.type !== T.missing) present = true;
    writer.field(value, descending);
  }
  if (index.sparse && !present) return NONE;
  return { keys: [writer.key()], multikey: false };
}

function multikeys(index: IndexInfo, doc: Buffer): IndexKeys {
  const found = new Map<string, Buffer>();
  try {
    expandPaths(doc, index.paths, (values) => {
      if (index.sparse && values.every((value) => value.type === T.missing)) return;
      writer.start(index.ident);
      values.forEach((value, i) => writer.field(value, index.fields[i]!.descending));
      const key = writer.key();
      found.set(key.toString('latin1'), key);
    });
  } catch (error) {
    if (error instanceof ParallelArrays)
      throw new CommandError(ErrorCode.CannotIndexParallelArrays, 'cannot index parallel arrays');
    throw error;
  }
  return { keys: [...found.values()], multikey: true };
}
