import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { downloadCases } from './download.js';
import { report, summary } from './report.js';
import { readCases, runFile, type Store, type Verdict } from './run-suite.js';
import { openStore } from './store.js';
import { DRIVER_DIFFERENCES, MUST_FAIL, SUITES } from './suites.js';

const REPORT = fileURLToPath(new URL('../../../../docs/embedded-store-specifications.md', import.meta.url));

/**
 * Holds the store against the public driver specifications: `npm run specifications -w @nestim/embedded-mongo`.
 * `--only crud` runs one folder, `--match text` the cases whose file or description holds it, `--cases folder` takes cases
 * that are there already; none of these writes the report.
 */
const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, match: { type: 'string' }, cases: { type: 'string' } },
});
const whole = flags.only === undefined && flags.match === undefined && flags.cases === undefined;
const scratch = await mkdtemp(join(tmpdir(), 'embedded-mongo-specifications-'));
const started = performance.now();
let store: Awaited<ReturnType<typeof openStore>> | undefined;
try {
  const cases = flags.cases ? { name: flags.cases, folder: flags.cases } : await downloadCases(scratch);
  store = await openStore();
  const verdicts: Verdict[] = [];
  for (const suite of flags.only ? [flags.only] : SUITES)
    verdicts.push(...(await runSuite(suite, cases.folder, store)));
  const proof = whole ? await runSuite(MUST_FAIL, cases.folder, store) : [];
  const complaints = whole ? [...unfailed(proof), ...staleDifferences(verdicts)] : [];
  for (const line of complaints) console.log(line);
  console.log(summary(verdicts), `in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  if (whole) await writeFile(REPORT, report(cases.name, verdicts, proof));
  const bad = verdicts.some(({ kind }) => kind === 'failed' || kind === 'gap');
  if (bad || complaints.length > 0) process.exitCode = 1;
} finally {
  await store?.close();
  await rm(scratch, { recursive: true, force: true });
}

async function runSuite(suite: string, folder: string, store: Store): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [path, file] of await readCases(join(folder, suite))) {
    const tests = file.tests.filter(
      ({ description }) => flags.match === undefined || `${path}: ${description}`.includes(flags.match),
    );
    verdicts.push(...(await runFile(suite, path, { ...file, tests }, store)));
  }
  for (const { kind, name, reason } of verdicts)
    if (!whole || (suite !== MUST_FAIL && (kind === 'failed' || kind === 'gap')))
      console.log(`${kind}: ${suite}/${name}: ${reason}`);
  console.log(suite, summary(verdicts));
  return verdicts;
}

/** The cases that must fail and did not: the runner would take anything. */
function unfailed(proof: readonly Verdict[]): string[] {
  return proof.filter(({ kind }) => kind === 'passed').map(({ name }) => `should have failed: ${name}`);
}

function staleDifferences(verdicts: readonly Verdict[]): string[] {
  const seen = new Set(verdicts.filter(({ kind }) => kind === 'driver').map(({ reason }) => reason));
  return DRIVER_DIFFERENCES.filter(([, reason]) => !seen.has(reason)).map(
    ([, reason]) => `no longer: ${reason}`,
  );
}
