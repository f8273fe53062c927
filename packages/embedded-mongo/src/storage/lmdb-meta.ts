import { DamagedData } from './damage.js';

/** One B-tree of the file. */
export interface Tree {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** The page it begins at; -1 if it is empty. */
  readonly root: number;
}

/** One of the two meta pages: where the state of a transaction begins. */
export interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: number;
  /** The pages that the next transactions may use. */
  readonly free: Tree;
  readonly main: Tree;
}

/** Every page starts with its number, its transaction, its kind and two lengths. */
export const PAGE_HEADER = 24;
/** Enough for the header and the meta behind it. */
export const META_SIZE = 176;
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const META_PAGE = 8;
const PAGE_SIZES = new Set([4096, 8192, 16384, 32768, 65536]);
const TREES = 48;

/** A 64-bit number that counts pages, keys or transactions of one file. */
export function readSize(buf: Buffer, at: number): number {
  return buf.readUInt32LE(at) + buf.readUInt32LE(at + 4) * 2 ** 32;
}

/** Reads a meta page. Throws for everything that LMDB did not write. */
export function readMeta(page: Buffer): Meta {
  const at = PAGE_HEADER;
  if (page.readUInt16LE(18) !== META_PAGE || page.readUInt32LE(at) !== MAGIC)
    throw new DamagedData('it is not an LMDB data file');
  if (page.readUInt32LE(at + 4) !== VERSION) throw new DamagedData('its LMDB version is not known');
  const pageSize = page.readUInt32LE(at + 24);
  if (!PAGE_SIZES.has(pageSize)) throw new DamagedData(`a page size of ${pageSize}`);
  return {
    pageSize,
    free: readTree(page, at + 24),
    main: readTree(page, at + 24 + TREES),
    lastPage: readSize(page, at + 24 + 2 * TREES),
    transaction: readSize(page, at + 32 + 2 * TREES),
  };
}

function readTree(page: Buffer, at: number): Tree {
  const root = page.readBigUInt64LE(at + 40);
  return {
    flags: page.readUInt16LE(at + 4),
    depth: page.readUInt16LE(at + 6),
    branchPages: readSize(page, at + 8),
    leafPages: readSize(page, at + 16),
    overflowPages: readSize(page, at + 24),
    entries: readSize(page, at + 32),
    root: root === 2n ** 64n - 1n ? -1 : Number(root),
  };
}

/**
 * The newer of the two. Transactions write them in turns, so they are one apart; anything else means that one of them is
 * not what was written, and the state it begins cannot be told from the one before.
 */
export function newerMeta(first: Meta, second: Meta): Meta {
  const apart = Math.abs(first.transaction - second.transaction);
  const fresh = first.transaction === 0 && second.transaction === 0;
  if (first.pageSize !== second.pageSize || (!fresh && apart !== 1))
    throw new DamagedData('its two meta pages do not belong together');
  const [newer, side] = first.transaction >= second.transaction ? [first, 0] : [second, 1];
  if (newer.transaction % 2 !== side) throw new DamagedData('its meta pages have changed places');
  return newer;
}
