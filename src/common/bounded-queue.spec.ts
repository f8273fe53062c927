import { BoundedQueue } from './bounded-queue.js';

function task() {
  let finish = (): void => {};
  const done = new Promise<void>((resolve) => (finish = resolve));
  return { finish, done };
}

describe('BoundedQueue', () => {
  it('runs a few at a time, in the order they came, and refuses beyond its bound', async () => {
    const queue = new BoundedQueue(2, 3);
    const tasks = Array.from({ length: 5 }, task);
    const started: number[] = [];
    const results = tasks.map(({ done }, index) =>
      queue.run(async () => {
        started.push(index);
        await done;
        return index;
      }),
    );
    expect(started).toEqual([0, 1]);
    await expect(queue.run(async () => {})).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });

    tasks[1]?.finish();
    await results[1];
    expect(started).toEqual([0, 1, 2]);
    tasks.forEach(({ finish }) => finish());
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4]);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it('goes on after a task that failed', async () => {
    const queue = new BoundedQueue(1, 1);
    const failing = queue.run(() => Promise.reject(new Error('broken')));
    const next = queue.run(async () => 'fine');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('fine');
    expect(await queue.run(async () => 'again')).toBe('again');
  });
});
