import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { DamagedData } from './damage.js';
import { META_SIZE, newerMeta, PAGE_HEADER, readMeta, readSize, type Meta, type Tree } from './lmdb-meta.js';

/** Takes one pair; the bytes are lent until it returns. */
export type OnPair = (key: Buffer, value: Buffer) => void;

const [BRANCH, LEAF, OVERFLOW] = [1, 2, 4];
const BIG_VALUE = 1;
const NODE_HEADER = 8;
const MAX_DEPTH = 32;
const [USED, FREE] = [1, 2];
/** Pages at the end that were freed before they were ever written. */
const MAX_UNWRITTEN = 2 ** 20;
const NONE: Buffer = Buffer.alloc(0);

type Order = (a: Buffer, b: Buffer) => number;
const byBytes: Order = (a, b) => a.compare(b);
const byTransaction: Order = (a, b) => readSize(a, 0) - readSize(b, 0);

/**
 * An LMDB data file, read without LMDB: that one trusts what it maps, so a damaged page makes it crash or miss keys. Here
 * every page is checked before it is believed.
 */
export class LmdbFile {
  readonly meta: Meta;
  readonly size: number;
  private readonly descriptor: number;

  /** @throws DamagedData if the head of the file is not LMDB's. */
  constructor(path: string) {
    this.descriptor = openSync(path, 'r');
    try {
      this.size = fstatSync(this.descriptor).size;
      const first = readMeta(this.read(0, Buffer.alloc(META_SIZE)));
      const second = readMeta(this.read(first.pageSize, Buffer.alloc(META_SIZE)));
      this.meta = newerMeta(first, second);
      const { lastPage, pageSize } = this.meta;
      if (lastPage < 1 || lastPage > this.size / pageSize + MAX_UNWRITTEN)
        throw new DamagedData(`it has ${this.size} bytes and claims ${lastPage + 1} pages`);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The file ends before the pages that it claims. That is right only if nothing uses those. */
  get isShort(): boolean {
    return this.size < (this.meta.lastPage + 1) * this.meta.pageSize;
  }

  /**
   * Gives all pairs in the order of their keys and checks all that leads to them: each page in its place, each used once and
   * none of them listed as free, every key where a search would look for it, none missing.
   */
  walk(onPair: OnPair): void {
    const state = new Uint8Array(this.meta.lastPage + 1).fill(USED, 0, 2);
    const onFree: OnPair = (key, value) => {
      if (key.length !== 8) throw new DamagedData('a key of the free list');
      markFree(value, state);
    };
    new TreeWalk(this, state, this.meta.free, byTransaction, onFree).run();
    new TreeWalk(this, state, this.meta.main, byBytes, onPair).run();
  }

  /** Fills the buffer from that position. */
  read(position: number, buf: Buffer): Buffer {
    if (readSync(this.descriptor, buf, 0, buf.length, position) !== buf.length)
      throw new DamagedData(`it ends after ${this.size} bytes and uses ${position + buf.length}`);
    return buf;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** A list of pages: its length, then page numbers, zeros, and lengths of blocks (negative) before a block's first page. */
function markFree(list: Buffer, state: Uint8Array): void {
  const length = readSize(list, 0);
  if (list.length < (length + 1) * 8) throw new DamagedData('a list of free pages leaves its value');
  let block = 1;
  for (let i = 1; i <= length; i++) {
    const entry = Number(list.readBigInt64LE(i * 8));
    if (entry < 0) block = -entry;
    else if (entry > 0) {
      claim(state, entry, block, FREE);
      block = 1;
    }
  }
}

function claim(state: Uint8Array, first: number, pages: number, as: number): void {
  if (first < 2 || first + pages > state.length)
    throw new DamagedData(`page ${first} of ${state.length} is used`);
  for (let page = first; page < first + pages; page++) {
    if (state[page]) throw new DamagedData(`page ${page} is used twice`);
    state[page] = as;
  }
}

class TreeWalk {
  /** One page for each level. */
  private readonly buffers: Buffer[] = [];
  private readonly seen = { branchPages: 0, leafPages: 0, overflowPages: 0, entries: 0 };
  /** The last key given, and the last one of a branch that was passed: what follows must not lie before them. */
  private last: Buffer = NONE;
  private floor: Buffer = NONE;

  constructor(
    private readonly file: LmdbFile,
    private readonly state: Uint8Array,
    private readonly tree: Tree,
    private readonly order: Order,
    private readonly onPair: OnPair,
  ) {}

  run(): void {
    const { tree, seen } = this;
    if (tree.depth > MAX_DEPTH || tree.root < 0 !== (tree.depth === 0))
      throw new DamagedData(`a tree of depth ${tree.depth} from page ${tree.root}`);
    if (tree.root >= 0) this.page(tree.root, 1);
    for (const name of Object.keys(seen) as (keyof typeof seen)[])
      if (seen[name] !== tree[name])
        throw new DamagedData(`a tree of ${tree[name]} ${name} holds ${seen[name]}`);
  }

  private page(number: number, level: number): void {
    const { pageSize } = this.file.meta;
    const page = (this.buffers[level] ??= Buffer.alloc(pageSize));
    const leaf = level === this.tree.depth;
    claim(this.state, number, 1, USED);
    this.file.read(number * pageSize, page);
    this.checkHeader(page, number, leaf ? LEAF : BRANCH);
    const [lower, upper] = [page.readUInt16LE(20), page.readUInt16LE(22) + PAGE_HEADER];
    const count = lower >> 1;
    const pointersEnd = PAGE_HEADER + lower;
    if (count < 1 || lower % 2 !== 0 || pointersEnd > upper || upper > pageSize) throw misformed(number);
    this.seen[leaf ? 'leafPages' : 'branchPages'] += 1;
    let used = 0;
    for (let i = 0; i < count; i++) {
      const at = page.readUInt16LE(PAGE_HEADER + 2 * i) + PAGE_HEADER;
      if (at < upper || at + NODE_HEADER > pageSize) throw misformed(number);
      const end = leaf ? this.pair(page, at, number) : this.child(page, at, i, number, level);
      used += end - at + ((end - at) & 1);
    }
    // Nothing between the nodes, nothing in two of them.
    if (used !== pageSize - upper) throw misformed(number);
    this.last = Buffer.from(this.last);
  }

  /** Descends. Returns where the node ends. */
  private child(page: Buffer, at: number, index: number, number: number, level: number): number {
    const end = at + NODE_HEADER + page.readUInt16LE(at + 6);
    if (end > page.length) throw misformed(number);
    if (index > 0) {
      this.floor = page.subarray(at + NODE_HEADER, end);
      if (this.order(this.last, this.floor) >= 0) throw misplaced(number);
    }
    const child = page.readUInt16LE(at) + page.readUInt16LE(at + 2) * 2 ** 16;
    this.page(child + page.readUInt16LE(at + 4) * 2 ** 32, level + 1);
    return end;
  }

  private pair(page: Buffer, at: number, number: number): number {
    const big = page.readUInt16LE(at + 4);
    const size = page.readUInt32LE(at);
    const valueAt = at + NODE_HEADER + page.readUInt16LE(at + 6);
    const end = valueAt + (big ? 24 : size);
    if (big > BIG_VALUE || valueAt === at + NODE_HEADER || end > page.length) throw misformed(number);
    const key = page.subarray(at + NODE_HEADER, valueAt);
    if (this.seen.entries > 0 && this.order(this.last, key) >= 0) throw misplaced(number);
    if (this.floor.length > 0 && this.order(this.floor, key) > 0) throw misplaced(number);
    this.floor = NONE;
    this.last = key;
    this.seen.entries += 1;
    this.onPair(key, big ? this.bigValue(page, valueAt, size) : page.subarray(valueAt, end));
    return end;
  }

  /** A value on pages of its own, of which only the first has a header. */
  private bigValue(page: Buffer, at: number, size: number): Buffer {
    const { pageSize } = this.file.meta;
    const [number, pages] = [readSize(page, at), readSize(page, at + 16)];
    if (pages !== Math.floor((size + PAGE_HEADER - 1) / pageSize) + 1) throw misformed(number);
    claim(this.state, number, pages, USED);
    const bytes = this.file.read(number * pageSize, Buffer.allocUnsafe(PAGE_HEADER + size));
    this.checkHeader(bytes, number, OVERFLOW);
    if (bytes.readUInt32LE(20) !== pages) throw misformed(number);
    this.seen.overflowPages += pages;
    return bytes.subarray(PAGE_HEADER);
  }

  private checkHeader(page: Buffer, number: number, kind: number): void {
    if (readSize(page, 0) !== number || page.readUInt16LE(18) !== kind) throw misformed(number);
    if (readSize(page, 8) > this.file.meta.transaction)
      throw new DamagedData(
        `page ${number} is newer than the state that uses it; was the file copied while the store ran?`,
      );
  }
}

function misformed(page: number): DamagedData {
  return new DamagedData(`page ${page} is not what was written`);
}

function misplaced(page: number): DamagedData {
  return new DamagedData(`page ${page} holds keys that belong elsewhere`);
}
