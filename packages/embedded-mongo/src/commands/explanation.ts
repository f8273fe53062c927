import { asCount } from '../aggregate/count.js';
import { Variables } from '../aggregate/expression.js';
import { headOf } from '../aggregate/pipeline.js';
import { stageElement } from '../aggregate/stage.js';
import { isNumber, T } from '../bson/types.js';
import { elements, findByName, isTruthy, numberOf, objectValue, type Value } from '../bson/value.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { CommandError, ErrorCode, unsupported } from '../errors.js';
import type { KvView } from '../kv/view.js';
import { planDistinct } from '../query/distinct.js';
import { indexStage, scanStages, writeSortPattern, type ExplainStage } from '../query/explain-plan.js';
import { parseFilter } from '../query/parse-filter.js';
import { countMatches, PlannedQuery, type Query } from '../query/query.js';
import type { ScanStats } from '../query/scan.js';
import { parseSort } from '../query/sort.js';
import { EMPTY_DOCUMENT, findOptions } from './find.js';
import { parseHint, type Request } from './request.js';

/** How a command would be run, and a run of it. */
export interface Explanation {
  readonly filter: Value;
  readonly tree: ExplainStage;
  /** Runs it without changing anything; returns how many documents it gives. */
  readonly run: (view: KvView) => number;
  readonly stats: () => ScanStats;
  /** Pipeline stages that follow the query. */
  readonly rest: readonly Value[];
}

const NOTHING: ScanStats = { keysExamined: 0, docsExamined: 0, returned: 0 };
const EMPTY = objectValue(EMPTY_DOCUMENT);

export function explanationOf(request: Request, info: CollectionInfo | undefined): Explanation {
  switch (request.name) {
    case 'find':
      return ofFind(request, info);
    case 'count':
      return ofCount(filterOf(request), queryOf(request), info, []);
    case 'distinct':
      return ofDistinct(request, info);
    case 'aggregate':
      return ofPipeline(request, info);
    case 'update':
    case 'delete':
      return ofStatement(request, info);
    default: {
      const stage = request.bool('remove') ? 'DELETE' : 'UPDATE';
      const query = { ...queryOf(request), sort: parseSort(request.object('sort')) };
      return ofWrite(stage, filterOf(request), query, 1, info);
    }
  }
}

function filterOf(request: Request): Value {
  return request.object('query') ?? EMPTY;
}

function queryOf(request: Request): Query {
  return { filter: parseFilter(filterOf(request)), sort: [], hint: request.hint() };
}

function missing(filter: Value, rest: readonly Value[] = []): Explanation {
  const tree = { stage: 'EOF', figures: () => ({ nReturned: 0 }) };
  return { filter, tree, run: () => 0, stats: () => NOTHING, rest };
}

function ofFind(request: Request, info: CollectionInfo | undefined): Explanation {
  const options = findOptions(request);
  const { projection, skip, limit } = options;
  const filter = request.object('filter') ?? EMPTY;
  if (options.between) throw unsupported('explain of min and max');
  if (!info) return missing(filter);
  return ofRows(filter, options, skip, limit, info, (scan, figures) => {
    let tree = scan;
    if (projection) {
      const spec = request.object('projection')!;
      const write = (writer: Parameters<NonNullable<ExplainStage['write']>>[0]) =>
        writer.value('transformBy', spec);
      tree = {
        stage: isSimple(spec) ? 'PROJECTION_SIMPLE' : 'PROJECTION_DEFAULT',
        write,
        figures,
        inputs: [tree],
      };
    }
    if (skip > 0) tree = bounded('SKIP', 'skipAmount', skip, figures, tree);
    return limit > 0 && tree.stage !== 'SORT' ? bounded('LIMIT', 'limitAmount', limit, figures, tree) : tree;
  });
}

/** Does a projection only keep or drop whole fields? */
function isSimple(spec: Value): boolean {
  const fields = [...elements(spec.buf, spec.start)];
  return fields.every(({ type, name }) => (isNumber(type) || type === T.bool) && !name.includes('.'));
}

function bounded(
  stage: string,
  name: string,
  bound: number,
  figures: ExplainStage['figures'],
  input: ExplainStage,
): ExplainStage {
  return {
    stage,
    write: (writer) => writer.count(name, bound),
    ...(figures ? { figures } : {}),
    inputs: [input],
  };
}

type Wrap = (scan: ExplainStage, figures: () => { readonly nReturned: number }) => ExplainStage;

/** A query that gives documents, `limit` at most (0: all) behind those skipped. */
function ofRows(
  filter: Value,
  query: Query,
  skip: number,
  limit: number,
  info: CollectionInfo,
  wrap: Wrap,
  rest: readonly Value[] = [],
): Explanation {
  const planned = new PlannedQuery(info, query);
  const { plan, scan } = planned;
  const bound = limit === 0 ? 0 : skip + limit;
  let seen = 0;
  const figures = () => ({ nReturned: Math.max(0, seen - skip) });
  let tree = isById(planned, query) ? idStage(scan.stats) : scanStages(plan, scan);
  if (!plan.sorted) {
    const write: ExplainStage['write'] = (writer) => {
      writeSortPattern(writer, query.sort);
      writer.int('memLimit', 100 * 1024 * 1024);
      if (bound > 0) writer.count('limitAmount', bound);
      writer.string('type', 'simple');
    };
    tree = {
      stage: 'SORT',
      write,
      figures: () => ({ nReturned: seen }),
      inputs: [tree],
    };
  }
  const run = (view: KvView) => {
    for (const _ of planned.rows(view, bound)) if (++seen === bound) break;
    return figures().nReturned;
  };
  return { filter, tree: wrap(tree, figures), run, stats: () => scan.stats, rest };
}

