import { accessSync, constants } from 'node:fs';

export const STRACE = '/usr/bin/strace';

/**
 * The wrapper that runs the store under strace; the traced process stays our child (`-D`), so that its pid is ours.
 * @param bytes so much of every buffer is recorded.
 */
export function straceTo(file: string, bytes = 400): string[] {
  try {
    accessSync(STRACE, constants.X_OK);
  } catch {
    throw new Error(
      `${STRACE} is missing: this test proves that writes are synced and needs it; install strace`,
    );
  }
  const calls =
    'openat,lseek,read,readv,recvfrom,recvmsg,write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,msync,sync_file_range';
  const options = ['-D', '-f', '-qq', '-y', '-xx', '-s', String(bytes), '-e', `trace=${calls}`, '-o', file];
  return [STRACE, ...options];
}

/** A write command from its arrival to its reply, as positions in the trace. */
export interface TracedWrite {
  command: string;
  arrived: number;
  answered: number;
  /** A sync began after the arrival and ended before the reply. */
  synced: boolean;
}

const WRITES = ['insert', 'update', 'delete', 'findAndModify', 'createIndexes', 'commitTransaction'];
const OP_MSG = 2013;
/** Where an OP_MSG names its command: after header, flags, section kind, document length and element type. */
const NAME_AT = 26;

/** Reads a trace: each write command's arrival and reply, and whether a sync lies whole between the two. */
export function tracedWrites(trace: string): TracedWrite[] {
  const arrivals = new Map<number, { command: string; arrived: number }>();
  const unfinished = new Map<string, { line: number; text: string }>();
  const syncs: { began: number; ended: number }[] = [];
  const writes: TracedWrite[] = [];
  for (const [line, full] of trace.split('\n').entries()) {
    const [, thread, text] = /^(\d+)\s+(.*)$/.exec(full) ?? [];
    if (thread === undefined || text === undefined) continue;
    if (text.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { line, text });
      // A reply is on its way to the client from the moment its call begins.
      if (/^(write|writev|sendto|sendmsg)\(/.test(text)) settle(text, line);
      continue;
    }
    const began = text.startsWith('<...') ? unfinished.get(thread) : { line, text };
    if (began === undefined) continue;
    if (/^(fsync|fdatasync|msync)\(/.test(began.text) && / = 0$/.test(text))
      syncs.push({ began: began.line, ended: line });
    else if (/^(read|readv|recvfrom|recvmsg)\(/.test(began.text)) arrive(`${began.text} ${text}`, line);
    else if (began.line === line) settle(text, line);
  }
  return writes;

  function arrive(text: string, line: number): void {
    const bytes = bytesOf(text);
    if (bytes.length < 32 || bytes.readInt32LE(12) !== OP_MSG) return;
    const command = bytes.toString('latin1', NAME_AT, bytes.indexOf(0, NAME_AT));
    // A statement of a transaction is on disk when its commit is.
    const statement = command !== 'commitTransaction' && bytes.includes('autocommit');
    if (WRITES.includes(command) && !statement)
      arrivals.set(bytes.readInt32LE(4), { command, arrived: line });
  }

  function settle(text: string, line: number): void {
    const bytes = bytesOf(text);
    if (bytes.length < 16) return;
    const arrival = arrivals.get(bytes.readInt32LE(8));
    if (arrival === undefined || bytes.readInt32LE(12) !== OP_MSG) return;
    arrivals.delete(bytes.readInt32LE(8));
    const synced = syncs.some(({ began, ended }) => began > arrival.arrived && ended < line);
    writes.push({ ...arrival, answered: line, synced });
  }
}

/** The bytes of all strings in a call, which strace writes as `"\x10\x00…"`. */
export function bytesOf(text: string): Buffer {
  const hex = [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, string]) => string).join('');
  return Buffer.from(hex.replaceAll('\\x', ''), 'hex');
}
