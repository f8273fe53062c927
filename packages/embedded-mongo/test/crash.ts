import { crashDrill } from './drills/crash-drill.js';
import { numberFlags } from './support/flags.js';
import { Random } from './support/random.js';
import { stopAllStores } from './support/store-process.js';

/** The long form of the crash drill: `npm run crash -w @nestim/embedded-mongo -- --cycles 1000`. */
const flags = numberFlags({ seed: Math.floor(Math.random() * 1e9), cycles: 100 });
console.log(`seed ${flags.seed}, ${flags.cycles} cycles`);
try {
  const report = await crashDrill(flags.cycles, new Random(flags.seed), console.log);
  console.log(`${report.cycles} kills, ${report.acknowledged} writes acknowledged, none lost`);
} finally {
  await stopAllStores();
}
