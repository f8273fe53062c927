import { isNumber, T } from '../bson/types.js';
import { elementsOf, findByName, readNumber, type Element, type Value } from '../bson/value.js';
import { FIRST_BATCH, ListSource, type DocumentSource } from '../commands/cursors.js';
import type { Command } from '../commands/request.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { conjuncts, type Filter } from '../query/filter.js';
import { FindSource } from '../query/find-source.js';
import { compileFilter } from '../query/matcher.js';
import { parseFilter } from '../query/parse-filter.js';
import { parseProjection } from '../query/projection.js';
import { countMatches, PlannedQuery } from '../query/query.js';
import { parseSort, sortRows, type SortField } from '../query/sort.js';
import type { ReadScope } from '../scope.js';
import type { Hint } from '../query/planner.js';
import { asCount, countDocument, parseGroup } from './group.js';

type Docs = Iterable<Buffer>;
/** One stage over a stream of documents. */
type Stage = (docs: Docs) => Docs;

interface Head {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly limit: number;
  /** Stages that the query itself has done. */
  readonly consumed: number;
}

export const aggregate: Command = {
  fields: ['pipeline', 'cursor', 'hint', 'allowDiskUse', 'bypassDocumentValidation', 'fromRouter'],
  refused: ['collation', 'let', 'explain'],
  run: ({ engine, scope, request, reply }) => {
    const ns = request.namespace();
    const pipeline = request.list('pipeline').map(stageElement);
    const cursor = request.object('cursor');
    if (!cursor)
      throw new CommandError(
        ErrorCode.FailedToParse,
        "The 'cursor' option is required, except for aggregate with the explain argument",
      );
    const size = findByName(cursor, 'batchSize');
    const batchSize = size ? readNumber(size) : FIRST_BATCH;
    engine.cursors.first(reply, ns, pipelineSource(scope, ns, pipeline, request.hint()), batchSize);
  },
};

export function stageElement(stage: Value): Element {
  const fields = elementsOf(stage);
  if (fields.length !== 1) {
    throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  return fields[0]!;
}

/** What of the pipeline's front can be done by the query: a filter, an order, a bound. */
export function headOf(pipeline: readonly Element[]): Head {
  const filters: Filter[] = [];
  let at = 0;
  while (pipeline[at]?.name === '$match') filters.push(parseMatch(pipeline[at++]!));
  const filter: Filter = filters.length === 1 ? filters[0]! : { op: 'and', children: filters };
  const sort = pipeline[at]?.name === '$sort' ? parseSort(pipeline[at++]) : [];
  const limit = pipeline[at]?.name === '$limit' ? parseLimit(pipeline[at++]!) : 0;
  return { filter: conjuncts(filter).length === 0 ? { op: 'true' } : filter, sort, limit, consumed: at };
}

/** MongoDB's bound for what a pipeline may hold in memory. */
const MAX_RESULT = 100 * 1024 * 1024;

function pipelineSource(
  scope: ReadScope,
  ns: string,
  pipeline: readonly Element[],
  hint: Hint | undefined,
): DocumentSource {
  const { filter, sort, limit, consumed } = headOf(pipeline);
  const rest = pipeline.slice(consumed);
  const stages = rest.map(parseStage);
  const info = scope.collections.get(ns);
  if (!info) return new ListSource([...through([], stages)]);
  const { view } = scope;
  if (stages.length === 0) {
    return new FindSource(scope, info, { filter, sort, limit, skip: 0, hint });
  }
  const counting = limit === 0 && sort.length === 0 ? asCount(rest) : undefined;
  if (counting) {
    const count = countMatches(view, info, { filter, sort: [], hint });
    return new ListSource(count === 0 ? [] : [...through([countDocument(counting, count)], stages.slice(1))]);
  }
  const query = new PlannedQuery(info, { filter, sort, hint });
  const result: Buffer[] = [];
  let bytes = 0;
  for (const doc of through(limited(docsOf(query.rows(view, limit)), limit), stages)) {
    bytes += doc.length;
    if (bytes > MAX_RESULT)
      throw new CommandError(ErrorCode.MemoryLimit, `the pipeline's result exceeds ${MAX_RESULT} bytes`);
    result.push(doc);
  }
  return new ListSource(result);
}

function* docsOf(rows: Iterable<{ doc: Buffer }>): Generator<Buffer> {
  for (const { doc } of rows) yield doc;
}

function through(docs: Docs, stages: readonly Stage[]): Docs {
  return stages.reduce((stream, stage) => stage(stream), docs);
}

function* limited(docs: Docs, limit: number): Generator<Buffer> {
  let count = 0;
  for (const doc of docs) {
    yield doc;
    if (limit > 0 && ++count >= limit) return;
  }
}

function parseStage(stage: Element): Stage {
  switch (stage.name) {
    case '$match': {
      const matches = compileFilter(parseMatch(stage));
      return function* (docs) {
        for (const doc of docs) if (matches(doc, 0)) yield doc;
      };
    }
    case '$sort': {
      const fields = parseSort(stage);
      if (fields.length === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
      return (docs) => sortRows(wrap(docs), fields, 0).map((row) => row.doc);
    }
    case '$limit': {
      const limit = parseLimit(stage);
      return (docs) => limited(docs, limit);
    }
    case '$skip': {
      const skip = bound(stage, 0, 15956);
      return function* (docs) {
        let at = 0;
        for (const doc of docs) if (at++ >= skip) yield doc;
      };
    }
    case '$project': {
      if (stage.type !== T.object) throw new CommandError(15969, '$project specification must be an object');
      if (elementsOf(stage).length === 0)
        throw new CommandError(
          51272,
          'Invalid $project :: caused by :: projection specification must have at least one field',
        );
      const project = parseProjection(stage)!;
      return function* (docs) {
        for (const doc of docs) yield project(doc);
      };
    }
    case '$group':
    case '$count':
      return parseGroup(stage);
    default:
      if (STAGES.has(stage.name)) throw unsupported(`the pipeline stage ${stage.name}`);
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${stage.name}'`);
  }
}

const STAGES = new Set(
  `$addFields $bucket $bucketAuto $changeStream $collStats $currentOp $densify $documents $facet $fill $geoNear $graphLookup
   $indexStats $listSessions $lookup $merge $out $planCacheStats $redact $replaceRoot $replaceWith $sample $search $set
   $setWindowFields $sortByCount $unionWith $unset $unwind`.split(/\s+/),
);

function* wrap(docs: Docs): Generator<{ doc: Buffer }> {
  for (const doc of docs) yield { doc };
}

function parseMatch(stage: Element): Filter {
  if (stage.type !== T.object)
    throw new CommandError(15959, 'the match filter must be an expression in an object');
  return parseFilter(stage);
}

function parseLimit(stage: Element): number {
  return bound(stage, 1, 15958);
}

function bound(stage: Element, min: number, code: number): number {
  const value = isNumber(stage.type) ? readNumber(stage) : NaN;
  if (!Number.isInteger(value))
    throw new CommandError(
      code === 15958 ? 2107201 : 5107200,
      `invalid argument to ${stage.name} stage: Expected an integer`,
    );
  if (value < min)
    throw new CommandError(
      code,
      `the ${stage.name.slice(1)} must be ${min === 1 ? 'positive' : 'non-negative'}`,
    );
  return value;
}
