import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damageDrill, sampleStore } from './drills/damage-drill.js';
import { numberFlags } from './support/flags.js';
import { Random } from './support/random.js';

/** The long form of the damage drill: `npm run damage -w @nestim/embedded-mongo -- --rounds 10000`. */
const flags = numberFlags({ seed: Math.floor(Math.random() * 1e9), rounds: 10_000 });
console.log(`seed ${flags.seed}, ${flags.rounds} rounds`);
const folder = mkdtempSync(join(tmpdir(), 'damage-'));
try {
  await sampleStore(join(folder, 'whole'));
  const report = await damageDrill(join(folder, 'whole'), flags.rounds, new Random(flags.seed));
  console.log(`${report.refused} refused, ${report.unharmed} right, none read wrong, no crash`);
} finally {
  rmSync(folder, { recursive: true });
}
