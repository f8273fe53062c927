import { hostname } from 'node:os';
import { T } from '../bson/types.js';
import { findByName, isTruthy, objectValue, readNumber, type Value } from '../bson/value.js';
import type { BsonWriter } from '../bson/writer.js';
import type { KvView } from '../kv/view.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import { headOf } from '../aggregate/pipeline.js';
import { stageElement } from '../aggregate/stage.js';
import { asCount } from '../aggregate/count.js';
import { CommandError, ErrorCode } from '../errors.js';
import {
  indexStage,
  scanStages,
  writeStage,
  type ExplainStage,
  type Execution,
} from '../query/explain-plan.js';
import { parseFilter } from '../query/parse-filter.js';
import { countMatches, PlannedQuery, type Query } from '../query/query.js';
import { parseSort } from '../query/sort.js';
import { VERSION } from './admin.js';
import { EMPTY_DOCUMENT, findOptions } from './find.js';
import { parseHint, Request, type Command, type CommandContext } from './request.js';

/** What is to be explained, in terms of one query. */
interface Explained {
  readonly query: Query;
  readonly filter: Value;
  /** Rows to stop after (0: none). */
  readonly limit: number;
  /** Puts the command's own stages around the scan. */
  readonly wrap: (scan: ExplainStage) => ExplainStage;
  readonly counts?: boolean;
  /** Pipeline stages that follow the query. */
  readonly rest?: readonly Value[];
}

/** `explain` of find, count, distinct, aggregate, update, delete and findAndModify. Nothing is changed by it. */
export const explain: Command = {
  fields: ['verbosity'],
  run: (context) => {
    const { request, scope, reply } = context;
    const command = request.object('explain')!;
    const verbosity = request.string('verbosity') ?? 'allPlansExecution';
    if (!['queryPlanner', 'executionStats', 'allPlansExecution'].includes(verbosity)) {
      throw new CommandError(
        ErrorCode.BadValue,
        `Enumeration value '${verbosity}' for field 'verbosity' is not a valid value.`,
      );
    }
    const inner = new Request(command, new Map(), request.db);
    const explained = explainedOf(inner);
    const ns = inner.namespace();
    const info = scope.collections.get(ns);
    if (explained.rest && explained.rest.length > 0) {
      const stages = reply.beginArray('stages');
      const first = reply.beginObject('0');
      const cursor = reply.beginObject('$cursor');
      writeExplain(context, ns, info, explained, verbosity);
      reply.end(cursor);
      reply.end(first);
      explained.rest.forEach((stage, i) => reply.value(String(i + 1), stage));
      reply.end(stages);
    } else writeExplain(context, ns, info, explained, verbosity);
    reply.value('command', command);
    const server = reply.beginObject('serverInfo');
    reply.string('host', hostname());
    reply.string('version', VERSION);
    reply.end(server);
  },
};

function explainedOf(request: Request): Explained {
  const same = (scan: ExplainStage) => scan;
  switch (request.name) {
    case 'find': {
      const options = findOptions(request);
      const limit = options.limit === 0 ? 0 : options.skip + options.limit;
      const wrap = (scan: ExplainStage) => around(scan, options);
      return { query: options, filter: filterOf(request, 'filter'), limit, wrap };
    }
    case 'count':
      return {
        ...simple(request, 'query'),
        counts: true,
        wrap: (scan) => ({ stage: 'COUNT', inputs: [scan] }),
      };
    case 'distinct':
      return { ...simple(request, 'query'), wrap: same };
    case 'aggregate': {
      const pipeline = request.list('pipeline');
      const head = headOf(pipeline.map(stageElement));
      const rest = pipeline.slice(head.consumed);
      const query = { filter: head.filter, sort: head.sort, hint: request.hint() };
      const counts = head.limit === 0 && asCount(rest.map(stageElement)) !== undefined;
      const first = pipeline[0] && stageElement(pipeline[0]);
      const filter = first?.name === '$match' ? first : objectValue(EMPTY_DOCUMENT);
      const wrap = head.limit > 0 ? limited : same;
      return { query, filter, limit: head.limit, wrap, counts, rest };
    }
    case 'update':
    case 'delete': {
      const [statement] = request.list(request.name === 'update' ? 'updates' : 'deletes');
      const filter = statement && findByName(statement, 'q');
      if (filter?.type !== T.object)
        throw new CommandError(ErrorCode.FailedToParse, 'a statement with q is required');
      const multi = findByName(statement!, 'multi');
      const bound = findByName(statement!, 'limit');
      const one =
        request.name === 'update' ? !isTruthy(multi) : bound !== undefined && readNumber(bound) === 1;
      const query = {
        filter: parseFilter(filter),
        sort: [],
        hint: parseHint(findByName(statement!, 'hint')),
      };
      const stage = request.name.toUpperCase();
      return { query, filter, limit: one ? 1 : 0, wrap: (scan) => ({ stage, inputs: [scan] }) };
    }
    case 'findAndModify':
    case 'findandmodify': {
      const stage = request.bool('remove') ? 'DELETE' : 'UPDATE';
      const query = { ...simple(request, 'query').query, sort: parseSort(request.object('sort')) };
      return { ...simple(request, 'query'), query, limit: 1, wrap: (scan) => ({ stage, inputs: [scan] }) };
    }
    default:
      throw new CommandError(
        ErrorCode.CommandNotFound,
        `Explain failed due to unknown command: ${request.name}`,
      );
  }
}

