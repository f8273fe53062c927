/** An answer with an error code, as MongoDB gives it. */
export class ModelError extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

/** MongoDB's codes the model answers with. */
export const CODES = {
  badValue: 2,
  failedToParse: 9,
  typeMismatch: 14,
  pathNotViable: 28,
  conflictingUpdateOperators: 40,
  notSingleValueField: 54,
  immutableField: 66,
  notExactValueField: 111,
  cannotIndexParallelArrays: 171,
  duplicateKey: 11000,
  pathCollision: 31250,
  pathCollisionBelow: 31249,
  inclusionInExclusion: 31253,
  exclusionInInclusion: 31254,
} as const;
