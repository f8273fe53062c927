import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../support/random.js';
import { bytesOf } from './strace.js';

/** What the store did to its data file, with its line in the trace. */
export type FileEvent =
  | { readonly line: number; readonly kind: 'write'; readonly at: number; readonly bytes: Buffer }
  /** All that was written before is on disk. */
  | { readonly line: number; readonly kind: 'sync' };

const SECTOR = 512;
const DATA_FILE =
  '<' + [...Buffer.from('/lmdb/data.mdb')].map((byte) => `\\\\x${byte.toString(16)}`).join('');
const ON_DATA_FILE = new RegExp(`^(\\w+)\\((\\d+)<[^>]*${DATA_FILE.slice(1)}>`);
const OPENED_SYNCED = new RegExp(`^openat\\(.*O_DSYNC.* = (\\d+)<[^>]*${DATA_FILE.slice(1)}>`);

/** The writes and syncs of the data file, from a trace that recorded whole buffers. */
export function fileEvents(trace: string): FileEvent[] {
  const events: FileEvent[] = [];
  const begun = new Map<string, string>();
  let position = 0;
  let synced = '';
  for (const [line, full] of trace.split('\n').entries()) {
    const [, thread, text] = /^(\d+)\s+(.*)$/.exec(full) ?? [];
    if (thread === undefined || text === undefined) continue;
    synced = OPENED_SYNCED.exec(text)?.[1] ?? synced;
    if (text.endsWith('<unfinished ...>')) {
      begun.set(thread, text);
      continue;
    }
    // A call that another thread interrupted in the trace counts from its end.
    const call = text.startsWith('<...') ? `${begun.get(thread)} ${text}` : text;
    const [, name, descriptor] = ON_DATA_FILE.exec(call) ?? [];
    // A call that the kill cut off has no result: nothing was built on it.
    if (name === undefined || / = \?(?: .*)?$/.test(call)) continue;
    if (name === 'lseek') position = Number(/, (\d+), SEEK_SET/.exec(call)![1]);
    if (name === 'fsync' || name === 'fdatasync') events.push({ line, kind: 'sync' });
    if (name === 'pwrite64' || name === 'writev' || name === 'pwritev') {
      const bytes = bytesOf(call);
      const written = Number(/ = (\d+)$/.exec(call)![1]);
      if (bytes.length !== written)
        throw new Error(`line ${line + 1}: ${bytes.length} of ${written} bytes traced`);
      const at = name === 'writev' ? position : Number(/, (\d+)(?:\)| <unfinished)/.exec(call)![1]);
      events.push({ line, kind: 'write', at, bytes });
      position = at + written;
      if (descriptor === synced) events.push({ line, kind: 'sync' });
    }
  }
  return events;
}

/**
 * The file after a power cut behind the given number of events: everything up to the last sync, and of what was written
 * since, each sector or not.
 */
export function imageAfter(events: readonly FileEvent[], count: number, random: Random): Buffer {
  const image = Buffer.alloc(
    Math.max(0, ...events.map((event) => (event.kind === 'write' ? event.at + event.bytes.length : 0))),
  );
  const before = events.slice(0, count);
  const lastSync = before.findLastIndex(({ kind }) => kind === 'sync');
  let size = 0;
  const keep = random.pick([0, 0.5, 0.9, 1]);
  for (const [i, event] of before.entries()) {
    if (event.kind === 'sync') continue;
    for (let from = 0; from < event.bytes.length; from += SECTOR) {
      if (i > lastSync && !random.chance(keep)) continue;
      const sector = event.bytes.subarray(from, from + SECTOR);
      sector.copy(image, event.at + from);
      size = Math.max(size, event.at + from + sector.length);
    }
  }
  return image.subarray(0, size);
}

/** A store's folder with that data file, as it would be found after the cut. */
export function storeFolderOf(image: Buffer, path: string): void {
  mkdirSync(join(path, 'lmdb'), { recursive: true });
  writeFileSync(join(path, 'format.json'), '{"format":2}');
  writeFileSync(join(path, 'lmdb', 'data.mdb'), image);
}
