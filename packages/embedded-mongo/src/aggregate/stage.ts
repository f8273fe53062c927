import { T } from '../bson/types.js';
import { elementsOf, type Element, type Value } from '../bson/value.js';
import { CommandError } from '../errors.js';
import type { CollectionInfo } from '../catalog/catalog.js';
import type { Filter } from '../query/filter.js';
import type { ReadScope } from '../scope.js';
import type { Variables } from './expression.js';

export type Docs = Iterable<Buffer>;

/** One stage over a stream of documents. */
export type Stage = (docs: Docs) => Docs;

/** What stages are parsed with. */
export interface PipelineContext {
  readonly scope: ReadScope;
  readonly db: string;
  readonly variables: Variables;
  /** The stages of a pipeline as one, of a sub-pipeline with the variables that it sees. */
  stages(pipeline: readonly Element[], variables?: Variables): Stage;
  /** A pipeline over another collection, to be run any number of times, each time to its end; `also` narrows it. */
  over(collection: string, pipeline: readonly Element[], variables: Variables): (also?: Filter) => Docs;
}

/** A stage that only stands first and takes no documents; the collection is undefined where there is none. */
export type SourceParser = (
  stage: Element,
  context: PipelineContext,
  ns: string,
  info?: CollectionInfo,
) => Docs;

export type StageParser = (stage: Element, context: PipelineContext) => Stage;

/** The only field of a stage: its name and its specification. */
export function stageElement(stage: Value): Element {
  const fields = stage.type === T.object ? elementsOf(stage) : [];
  if (fields.length !== 1)
    throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
  return fields[0]!;
}

/** A stage that makes one document of each. */
export function mapping(change: (doc: Buffer) => Buffer): Stage {
  return function* (docs) {
    for (const doc of docs) yield change(doc);
  };
}
