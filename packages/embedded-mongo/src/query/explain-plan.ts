import { formatValue } from '../bson/format.js';
import { rankOf, T } from '../bson/types.js';
import type { BsonWriter } from '../bson/writer.js';
import type { FieldBounds } from './bounds.js';
import type { IndexPlan, Plan } from './planner.js';
import type { Scan } from './scan.js';
import type { SortField } from './sort.js';

/** A stage of a plan as `explain` shows it; the innermost one reads the store. */
export interface ExplainStage {
  readonly stage: string;
  readonly write?: (writer: BsonWriter) => void;
  /** What a run came to, by MongoDB's names. */
  readonly figures?: () => Readonly<Record<string, number>>;
  readonly inputs?: readonly ExplainStage[];
}

/** The stages that read: COLLSCAN, FETCH over IXSCAN, or over an OR or a SORT_MERGE of several. */
export function scanStages(plan: Plan, scan: Scan): ExplainStage {
  const documents = () => ({ nReturned: scan.stats.returned, docsExamined: scan.stats.docsExamined });
  const fetched = (input: ExplainStage): ExplainStage => {
    return { stage: 'FETCH', figures: documents, inputs: [input] };
  };
  switch (plan.kind) {
    case 'collection':
      return {
        stage: 'COLLSCAN',
        write: (writer) => writer.string('direction', plan.reverse ? 'backward' : 'forward'),
        figures: documents,
      };
    case 'index':
      return fetched(keyScan(plan, scan));
    case 'union': {
      const inputs = plan.branches.map((branch, i) => keyScan(branch, scan.inputs[i]!));
      const returned = () => ({ nReturned: scan.stats.docsExamined });
      if (plan.order.length === 0) return fetched({ stage: 'OR', figures: returned, inputs });
      const write = (writer: BsonWriter) => writeSortPattern(writer, plan.order);
      return fetched({ stage: 'SORT_MERGE', write, figures: returned, inputs });
    }
  }
}

export function writeSortPattern(writer: BsonWriter, order: readonly SortField[]): void {
  const mark = writer.beginObject('sortPattern');
  for (const { path, descending } of order) writer.int(path.text, descending ? -1 : 1);
  writer.end(mark);
}

function keyScan(plan: IndexPlan, scan: Scan): ExplainStage {
  const figures = () => ({ nReturned: scan.stats.docsExamined, keysExamined: scan.stats.keysExamined });
  return { ...indexStage('IXSCAN', plan), figures };
}

/** One index scan with its bounds. */
export function indexStage(stage: string, plan: IndexPlan): ExplainStage {
  const { index } = plan;
  return {
    stage,
    write: (writer) => {
      writer.document('keyPattern', index.pattern);
      writer.string('indexName', index.name);
      writer.bool('isMultiKey', index.multikey);
      if (!index.multikey) writeNoArrays(writer, plan);
      writer.bool('isUnique', index.unique);
      writer.bool('isSparse', index.sparse);
      writer.bool('isPartial', index.partial !== undefined);
      writer.int('indexVersion', 2);
      writer.string('direction', plan.reverse ? 'backward' : 'forward');
      const bounds = writer.beginObject('indexBounds');
      index.fields.forEach((field, i) => {
        const list = writer.beginArray(field.path.text);
        const backward = plan.reverse !== field.descending;
        formatBounds(plan.bounds[i], backward).forEach((text, at) => writer.string(String(at), text));
        writer.end(list);
      });
      writer.end(bounds);
    },
  };
}

/** Which parts of each path are arrays: none. */
function writeNoArrays(writer: BsonWriter, { index }: IndexPlan): void {
  const paths = writer.beginObject('multiKeyPaths');
  for (const { path } of index.fields) writer.end(writer.beginArray(path.text));
  writer.end(paths);
}

function formatBounds(bounds: FieldBounds | undefined, backward: boolean): string[] {
  if (!bounds || bounds.kind === 'all') return [backward ? '[MaxKey, MinKey]' : '[MinKey, MaxKey]'];
  if (bounds.kind === 'points') {
    const points = bounds.points.map((point) => `[${formatValue(point)}, ${formatValue(point)}]`);
    return backward ? points.reverse() : points;
  }
  const { lower, upper } = bounds;
  const low = {
    open: lower && !lower.inclusive,
    text: lower ? shownLimit(formatValue(lower.value)) : lowest(bounds.rank),
  };
  const high = upper
    ? { open: !upper.inclusive, text: formatValue(upper.value) }
    : { open: highestIsOpen(bounds.rank), text: highest(bounds.rank) };
  const [first, last] = backward ? [high, low] : [low, high];
  return [`${first.open ? '(' : '['}${first.text}, ${last.text}${last.open ? ')' : ']'}`];
}

function shownLimit(text: string): string {
  return text.replace(/^(-?)inf$/, '$1inf.0');
}

function lowest(rank: number): string {
  return LOWEST.get(rank) ?? 'MinKey';
}

function highest(rank: number): string {
  return HIGHEST.get(rank) ?? 'MaxKey';
}

function highestIsOpen(rank: number): boolean {
  return rank === rankOf(T.string) || rank === rankOf(T.object);
}

const LOWEST = new Map([
  [rankOf(T.double), '-inf.0'],
  [rankOf(T.string), '""'],
  [rankOf(T.object), '{}'],
  [rankOf(T.bool), 'false'],
  [rankOf(T.objectId), "ObjectId('000000000000000000000000')"],
  [rankOf(T.date), 'new Date(-9223372036854775808)'],
]);
const HIGHEST = new Map([
  [rankOf(T.double), 'inf.0'],
  [rankOf(T.string), '{}'],
  [rankOf(T.object), '[]'],
  [rankOf(T.bool), 'true'],
  [rankOf(T.objectId), "ObjectId('ffffffffffffffffffffffff')"],
  [rankOf(T.date), 'new Date(9223372036854775807)'],
]);

/** Writes a stage tree; after a run also what it came to. */
export function writeStage(writer: BsonWriter, name: string, stage: ExplainStage, ran: boolean): void {
  const mark = writer.beginObject(name);
  writer.string('stage', stage.stage);
  const { nReturned, ...others } = (ran ? stage.figures?.() : undefined) ?? {};
  if (nReturned !== undefined) writer.count('nReturned', nReturned);
  stage.write?.(writer);
  for (const [figure, value] of Object.entries(others)) writer.count(figure, value);
  const inputs = stage.inputs ?? [];
  if (inputs.length === 1 && stage.stage !== 'OR' && stage.stage !== 'SORT_MERGE')
    writeStage(writer, 'inputStage', inputs[0]!, ran);
  else if (inputs.length > 0) {
    const list = writer.beginArray('inputStages');
    inputs.forEach((input, i) => writeStage(writer, String(i), input, ran));
    writer.end(list);
  }
  writer.end(mark);
}
