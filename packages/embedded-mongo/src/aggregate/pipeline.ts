import type { CollectionInfo } from '../catalog/catalog.js';
import { ListSource, type DocumentSource } from '../commands/cursors.js';
import { namespaceOf } from '../commands/request.js';
import type { Element } from '../bson/value.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import { conjuncts, type Filter } from '../query/filter.js';
import { FindSource } from '../query/find-source.js';
import type { Hint } from '../query/planner.js';
import { countMatches } from '../query/query.js';
import type { SortField } from '../query/sort.js';
import type { ReadScope } from '../scope.js';
import { parseLimit, parseMatch, parseSkip, parseSortStage, sorting } from './basic-stages.js';
import { asCount, countDocument } from './count.js';
import type { Variables } from './expression.js';
import type { Docs, PipelineContext, Stage } from './stage.js';
import { REFUSED_STAGES, SOURCES, STAGES } from './stages.js';
import { StreamSource } from './stream-source.js';

/** What of a pipeline's front is done by the query: a filter, an order, a bound. */
export interface Head {
  readonly filter: Filter;
  readonly sort: readonly SortField[];
  readonly limit: number;
  /** Stages that the query itself has done. */
  readonly consumed: number;
}

export function headOf(pipeline: readonly Element[], variables?: Variables): Head {
  const filters: Filter[] = [];
  let at = 0;
  while (pipeline[at]?.name === '$match') filters.push(parseMatch(pipeline[at++]!, variables));
  const sort = pipeline[at]?.name === '$sort' ? parseSortStage(pipeline[at++]!) : [];
  const limit = boundOf(pipeline.slice(at));
  if (pipeline[at]?.name === '$limit') at++;
  return { filter: allOf(filters), sort, limit, consumed: at };
}

function allOf(filters: readonly Filter[]): Filter {
  const conditions = filters.flatMap(conjuncts);
  if (conditions.length === 0) return { op: 'true' };
  return conditions.length === 1 ? conditions[0]! : { op: 'and', children: conditions };
}

/** How many documents a `$limit` in front, maybe behind a `$skip`, takes at most; 0: all. */
function boundOf([first, second]: readonly Element[]): number {
  if (first?.name === '$limit') return parseLimit(first);
  return first?.name === '$skip' && second?.name === '$limit' ? parseSkip(first) + parseLimit(second) : 0;
}

const MAX_DEPTH = 20;

/** Pipelines over the collections of a scope, with the variables of a command. */
export class Pipelines implements PipelineContext {
  constructor(
    readonly scope: ReadScope,
    readonly db: string,
    readonly variables: Variables,
    private readonly depth = 0,
  ) {
    if (depth > MAX_DEPTH) {
      throw new CommandError(
        ErrorCode.MaxSubPipelineDepthExceeded,
        `Maximum number of nested sub-pipelines exceeded. Limit is ${MAX_DEPTH}`,
      );
    }
  }

  /** The documents of a command's pipeline over a collection, or over none. Between batches no reader is held. */
  source(
    ns: string,
    info: CollectionInfo | undefined,
    pipeline: readonly Element[],
    hint?: Hint,
  ): DocumentSource {
    const [first, ...others] = pipeline;
    const start = first && SOURCES.get(first.name);
    if (start) {
      const rest = this.composed(others);
      return new StreamSource(rest(start(first, this, ns, info)));
    }
    const { consumed, ...query } = headOf(pipeline, this.variables);
    const rest = pipeline.slice(consumed);
    const stages = this.composed(rest);
    if (!info) return new StreamSource(stages([]));
    const options = { ...query, skip: 0, hint };
    if (rest.length === 0) return new FindSource(this.scope, info, options);
    const counting = query.limit === 0 && query.sort.length === 0 ? asCount(rest) : undefined;
    if (!counting) return new StreamSource(stages(found(new FindSource(this.scope, info, options))));
    const count = countMatches(this.scope.view, info, options);
    const counted = count === 0 ? [] : [countDocument(counting, count)];
    return new ListSource([...this.composed(rest.slice(1))(counted)]);
  }

  /** Throws for what would fail before the first document. */
  check(pipeline: readonly Element[]): void {
    const starts = pipeline[0] && SOURCES.has(pipeline[0].name);
    this.composed(starts ? pipeline.slice(1) : pipeline.slice(headOf(pipeline, this.variables).consumed));
  }

  stages(pipeline: readonly Element[], variables = this.variables): Stage {
    return this.nested(variables).composed(pipeline);
  }

  over(collection: string, pipeline: readonly Element[], variables: Variables): (also?: Filter) => Docs {
    const inner = this.nested(variables);
    const ns = namespaceOf(this.db, collection);
    const [first] = pipeline;
    const start = first && SOURCES.get(first.name);
    const { consumed, ...query } = headOf(start ? [] : pipeline, variables);
    const rest = inner.composed(pipeline.slice(start ? 1 : consumed));
    return (also) => {
      const info = this.scope.collections.get(ns);
      if (start) return rest(start(first, inner, ns, info));
      if (!info) return rest([]);
      const filter = also ? allOf([also, query.filter]) : query.filter;
      return rest(found(new FindSource(this.scope, info, { ...query, filter, skip: 0 })));
    };
  }

  private nested(variables: Variables): Pipelines {
    return new Pipelines(this.scope, this.db, variables, this.depth + 1);
  }

  private composed(pipeline: readonly Element[]): Stage {
    const stages = pipeline.map((stage, i) => {
      if (stage.name === '$sort') return sorting(parseSortStage(stage), boundOf(pipeline.slice(i + 1)));
      const parse = STAGES.get(stage.name);
      if (parse) return parse(stage, this);
      if (SOURCES.has(stage.name))
        throw new CommandError(40602, `${stage.name} is only valid as the first stage in a pipeline.`);
      if (REFUSED_STAGES.has(stage.name)) throw unsupported(`the pipeline stage ${stage.name}`);
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${stage.name}'`);
    });
    return (docs) => stages.reduce((stream, stage) => stage(stream), docs);
  }
}

const FIRST_CHUNK = 32;
const MAX_CHUNK = 1024;
const MAX_CHUNK_BYTES = 1024 * 1024;

/** The documents of a find, read in portions so that nothing of the store is held between two of them. */
function* found(source: FindSource): Generator<Buffer> {
  for (let size = FIRST_CHUNK; ; size = Math.min(size * 2, MAX_CHUNK)) {
    const chunk: Buffer[] = [];
    let bytes = 0;
    const state = source.drain((doc) => {
      if (chunk.length >= size || bytes > MAX_CHUNK_BYTES) return false;
      bytes += doc.length;
      // The document is only lent.
      chunk.push(Buffer.from(doc));
      return true;
    });
    yield* chunk;
    if (state === 'done') return;
  }
}
