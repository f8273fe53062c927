import { PasswordHasher } from './password-hasher.js';

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher();
  beforeAll(() => hasher.onModuleInit());

  it('hashes with argon2id at 19 MiB, t=2, p=1, salted', async () => {
    const [a, b] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')]);
    const [, kind, version, costs = ''] = a.split('$');
    expect([kind, version, ...costs.split(',').sort()]).toEqual([
      'argon2id',
      'v=19',
      'm=19456',
      'p=1',
      't=2',
    ]);
    expect(a).not.toBe(b);
    expect(await hasher.matches(a, 'secret')).toBe(true);
    expect(await hasher.matches(a, 'secret ')).toBe(false);
  });

  it.each([undefined, '', 'damaged', '$argon2id$damaged'])('never matches %j', async (stored) => {
    expect(await hasher.matches(stored, 'secret')).toBe(false);
  });

  it('takes the same time for nobody as for somebody', async () => {
    const hash = await hasher.hash('secret');
    const timeOf = async (stored: string | undefined): Promise<number> => {
      const start = process.hrtime.bigint();
      await hasher.matches(stored, 'wrong');
      return Number(process.hrtime.bigint() - start);
    };
    let [somebody, nobody] = [Infinity, Infinity];
    // In turns, and the shortest of each: what else the machine does meets both alike.
    for (let round = 0; round < 7; round++) {
      somebody = Math.min(somebody, await timeOf(hash));
      nobody = Math.min(nobody, await timeOf(undefined));
    }
    // Without the hashing for nobody the ratio is in the hundreds.
    expect(Math.max(somebody, nobody) / Math.min(somebody, nobody)).toBeLessThan(3);
  });

  it('refuses at once when too many wait', async () => {
    const attempts = Array.from({ length: 140 }, () => hasher.matches(undefined, 'x'));
    const results = await Promise.allSettled(attempts);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(38);
    expect(refused[0]?.reason).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });
});
