import { readFile } from 'node:fs/promises';

/** A process's memory, in bytes. */
export interface Memory {
  /** All that is in RAM. */
  rss: number;
  /** Of it what is the process's own; the rest are files, above all the store's, which the system may take back. NaN where there is no /proc. */
  own: number;
  /** JavaScript objects of the main thread. */
  heap: number;
  /** Buffers and the like. */
  external: number;
}

export const MEASURES = ['rss', 'own', 'heap', 'external'] as const satisfies (keyof Memory)[];

const MIB = 2 ** 20;
export const inMiB = (bytes: number): string => (bytes / MIB).toFixed(1);

/** As the server's `/metrics` and the system tell. */
export async function readMemory(url: string, pid: number): Promise<Memory> {
  const [metrics, status] = await Promise.all([
    fetch(`${url}/metrics`).then((answer) => answer.text()),
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
  ]);
  const metric = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
  return {
    rss: metric('process_resident_memory_bytes'),
    own: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1024,
    heap: metric('nodejs_heap_size_used_bytes'),
    external: metric('nodejs_external_memory_bytes'),
  };
}

export function meanOf(samples: readonly Memory[]): Memory {
  const mean = (measure: keyof Memory): number =>
    samples.reduce((sum, sample) => sum + sample[measure], 0) / samples.length;
  return { rss: mean('rss'), own: mean('own'), heap: mean('heap'), external: mean('external') };
}

/** By how much the last third's mean is above the first third's, as a share of it. */
export function growthOf(samples: readonly Memory[]): Record<keyof Memory, number> {
  const third = Math.floor(samples.length / 3);
  const [first, last] = [meanOf(samples.slice(0, third)), meanOf(samples.slice(-third))];
  const growth = (measure: keyof Memory): number => last[measure] / first[measure] - 1;
  return { rss: growth('rss'), own: growth('own'), heap: growth('heap'), external: growth('external') };
}
