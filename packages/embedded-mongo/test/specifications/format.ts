import type { BSON } from 'mongodb';

/** The unified test format of the driver specifications, as far as its files are read here. */
export type Doc = BSON.Document;

export interface TestFile {
  readonly description: string;
  readonly schemaVersion: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly createEntities?: readonly EntitySpec[];
  readonly initialData?: readonly CollectionData[];
  readonly tests: readonly TestCase[];
}

export interface TestCase {
  readonly description: string;
  readonly skipReason?: string;
  readonly runOnRequirements?: readonly Requirement[];
  readonly operations: readonly Operation[];
  readonly expectEvents?: readonly ExpectedEvents[];
  readonly expectLogMessages?: unknown;
  readonly outcome?: readonly CollectionData[];
}

export interface Requirement {
  readonly minServerVersion?: string;
  readonly maxServerVersion?: string;
  readonly topologies?: readonly string[];
  readonly serverless?: string;
  readonly serverParameters?: Doc;
  readonly auth?: boolean;
  readonly csfle?: unknown;
}

/** One key: the kind of the entity. */
export type EntitySpec = Readonly<Record<string, Doc & { readonly id: string }>>;

export interface CollectionData {
  readonly databaseName: string;
  readonly collectionName: string;
  readonly createOptions?: Doc;
  readonly documents?: readonly Doc[];
}

export interface Operation {
  readonly name: string;
  readonly object: string;
  readonly arguments?: Doc;
  readonly ignoreResultAndError?: boolean;
  readonly expectError?: ExpectedError;
  readonly expectResult?: unknown;
  readonly saveResultAsEntity?: string;
}

export interface ExpectedError {
  readonly isError?: boolean;
  readonly isClientError?: boolean;
  readonly isTimeoutError?: boolean;
  readonly errorContains?: string;
  readonly errorCode?: number;
  readonly errorCodeName?: string;
  readonly errorLabelsContain?: readonly string[];
  readonly errorLabelsOmit?: readonly string[];
  readonly errorResponse?: Doc;
  readonly expectResult?: unknown;
  readonly writeErrors?: Doc;
  readonly writeConcernErrors?: readonly Doc[];
}

export interface ExpectedEvents {
  readonly client: string;
  readonly eventType?: 'command' | 'cmap' | 'sdam';
  readonly events: readonly Readonly<Record<string, Doc>>[];
  readonly ignoreExtraEvents?: boolean;
}

/** The answer is not the one the case expects: each line of the message tells of one difference. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch';

  static throwAny(differences: readonly string[]): void {
    if (differences.length > 0) throw new Mismatch(differences.join('\n'));
  }
}

/** The case asks for something that this runner does not know: reported by name, never counted as anything else. */
export class RunnerGap extends Error {
  override readonly name = 'RunnerGap';
}

/** The driver has no such operation, so no request reaches the store. */
export class DriverLacks extends Error {
  override readonly name = 'DriverLacks';
}
