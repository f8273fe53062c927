import { LookupCache } from './lookup-cache.js';

const cache = () => new LookupCache<string>({ max: 10, ttlMs: 0 });

/** A lookup that is under way until it is told the answer. */
function slowLookUp() {
  const answers: ((value: string) => void)[] = [];
  const lookUp = () => new Promise<string>((resolve) => answers.push(resolve));
  return { answers, lookUp };
}

describe('LookupCache', () => {
  it('shares one lookup between concurrent calls and remembers its answer', async () => {
    const roles = cache();
    const { answers, lookUp } = slowLookUp();
    const both = Promise.all([roles.get('a', lookUp), roles.get('a', lookUp)]);
    answers[0]?.('member');
    expect(await both).toEqual(['member', 'member']);
    expect(await roles.get('a', lookUp)).toBe('member');
    expect(answers).toHaveLength(1);
  });

  it('repeats a lookup during which the key was dropped', async () => {
    const roles = cache();
    const stored = ['before the drop', 'after the drop'];
    const asked = roles.get('a', async () => {
      const value = stored.shift() ?? 'asked once more';
      if (value === 'before the drop') await Promise.resolve().then(() => roles.drop('a'));
      return value;
    });
    expect(await asked).toBe('after the drop');
    expect(await roles.get('a', () => Promise.resolve('not kept'))).toBe('after the drop');
  });

  it('does not keep the answer of a lookup that a newer one overtook', async () => {
    const roles = cache();
    const { answers, lookUp } = slowLookUp();
    const first = roles.get('a', lookUp);
    roles.drop('a');
    const second = roles.get('a', lookUp);
    answers[1]?.('new');
    expect(await second).toBe('new');
    answers[0]?.('old');
    expect(await first).toBe('new');
    expect(await roles.get('a', lookUp)).toBe('new');
  });

  it('asks again after a lookup that failed', async () => {
    const roles = cache();
    await expect(roles.get('a', () => Promise.reject(new Error('down')))).rejects.toThrow('down');
    expect(await roles.get('a', () => Promise.resolve('up'))).toBe('up');
  });
});
