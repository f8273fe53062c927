import { crashDrill } from './drills/crash-drill.js';
import { Random } from './support/random.js';
import { stopAllStores } from './support/store-process.js';

describe('kill -9 under concurrent writes and transactions', () => {
  afterAll(stopAllStores);

  it('loses nothing acknowledged, halves nothing, repeats nothing, and leaves every index equal to a rebuild', async () => {
    const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1e9));
    const report = await crashDrill(20, new Random(seed)).catch((error: Error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
    expect(report.acknowledged).toBeGreaterThan(200);
  }, 300_000);
});