function isById({ plan }: PlannedQuery, query: Query): boolean {
  if (plan.kind !== 'index' || plan.index.name !== '_id_' || !plan.exact || query.hint) return false;
  const [bounds] = plan.bounds;
  return bounds?.kind === 'points' && bounds.points.length === 1 && query.sort.length === 0;
}

function idStage(stats: ScanStats): ExplainStage {
  return { stage: 'IDHACK', figures: () => figuresOf(stats) };
}

function figuresOf({ returned, keysExamined, docsExamined }: ScanStats): Record<string, number> {
  return { nReturned: returned, keysExamined, docsExamined };
}

/** From the keys alone where an index holds exactly the matches. */
function ofCount(
  filter: Value,
  query: Query,
  info: CollectionInfo | undefined,
  rest: readonly Value[],
): Explanation {
  if (!info) return missing(filter, rest);
  const planned = new PlannedQuery(info, query);
  const { plan } = planned;
  let counted = 0;
  let stats = NOTHING;
  const figures = () => ({ nReturned: 0 });
  const run = (view: KvView) => {
    counted = countMatches(view, info, query);
    if (plan.kind === 'index') stats = { ...NOTHING, keysExamined: counted };
    return 0;
  };
  const counting = { filter, run, stats: () => stats, rest };
  if (plan.kind === 'collection' && plan.exact)
    return { ...counting, tree: { stage: 'RECORD_STORE_FAST_COUNT', figures } };
  if (plan.kind === 'index' && plan.exact) {
    const keys = {
      ...indexStage('COUNT_SCAN', plan),
      figures: () => ({ nReturned: counted, keysExamined: counted }),
    };
    return { ...counting, tree: { stage: 'COUNT', figures, inputs: [keys] } };
  }
  const wrap: Wrap = (scan) => ({ stage: 'COUNT', figures, inputs: [scan] });
  const explanation = ofRows(filter, query, 0, 0, info, wrap, rest);
  return { ...explanation, run: (view) => explanation.run(view) * 0 };
}

function ofDistinct(request: Request, info: CollectionInfo | undefined): Explanation {
  const filter = filterOf(request);
  const query = queryOf(request);
  const key = request.string('key') ?? '';
  if (!info) return missing(filter);
  const { plan, stats, values } = planDistinct(info, query, key);
  if (!plan) return ofRows(filter, query, 0, 0, info, (scan) => scan);
  const tree = { ...indexStage('DISTINCT_SCAN', plan), figures: () => figuresOf(stats) };
  return { filter, tree, run: (view) => values(view).list().length, stats: () => stats, rest: [] };
}

function ofPipeline(request: Request, info: CollectionInfo | undefined): Explanation {
  const pipeline = request.list('pipeline');
  const stages = pipeline.map(stageElement);
  const head = headOf(stages, Variables.ofCommand(request.object('let')));
  const rest = pipeline.slice(head.consumed);
  const filter = stages[0]?.name === '$match' ? stages[0] : EMPTY;
  const { limit } = head;
  const query: Query = { filter: head.filter, sort: head.sort, hint: request.hint() };
  if (!info) return missing(filter, rest);
  if (limit === 0 && head.sort.length === 0 && asCount(stages.slice(head.consumed)))
    return ofCount(filter, query, info, rest);
  const wrap: Wrap = (scan, figures) => {
    return limit > 0 && scan.stage !== 'SORT' ? bounded('LIMIT', 'limitAmount', limit, figures, scan) : scan;
  };
  return ofRows(filter, query, 0, limit, info, wrap, rest);
}

/** The first of the statements; MongoDB explains one alone. */
function ofStatement(request: Request, info: CollectionInfo | undefined): Explanation {
  const updates = request.name === 'update';
  const [statement, ...more] = request.list(updates ? 'updates' : 'deletes');
  if (!statement || more.length > 0)
    throw new CommandError(ErrorCode.InvalidLength, 'explained write batches must be of size 1');
  const filter = findByName(statement, 'q');
  if (filter?.type !== T.object) throw request.missing(`${updates ? 'updates' : 'deletes'}.q`);
  const bound = findByName(statement, 'limit');
  const one = updates
    ? !isTruthy(findByName(statement, 'multi'))
    : bound !== undefined && numberOf(bound) === 1;
  const query = { filter: parseFilter(filter), sort: [], hint: parseHint(findByName(statement, 'hint')) };
  return ofWrite(request.name.toUpperCase(), filter, query, one ? 1 : 0, info);
}

function ofWrite(
  stage: string,
  filter: Value,
  query: Query,
  limit: number,
  info: CollectionInfo | undefined,
): Explanation {
  const around = (input: ExplainStage, matched: () => number): ExplainStage => ({
    stage,
    figures: () => ({ nReturned: 0, [stage === 'DELETE' ? 'nWouldDelete' : 'nMatched']: matched() }),
    inputs: [input],
  });
  if (!info) {
    const nothing = missing(filter);
    return { ...nothing, tree: around(nothing.tree, () => 0) };
  }
  const wrap: Wrap = (scan, figures) => around(scan, () => figures().nReturned);
  const explanation = ofRows(filter, query, 0, limit, info, wrap);
  return { ...explanation, run: (view) => explanation.run(view) * 0 };
}
