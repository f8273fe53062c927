import { Int32, Long } from 'mongodb';
import { compare } from './compare.js';
import { evaluate, order, SUMMARIES, truth, type Computed } from './expression.js';
import { compareKeys, sortKey, type KeyPattern } from './keys.js';
import { matches } from './match.js';
import { ModelError } from './model-error.js';
import { isDoc, isNumeric, toNumber, type Doc, type Value } from './value.js';

type Docs = Iterable<Doc>;
type Run = (operand: Value, docs: Docs, all: readonly Doc[]) => Docs;

/** A pipeline's documents, one stage after the other, each pulling only what it needs. `all`: the collection. */
export function runPipeline(pipeline: readonly Value[], docs: Docs, all: readonly Doc[]): Docs {
  return pipeline.reduce<Docs>((stream, stage) => {
    const [[name, operand]] = [...(stage as Doc)] as [[string, Value]];
    const run = STAGES[name];
    if (!run) throw new Error(`the model has no ${name}`);
    return run(operand, stream, all);
  }, docs);
}

function* mapped(docs: Docs, change: (doc: Doc) => Doc): Generator<Doc> {
  for (const document of docs) yield change(document);
}

function* filtered(docs: Docs, test: (doc: Doc) => boolean): Generator<Doc> {
  for (const document of docs) if (test(document)) yield document;
}

const put = (document: Doc, name: string, value: Computed): void => {
  if (value === undefined) document.delete(name);
  else document.set(name, value);
};

/** Sets a dotted path: into documents, into each element of an array; what is neither becomes a document. */
function assign(target: Value | undefined, [name, ...rest]: string[], value: () => Computed): Value {
  if (Array.isArray(target)) return target.map((item) => assign(item, [name as string, ...rest], value));
  const copy: Doc = new Map(isDoc(target) ? target : []);
  if (rest.length === 0) put(copy, name as string, value());
  else copy.set(name as string, assign(copy.get(name as string), rest, value));
  return copy;
}

/** Sets a dotted path through documents only: anything else on the way is replaced by one. */
function placed(target: Value | undefined, [name, ...rest]: string[], value: Value): Doc {
  const copy: Doc = new Map(isDoc(target) ? target : []);
  return copy.set(name as string, rest.length === 0 ? value : placed(copy.get(name as string), rest, value));
}

function include(value: Value, parts: string[][]): Value | undefined {
  if (Array.isArray(value)) {
    return value.map((item) => include(item, parts)).filter((item) => item !== undefined);
  }
  if (!isDoc(value)) return undefined;
  const kept: Doc = new Map();
  for (const [name, item] of value) {
    const below = parts.filter(([first]) => first === name).map(([, ...rest]) => rest);
    if (below.length === 0) continue;
    const left = below.some((rest) => rest.length === 0) ? item : include(item, below);
    if (left !== undefined) kept.set(name, left);
  }
  return kept;
}

function exclude(value: Value, parts: string[]): Value {
  if (Array.isArray(value)) return value.map((item) => exclude(item, parts));
  if (!isDoc(value)) return value;
  const [first, ...rest] = parts as [string, ...string[]];
  const copy: Doc = new Map(value);
  const item = copy.get(first);
  if (item === undefined) return copy;
  if (rest.length === 0) copy.delete(first);
  else copy.set(first, exclude(item, rest));
  return copy;
}

const isFlag = (value: Value): boolean => isNumeric(value) || typeof value === 'boolean';

/** A document that is no expression stands for the paths below it. */
function flat(spec: Doc, prefix = ''): [string, Value][] {
  return [...spec].flatMap(([name, value]): [string, Value][] => {
    const [first] = isDoc(value) ? value.keys() : [];
    if (first === undefined || first.startsWith('$')) return [[prefix + name, value]];
    return flat(value as Doc, `${prefix}${name}.`);
  });
}

function projected(document: Doc, spec: Doc): Doc {
  const entries = flat(spec);
  const excluding = entries.every(([, value]) => isFlag(value) && !truth(value));
  if (excluding) return entries.reduce<Doc>((doc, [path]) => exclude(doc, path.split('.')) as Doc, document);
  const paths = entries.filter(([, value]) => isFlag(value) && truth(value)).map(([path]) => path.split('.'));
  if (!spec.has('_id')) paths.push(['_id']);
  // What a computed field lies in is kept, with nothing else in it.
  for (const [path, value] of entries)
    if (!isFlag(value) && path.includes('.')) paths.push(path.split('.').with(-1, ''));
  const kept = include(document, paths) as Doc;
  return entries
    .filter(([, value]) => !isFlag(value))
    .reduce<Doc>(
      (doc, [path, value]) => assign(doc, path.split('.'), () => evaluate(value, document)) as Doc,
      kept,
    );
}

function* unwound(docs: Docs, path: string, keep: boolean, indexName: string | undefined): Generator<Doc> {
  const numbered = (document: Doc, index: Value): Doc =>
    indexName === undefined ? document : new Map([...document, [indexName, index]]);
  for (const document of docs) {
    const value = document.get(path);
    if (!Array.isArray(value)) {
      if (keep || (value !== undefined && value !== null)) yield numbered(document, null);
    } else if (value.length === 0) {
      if (keep) yield numbered(exclude(document, [path]) as Doc, null);
    } else
      for (const [i, item] of value.entries())
        yield numbered(new Map([...document, [path, item]]), Long.fromNumber(i));
  }
}

