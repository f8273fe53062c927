import { dmConversationId, groupConversationId } from '@nestim/protocol';
import { Backoff } from '../src/backoff.js';
import { Emitter } from '../src/emitter.js';
import { Gate } from '../src/gate.js';
import { OutboxShelf, type ShelvedMessage } from '../src/outbox-shelf.js';
import { conversationIdOf, toOutgoing } from '../src/outgoing.js';
import { type KeyValueStorage, memoryStorage, webStorage } from '../src/storage.js';
import { readToken, renewIn } from '../src/token.js';

describe('waits', () => {
  it('grow to a ceiling, lie anywhere below it, and begin anew after a success', () => {
    const backoff = new Backoff(() => 1, { baseMs: 100, maxMs: 1_000 });
    expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
    const half = new Backoff(() => 0.5, { baseMs: 100, maxMs: 1_000 });
    expect([half.next(), half.next()]).toEqual([50, 100]);
  });
});

describe('a token', () => {
  const token = (claims: object): string =>
    `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
  const at = (now: number) => ({ now: () => now, random: () => 0, after: () => () => {} });

  it('is read without being checked', () => {
    expect(readToken(token({ sub: 'ann', iat: 10, exp: 20 }))).toEqual({
      userId: 'ann',
      expiresAt: 20_000,
      lifetimeMs: 10_000,
    });
    expect(readToken(token({ sub: 'ü?>~', exp: 'never' }))).toMatchObject({
      userId: expect.any(String) as string,
    });
    for (const odd of ['', 'a.b.c', 'no token', token([1]), '..', `x.${btoa('null')}.y`])
      expect(readToken(odd)).toEqual({});
  });

  it('is renewed before its end, as far as the clocks allow to tell', () => {
    const claims = { expiresAt: 3_600_000, lifetimeMs: 3_600_000 };
    expect(renewIn(claims, at(0))).toBe(3_540_000);
    expect(renewIn({ expiresAt: 60_000, lifetimeMs: 60_000 }, at(0))).toBe(54_000);
    expect(renewIn(claims, at(3_590_000))).toBe(0);
    expect(renewIn(claims, at(-7_200_000))).toBe(3_540_000);
    expect(renewIn(claims, at(3_600_000))).toBeUndefined();
    expect(renewIn({}, at(0))).toBeUndefined();
  });
});

describe('what goes out', () => {
  const text = { type: 'text', content: { text: 'x' } } as const;

  it('goes to the conversation that the server computes', () => {
    for (const [me, userId] of [
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'B'],
      ['a', 'a'],
      ['a.b', 'a-b'],
    ] as const)
      expect(conversationIdOf({ to: { userId } }, me)).toBe(dmConversationId(me, userId));
    expect(conversationIdOf({ to: { groupId: 'g' } }, 'me')).toBe(groupConversationId('g'));
    expect(conversationIdOf({ conversationId: 'group:x' }, 'me')).toBe('group:x');
  });

  it('is a copy with an id of its own, addressed by the id alone', () => {
    const content = { text: 'before' };
    const bob = { userId: 'bob', nickname: 'Bob' };
    const one = toOutgoing({ to: bob, type: 'text', content });
    content.text = 'after';
    expect(one).toEqual({
      to: { userId: 'bob' },
      type: 'text',
      content: { text: 'before' },
      clientMsgId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    const ids = Array.from(
      { length: 1_000 },
      () => toOutgoing({ conversationId: 'group:g', ...text }).clientMsgId,
    );
    expect(new Set(ids).size).toBe(1_000);
  });
});

describe('the shelf', () => {
  const entry = (clientMsgId: string): ShelvedMessage => ({
    message: toOutgoing({
      conversationId: 'group:g',
      type: 'text',
      content: { text: clientMsgId },
      clientMsgId,
    }),
    queuedAt: 1,
  });
  const slow = (): KeyValueStorage => {
    const fast = memoryStorage();
    return {
      get: async (key) => fast.get(key),
      set: async (key, value) => fast.set(key, value),
      remove: async (key) => fast.remove(key),
    };
  };
  const page = (): KeyValueStorage => {
    const values = new Map<string, string>();
    return webStorage({
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => values.set(key, value),
      removeItem: (key) => values.delete(key),
    });
  };

  it.each([
    ['memory', memoryStorage],
    ['a page', page],
    ['a slow one', slow],
  ])('keeps order over %s, through changes that overlap', async (_, make) => {
    const storage = make();
    const shelf = new OutboxShelf(storage, 'k');
    await Promise.all(['1', '2', '3', '4'].map((id) => shelf.add(entry(id))));
    await Promise.all([shelf.remove(entry('2').message), shelf.add(entry('5')), shelf.add(entry('1'))]);
    const ids = (await new OutboxShelf(storage, 'k').load()).map(({ message }) => message.clientMsgId);
    expect(ids).toEqual(['3', '4', '5', '1']);
    await Promise.all(ids.map((id) => shelf.remove(entry(id).message)));
    expect(await storage.get('k')).toBeNull();
  });

  it('is shared by two without loss when the storage answers at once', async () => {
    const storage = memoryStorage();
    const [one, two] = [new OutboxShelf(storage, 'k'), new OutboxShelf(storage, 'k')];
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 2 ? one : two).add(entry(String(n)))));
    expect(await one.load()).toHaveLength(20);
  });

  it('takes what it did not write for nothing, and goes on after a failure', async () => {
    const storage = memoryStorage();
    const shelf = new OutboxShelf(storage, 'k');
    for (const odd of ['{', '7', 'null', '{}', '[null,1,{"message":{}}]']) {
      void storage.set('k', odd);
      expect(await shelf.load()).toEqual([]);
    }
    const full = new Error('quota');
    let failing = true;
    const flaky = new OutboxShelf(
      { ...storage, set: (key, value) => (failing ? Promise.reject(full) : storage.set(key, value)) },
      'k',
    );
    await expect(flaky.add(entry('1'))).rejects.toBe(full);
    failing = false;
    await flaky.add(entry('2'));
    expect(await flaky.load()).toHaveLength(1);
  });
});

describe('the gate', () => {
  it('lets so many through at once, also after failures', async () => {
    const gate = new Gate(2);
    let [inside, most] = [0, 0];
    const task = async (): Promise<void> => {
      most = Math.max(most, (inside += 1));
      await Promise.resolve();
      inside -= 1;
      if (inside % 2) throw new Error('expected');
    };
    await Promise.allSettled(Array.from({ length: 9 }, () => gate.run(task)));
    expect([most, inside]).toEqual([2, 0]);
    await expect(gate.run(() => Promise.resolve('free'))).resolves.toBe('free');
  });
});

describe('events', () => {
  it('reach every handler until it unsubscribes, each subscription by itself', () => {
    const events = new Emitter<{ tick: number }>();
    const seen: number[] = [];
    const handler = (n: number): void => void seen.push(n);
    const [offFirst, offSecond] = [events.on('tick', handler), events.on('tick', handler)];
    events.emit('tick', 1);
    offFirst();
    events.emit('tick', 2);
    offSecond();
    events.emit('tick', 3);
    expect(seen).toEqual([1, 1, 2]);
  });
});
