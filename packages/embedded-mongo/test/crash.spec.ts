import { crashDrill } from './drills/crash-drill.js';
import { Random } from './support/random.js';
import { stopAllStores } from './support/store-process.js';

describe('kill -9 under concurrent writes', () => {
  afterAll(stopAllStores);

  it('loses nothing acknowledged, tears no batch and leaves every index equal to a rebuild', async () => {
    const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 1e9));
    const report = await crashDrill(5, new Random(seed)).catch((error: Error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
    expect(report.acknowledged).toBeGreaterThan(50);
  }, 90_000);
});