function* grouped(docs: Docs, id: Value, outputs: [string, Value][]): Generator<Doc> {
  const groups: { key: Value; members: Doc[] }[] = [];
  for (const document of docs) {
    const key = evaluate(id, document) ?? null;
    const group = groups.find((other) => compare(other.key, key) === 0);
    // Errors come with the document that makes them.
    for (const [, output] of outputs) evaluate([...(output as Doc)][0]![1], document);
    if (group) group.members.push(document);
    else groups.push({ key, members: [document] });
  }
  for (const { key, members } of groups) {
    const fields = outputs.map(([name, output]): [string, Value] => {
      const [[operator, operand]] = [...(output as Doc)] as [[string, Value]];
      const values = members.map((member) => evaluate(operand, member));
      return [name, gathered(operator, values)];
    });
    yield new Map([['_id', key], ...fields]);
  }
}

function gathered(operator: string, values: Computed[]): Value {
  const there = values.filter((value) => value !== undefined);
  if (operator === '$push') return there;
  if (operator === '$addToSet') {
    return there.filter((value, i) => there.findIndex((other) => order(value, other) === 0) === i);
  }
  if (operator === '$first') return values[0] ?? null;
  if (operator === '$last') return values.at(-1) ?? null;
  return (SUMMARIES[operator] as (values: Computed[]) => Computed)(values) ?? null;
}

const text = (operand: Value, name: string): string => (operand as Doc).get(name) as string;

/** What a join compares: the elements of an array, each by itself; null where there is nothing. */
function localValues(document: Doc, path: string): Value[] {
  const value = document.get(path);
  const values = Array.isArray(value) ? value : value === undefined ? [] : [value];
  return values.length === 0 ? [null] : values;
}

const STAGES: Record<string, Run> = {
  $match: (filter, docs) => filtered(docs, (document) => matchesWith(document, filter as Doc)),
  $addFields: (spec, docs) =>
    mapped(docs, (document) =>
      flat(spec as Doc).reduce<Doc>(
        (doc, [path, value]) => assign(doc, path.split('.'), () => evaluate(value, document)) as Doc,
        document,
      ),
    ),
  $project: (spec, docs) => mapped(docs, (document) => projected(document, spec as Doc)),
  $unset: (path, docs) => mapped(docs, (document) => exclude(document, (path as string).split('.')) as Doc),
  $replaceWith: (expression, docs) =>
    mapped(docs, (document) => {
      const root = evaluate(expression, document);
      if (!isDoc(root)) throw new ModelError(40228, 'no document');
      return root;
    }),
  $sort: function* (spec, docs) {
    const pattern: KeyPattern = [...(spec as Doc)].map(([path, sign]) => [
      path,
      toNumber(sign as Int32) as 1 | -1,
    ]);
    const keyed = [...docs].map((document) => ({ document, key: sortKey(document, pattern) }));
    for (const { document } of keyed.sort((a, b) => compareKeys(a.key, b.key, pattern))) yield document;
  },
  $skip: function* (count, docs) {
    let left = toNumber(count as Int32);
    for (const document of docs) if (left-- <= 0) yield document;
  },
  $limit: function* (count, docs) {
    let left = toNumber(count as Int32);
    for (const document of docs) {
      yield document;
      if (--left === 0) return;
    }
  },
  $unwind: (spec, docs) => {
    const keep = (spec as Doc).get('preserveNullAndEmptyArrays') === true;
    return unwound(
      docs,
      text(spec, 'path').slice(1),
      keep,
      (spec as Doc).get('includeArrayIndex') as string | undefined,
    );
  },
  $group: (spec, docs) => {
    const [[, id], ...outputs] = [...(spec as Doc)] as [[string, Value], ...[string, Value][]];
    return grouped(docs, id, outputs);
  },
  $count: function* (name, docs) {
    const count = [...docs].length;
    if (count > 0) yield new Map([[name as string, new Int32(count)]]);
  },
  $lookup: (spec, docs, all) =>
    mapped(docs, (document) => {
      const values = localValues(document, text(spec, 'localField'));
      const wanted = new Map([[text(spec, 'foreignField'), new Map([['$in', values]])]]);
      const found = all.filter((other) => matches(other, wanted));
      const pipeline = (spec as Doc).get('pipeline') as Value[];
      return placed(document, text(spec, 'as').split('.'), [...runPipeline(pipeline, found, all)]);
    }),
  $facet: function* (spec, docs, all) {
    const given = [...docs];
    yield new Map(
      [...(spec as Doc)].map(([name, pipeline]) => [name, [...runPipeline(pipeline as Value[], given, all)]]),
    );
  },
};

function matchesWith(document: Doc, filter: Doc): boolean {
  const expression = filter.get('$expr');
  return expression === undefined ? matches(document, filter) : truth(evaluate(expression, document));
}
