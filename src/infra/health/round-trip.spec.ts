import { RoundTrip } from './round-trip.js';

describe('R55: round trip', () => {
  it('tells how long an answer took', async () => {
    const part = await new RoundTrip('the store', async () => undefined).check(1000);
    expect(part).toEqual({ ok: true, ms: expect.any(Number) });
  });

  it('tells what failed without the address in it', async () => {
    const trip = new RoundTrip('the store', () => Promise.reject(new TypeError('connect 10.0.0.1:27017')));
    expect(await trip.check(1000)).toEqual({ ok: false, problem: 'the store does not answer (TypeError)' });
  });

  it('asks a hanging dependency once, and again when it has answered', async () => {
    let asked = 0;
    let answer = (): void => undefined;
    const trip = new RoundTrip('the store', () => {
      asked++;
      return new Promise((resolve) => (answer = resolve));
    });
    expect(await Promise.all([trip.check(20), trip.check(20)])).toMatchObject([{ ok: false }, { ok: false }]);
    expect(asked).toBe(1);
    const late = trip.check(1000);
    answer();
    expect(await late).toMatchObject({ ok: true });
    const next = trip.check(1000);
    answer();
    expect(await next).toMatchObject({ ok: true });
    expect(asked).toBe(2);
  });
});
