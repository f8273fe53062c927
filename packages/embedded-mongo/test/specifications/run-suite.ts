import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { BSON, type MongoClient } from 'mongodb';
import { DriverLacks, RunnerGap, type TestCase, type TestFile } from './format.js';
import { unmetRequirement, type Deployment } from './requirements.js';
import { runCase } from './run-case.js';
import { DRIVER_DIFFERENCES } from './suites.js';

export const KINDS = ['passed', 'refused', 'excluded', 'driver', 'failed', 'gap'] as const;

/**
 * - refused: what the case fails by is the store's refusal of something by name
 * - excluded: the case itself says that it is for another deployment or server, or is to be skipped
 * - driver: the Node driver lacks it or answers it by itself
 * - failed: a wrong answer
 * - gap: the runner does not know what the case asks for
 */
export type Kind = (typeof KINDS)[number];

export interface Verdict {
  readonly suite: string;
  /** `file: description`. */
  readonly name: string;
  readonly kind: Kind;
  readonly reason: string;
}

export interface Store {
  readonly uri: string;
  readonly internal: MongoClient;
  readonly deployment: Deployment;
}

const NEWEST_SCHEMA = 29;

/** Reads the case files below a folder, in order. */
export async function readCases(folder: string): Promise<(readonly [string, TestFile])[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = found
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length === 0) throw new Error(`${folder} holds no cases`);
  return Promise.all(
    paths.map(async (path) => {
      const file = BSON.EJSON.parse(await readFile(path, 'utf8'), { relaxed: true }) as TestFile;
      return [relative(folder, path), file] as const;
    }),
  );
}

/** Runs every case of one file. */
export async function runFile(suite: string, path: string, file: TestFile, store: Store): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const test of file.tests) {
    const name = `${path}: ${test.description}`;
    verdicts.push({ suite, name, ...(await judge(name, file, test, store)) });
  }
  return verdicts;
}

async function judge(
  name: string,
  file: TestFile,
  test: TestCase,
  store: Store,
): Promise<Pick<Verdict, 'kind' | 'reason'>> {
  if (test.skipReason !== undefined) return { kind: 'excluded', reason: `to be skipped: ${test.skipReason}` };
  const unmet =
    unmetRequirement(file.runOnRequirements, store.deployment) ??
    unmetRequirement(test.runOnRequirements, store.deployment);
  if (unmet !== undefined) return { kind: 'excluded', reason: unmet };
  const [major, minor] = file.schemaVersion.split('.').map(Number);
  if (major !== 1 || minor! > NEWEST_SCHEMA) return { kind: 'gap', reason: `schema ${file.schemaVersion}` };
  const { error, refusals } = await runCase(file, test, store);
  if (!error) return { kind: 'passed', reason: '' };
  if (error instanceof RunnerGap) return { kind: 'gap', reason: error.message };
  if (error instanceof DriverLacks) return { kind: 'driver', reason: `the driver has no ${error.message}` };
  const refusal = refusals.find((text) => error.message.includes(text));
  if (refusal !== undefined) return { kind: 'refused', reason: refusal };
  const found = error.message.split('\n').map((difference) => `${name}: ${difference}`);
  const difference = DRIVER_DIFFERENCES.find(([pattern]) => found.every((one) => pattern.test(one)));
  if (difference) return { kind: 'driver', reason: difference[1] };
  return { kind: 'failed', reason: error.message };
}
