import { isNumber, T, typeName } from '../bson/types.js';
import { elementsOf, numberOf, type Element, type Value } from '../bson/value.js';
import { FIRST_BATCH } from '../commands/cursors.js';
import type { Command, Request } from '../commands/request.js';
import { badValue, CommandError, ErrorCode, typeMismatch, unsupported } from '../errors.js';
import { Variables } from './expression.js';
import { Pipelines } from './pipeline.js';
import type { ReadScope } from '../scope.js';
import { stageElement } from './stage.js';
import { REFUSED_STAGES } from './stages.js';

export const aggregate: Command = {
  fields: [
    'pipeline',
    'cursor',
    'hint',
    'let',
    'collation',
    'allowDiskUse',
    'bypassDocumentValidation',
    'fromRouter',
  ],
  refused: ['explain', 'exchange', 'isMapReduceCommand'],
  run: ({ engine, scope, request, reply }) => {
    const pipeline = request.list('pipeline').map(stageElement);
    const ns = namespace(request, pipeline);
    const batchSize = batchSizeOf(request);
    checkCollation(request.object('collation'));
    const pipelines = pipelinesOf(request, scope);
    const first = pipeline[0]?.name;
    if (first && NOT_IN_TRANSACTIONS.has(first) && engine.cursors.owner.transaction) {
      throw new CommandError(
        ErrorCode.OperationNotSupportedInTransaction,
        `Stage not supported inside of a multi-document transaction: ${first}`,
      );
    }
    const source = pipelines.source(ns, scope.collections.get(ns), pipeline, request.hint());
    engine.cursors.first(reply, ns, source, batchSize);
  },
};

function pipelinesOf(request: Request, scope: ReadScope): Pipelines {
  return new Pipelines(scope, request.db, Variables.ofCommand(request.object('let')));
}

/** Throws for a pipeline that could not be run. */
export function checkPipeline(request: Request, scope: ReadScope): void {
  pipelinesOf(request, scope).check(request.list('pipeline').map(stageElement));
}

const NOT_IN_TRANSACTIONS = new Set(['$collStats', '$currentOp', '$indexStats']);
const WITHOUT_COLLECTION = new Set(['$currentOp', '$documents']);

/** Stages that stand for no collection need `aggregate: 1`, all others a collection. */
function namespace(request: Request, pipeline: readonly Element[]): string {
  const name = request.get('aggregate');
  const first = pipeline[0]?.name;
  if (name && isNumber(name.type)) {
    if (numberOf(name) !== 1)
      throw new CommandError(
        ErrorCode.FailedToParse,
        "Invalid command format: the 'aggregate' field must specify a collection name or 1",
      );
    if (first === '$currentOp' && request.db !== 'admin') {
      throw new CommandError(
        ErrorCode.InvalidNamespace,
        "$currentOp must be run against the 'admin' database with {aggregate: 1}",
      );
    }
    if (first && (WITHOUT_COLLECTION.has(first) || REFUSED_STAGES.has(first)))
      return `${request.db}.$cmd.aggregate`;
    throw new CommandError(
      ErrorCode.InvalidNamespace,
      `{aggregate: 1} is not valid for '${first ?? 'an empty pipeline'}'; a collection is required.`,
    );
  }
  if (first && WITHOUT_COLLECTION.has(first))
    throw new CommandError(
      ErrorCode.InvalidNamespace,
      `${first} is not valid on a collection; use {aggregate: 1}`,
    );
  return request.namespace();
}

function batchSizeOf(request: Request): number {
  const cursor = request.get('cursor');
  if (!cursor) {
    throw new CommandError(
      ErrorCode.FailedToParse,
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  if (cursor.type !== T.object) throw typeMismatch('cursor field must be missing or an object');
  let batchSize = FIRST_BATCH;
  for (const field of elementsOf(cursor)) {
    if (field.name !== 'batchSize')
      throw new CommandError(40415, `BSON field 'aggregate.cursor.${field.name}' is an unknown field.`);
    if (!isNumber(field.type)) {
      throw typeMismatch(
        `BSON field 'aggregate.cursor.batchSize' is the wrong type '${typeName(field.type)}', expected types '[long, int, decimal, double]'`,
      );
    }
    batchSize = Math.trunc(numberOf(field));
    if (!(batchSize >= 0))
      throw badValue(`BSON field 'batchSize' value must be >= 0, actual value '${batchSize}'`);
  }
  return batchSize;
}

/** Only the comparison by bytes is there. */
function checkCollation(collation: Value | undefined): void {
  const fields = collation ? elementsOf(collation) : [];
  const simple = fields.every((field) => field.name === 'locale' && isSimple(field));
  if (!simple) throw unsupported('a collation');
}

function isSimple(locale: Element): boolean {
  return (
    locale.type === T.string && locale.buf.toString('utf8', locale.start + 4, locale.end - 1) === 'simple'
  );
}
