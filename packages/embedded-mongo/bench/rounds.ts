import { usage, type ServerProcess } from './child.js';

/** How often, and how long each time. */
export interface Rounds {
  readonly rounds: number;
  readonly seconds: number;
}

/** One kind of work done one way: who runs an operation, and which process serves it, if it is another. */
export interface Way {
  /** One operation; gets a number that no other operation of this way has had. */
  readonly run: (turn: number) => unknown;
  readonly server?: ServerProcess;
}

/** One round, or the medians of all. CPU is in milliseconds an operation, which is seconds a thousand. */
interface Sample {
  readonly perSecond: number;
  readonly callerCpu: number;
  readonly serverCpu: number;
}

export interface Result extends Sample {
  /** Operations a second, round by round. */
  readonly rates: readonly number[];
}

/**
 * How many times the rate of `b` the rate of `a` is: the median over rounds that ran side by side, so that
 * a slow minute of the machine counts for both.
 */
export function ratio(a: Result, b: Result): number {
  return median(a.rates.map((rate, round) => rate / b.rates[round]!));
}

/** Runs the ways in turn (A B A B …) with so many callers each, after one short warm-up, and gives the medians. */
export async function compare<Name extends string>(
  ways: Record<Name, Way>,
  callers: number,
  { rounds, seconds: length }: Rounds,
): Promise<Record<Name, Result>> {
  const names = Object.keys(ways) as Name[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>;
  const turns = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  const round = async (name: Name, seconds: number): Promise<Sample> => {
    const { run, server } = ways[name];
    const serverBefore = await server?.usage();
    const before = usage();
    const started = performance.now();
    const end = started + seconds * 1000;
    let done = 0;
    const caller = async () => {
      while (performance.now() < end) {
        await run(turns[name]++);
        done++;
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const took = (performance.now() - started) / 1000;
    const callerCpu = ((usage().cpu - before.cpu) / done) * 1000;
    const serverCpu = server ? (((await server.usage()).cpu - serverBefore!.cpu) / done) * 1000 : 0;
    return { perSecond: done / took, callerCpu, serverCpu };
  };
  for (const name of names) await round(name, length / 2);
  for (let i = 0; i < rounds; i++) {
    for (const name of names) samples[name].push(await round(name, length));
  }
  return Object.fromEntries(names.map((name) => [name, medians(samples[name])])) as Record<Name, Result>;
}

export function medians(samples: readonly Sample[]): Result {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick));
  return {
    rates: samples.map((sample) => sample.perSecond),
    perSecond: of((sample) => sample.perSecond),
    callerCpu: of((sample) => sample.callerCpu),
    serverCpu: of((sample) => sample.serverCpu),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
