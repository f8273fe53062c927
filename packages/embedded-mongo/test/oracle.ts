import { openTestStore } from './support/embedded.js';
import { numberFlags } from './support/flags.js';
import { runOracle } from './oracle/run-oracle.js';

/** The long form of the oracle: `npm run oracle -w @nestim/embedded-mongo -- --seed 7 --ops 10000`. */
const flags = numberFlags({ seed: Math.floor(Math.random() * 1e9), ops: 10_000, differences: 1 });
console.log(`seed ${flags.seed}, ${flags.ops} operations`);
const test = await openTestStore();
const started = performance.now();
try {
  const result = await runOracle(test.client.db('oracle'), {
    seed: flags.seed,
    operations: flags.ops,
    maxDifferences: flags.differences,
    onDifference: (text) => console.log(`${text}\n`),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${result.operations} operations, ${result.differences.length} differences, ` +
      `${result.refusals} of ${result.requests} requests refused, ${seconds} s`,
  );
  process.exitCode = result.differences.length > 0 ? 1 : 0;
} finally {
  await test.close();
}