function filterOf(request: Request, field: string): Value {
  return request.object(field) ?? objectValue(EMPTY_DOCUMENT);
}

function simple(request: Request, field: string): Pick<Explained, 'query' | 'filter' | 'limit'> {
  const filter = filterOf(request, field);
  return { query: { filter: parseFilter(filter), sort: [], hint: request.hint() }, filter, limit: 0 };
}

function around(scan: ExplainStage, options: ReturnType<typeof findOptions>): ExplainStage {
  let stage = scan;
  if (options.projection) stage = { stage: 'PROJECTION_SIMPLE', inputs: [stage] };
  if (options.skip > 0) stage = { stage: 'SKIP', inputs: [stage] };
  return options.limit > 0 ? limited(stage) : stage;
}

function limited(stage: ExplainStage): ExplainStage {
  return { stage: 'LIMIT', inputs: [stage] };
}

function writeExplain(
  { scope, reply }: CommandContext,
  ns: string,
  info: CollectionInfo | undefined,
  explained: Explained,
  verbosity: string,
): void {
  const planned = info && new PlannedQuery(info, explained.query);
  const tree = explained.wrap(planned ? scanTree(planned, explained) : { stage: 'EOF' });
  reply.string('explainVersion', '1');
  const planner = reply.beginObject('queryPlanner');
  reply.string('namespace', ns);
  reply.bool('indexFilterSet', false);
  reply.value('parsedQuery', explained.filter);
  writeStage(reply, 'winningPlan', tree);
  reply.end(reply.beginArray('rejectedPlans'));
  reply.end(planner);
  if (verbosity === 'queryPlanner') return;
  const started = performance.now();
  const returned = planned && info ? run(planned, info, explained, scope.view) : 0;
  const stats = planned?.scan.stats ?? { keysExamined: 0, docsExamined: 0 };
  writeExecution(reply, tree, { returned, millis: Math.round(performance.now() - started), stats });
}

function scanTree(planned: PlannedQuery, { query, counts }: Explained): ExplainStage {
  const { plan } = planned;
  if (counts && plan.exact) {
    if (plan.kind === 'index') return indexStage('COUNT_SCAN', plan);
    return { stage: 'RECORD_STORE_FAST_COUNT' };
  }
  if (
    plan.kind === 'index' &&
    plan.index.name === '_id_' &&
    plan.exact &&
    plan.ranges.length === 1 &&
    !query.hint
  ) {
    if (plan.bounds[0]?.kind === 'points' && query.sort.length === 0) return { stage: 'IDHACK' };
  }
  const scan = scanStages(plan);
  return plan.sorted ? scan : { stage: 'SORT', inputs: [scan] };
}

function run(planned: PlannedQuery, info: CollectionInfo, explained: Explained, view: KvView): number {
  if (explained.counts && planned.plan.exact) {
    const count = countMatches(view, info, explained.query);
    if (planned.plan.kind === 'index') planned.scan.stats.keysExamined = count;
    return count;
  }
  let returned = 0;
  for (const _ of planned.rows(view, explained.limit)) {
    returned++;
    if (explained.limit > 0 && returned >= explained.limit) break;
  }
  return returned;
}

function writeExecution(reply: BsonWriter, tree: ExplainStage, execution: Execution): void {
  const stats = reply.beginObject('executionStats');
  reply.bool('executionSuccess', true);
  reply.count('nReturned', execution.returned);
  reply.count('executionTimeMillis', execution.millis);
  reply.count('totalKeysExamined', execution.stats.keysExamined);
  reply.count('totalDocsExamined', execution.stats.docsExamined);
  writeStage(reply, 'executionStages', tree, execution);
  reply.end(stats);
}
