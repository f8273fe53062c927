import { formatValue } from '../bson/format.js';
import { rankOf, T } from '../bson/types.js';
import type { BsonWriter } from '../bson/writer.js';
import type { FieldBounds } from './bounds.js';
import type { IndexPlan, Plan } from './planner.js';
import type { ScanStats } from './scan.js';

/** A stage of a plan as `explain` shows it; the innermost one reads the store. */
export interface ExplainStage {
  readonly stage: string;
  readonly write?: (writer: BsonWriter) => void;
  readonly inputs?: readonly ExplainStage[];
}

/** The stages that read: COLLSCAN, FETCH over IXSCAN, or an OR of several. */
export function scanStages(plan: Plan): ExplainStage {
  switch (plan.kind) {
    case 'collection':
      return {
        stage: 'COLLSCAN',
        write: (writer) => writer.string('direction', plan.reverse ? 'backward' : 'forward'),
      };
    case 'union':
      return {
        stage: 'FETCH',
        inputs: [{ stage: 'OR', inputs: plan.branches.map((branch) => indexStage('IXSCAN', branch)) }],
      };
    case 'index':
      return { stage: 'FETCH', inputs: [indexStage('IXSCAN', plan)] };
  }
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

/** What a run of the plan came to. */
export interface Execution {
  readonly returned: number;
  readonly millis: number;
  readonly stats: ScanStats;
}

/** Writes a stage tree; with `execution` also what the run examined. */
export function writeStage(
  writer: BsonWriter,
  name: string,
  stage: ExplainStage,
  execution?: Execution,
): void {
  const mark = writer.beginObject(name);
  writer.string('stage', stage.stage);
  if (execution) writeStageCounts(writer, stage, execution);
  stage.write?.(writer);
  const inputs = stage.inputs ?? [];
  if (inputs.length === 1) writeStage(writer, 'inputStage', inputs[0]!, execution);
  else if (inputs.length > 1) {
    const list = writer.beginArray('inputStages');
    inputs.forEach((input, i) => writeStage(writer, String(i), input, execution));
    writer.end(list);
  }
  writer.end(mark);
}

function writeStageCounts(writer: BsonWriter, stage: ExplainStage, { returned, stats }: Execution): void {
  if (stage.stage === 'IXSCAN' || stage.stage === 'COUNT_SCAN')
    writer.count('keysExamined', stats.keysExamined);
  else if (stage.stage === 'FETCH' || stage.stage === 'COLLSCAN' || stage.stage === 'IDHACK') {
    writer.count('docsExamined', stats.docsExamined);
  } else writer.count('nReturned', returned);
}
