import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DamagedData } from './damage.js';
import { syncPath, writeSynced } from './files.js';
import { LmdbFile } from './lmdb-file.js';
import { verifyFile, type Contents } from './verify.js';

/** The version of the layout on disk. A folder of any other is refused. */
export const FORMAT = 2;
/** Up to this size the whole file is verified at every start: about a second. */
const VERIFIED_ALWAYS = 64 * 1024 * 1024;

/** What was served here last: the file, and the transaction it was at. */
interface Served {
  readonly file: string;
  readonly transaction: number;
}

/**
 * The files of one store: `format.json`, LMDB's folder, and `served.json`, by which a start knows the file it left from one
 * that was put there.
 */
export class DataFolder {
  /** LMDB's own folder. */
  readonly lmdb: string;
  readonly dataFile: string;
  readonly formatFile: string;
  private readonly servedFile: string;

  constructor(readonly path: string) {
    this.lmdb = join(path, 'lmdb');
    this.dataFile = join(this.lmdb, 'data.mdb');
    this.formatFile = join(path, 'format.json');
    this.servedFile = join(path, 'served.json');
  }

  /**
   * Checks what lies here before LMDB maps it, which would crash on a file that was cut or miss keys in a damaged one. A
   * small file, and one that is not the file served here last, is read from end to end.
   * @throws DamagedData
   */
  open(): void {
    mkdirSync(this.lmdb, { recursive: true, mode: 0o700 });
    if (!existsSync(this.formatFile)) return this.assertNew();
    this.checkFormat();
    const { transaction, isShort, size } = this.head();
    const served = this.served();
    if (served && transaction < served.transaction) {
      throw new DamagedData(
        `${this.dataFile} is at transaction ${transaction}, but ${served.transaction} was reached here: ` +
          'acknowledged writes are missing. A backup is put back with the command restore; to go on with this ' +
          `file all the same, remove ${this.servedFile}`,
      );
    }
    if (!this.isKnown(served) || isShort || size <= VERIFIED_ALWAYS) verifyFile(this.dataFile);
  }

  /** LMDB has opened the file: it is the one of this folder from now on. Nothing was written yet. */
  opened(): void {
    const isNew = !existsSync(this.formatFile);
    if (isNew) syncPath(this.dataFile);
    if (isNew || !this.isKnown(this.served())) this.remember();
    if (isNew) {
      // The last of all: a folder with a format must have its data.
      this.writeFormat();
      syncPath(dirname(resolve(this.path)));
    }
  }

  /** Reads all of it. Nobody may write meanwhile. Damage is told of the file `name`, if this is a copy of it. */
  verify(name?: string): Contents {
    if (!existsSync(this.dataFile)) throw new DamagedData(`${this.dataFile} is missing`);
    return verifyFile(this.dataFile, name);
  }

  /** Notes the file and the transaction it is at; nobody may be writing. */
  remember(): void {
    const served: Served = { file: this.fileId(), transaction: this.head().transaction };
    writeSynced(this.servedFile, `${JSON.stringify(served)}\n`);
  }

  /** Whatever lies here next is not what was served. */
  forget(): void {
    rmSync(this.servedFile, { force: true });
    syncPath(this.path);
  }

  writeFormat(): void {
    syncPath(this.lmdb);
    writeSynced(this.formatFile, `${JSON.stringify({ format: FORMAT })}\n`);
  }

  checkFormat(): void {
    const found = readJson(this.formatFile);
    if (!found) throw new Error(`${this.path} is not the folder of a store: it has no format.json`);
    const format = found['format'];
    if (format !== FORMAT)
      throw new Error(
        `${this.formatFile}: format ${String(format)} is not the format ${FORMAT} of this version`,
      );
  }

  /** Before the first write of a folder is acknowledged it has a format. */
  private assertNew(): void {
    if (existsSync(this.dataFile) && statSync(this.dataFile).size > 0 && this.head().transaction > 0)
      throw new DamagedData(`${this.formatFile} is missing: the format of ${this.dataFile} is not known`);
  }

  private isKnown(served: Served | undefined): boolean {
    return served?.file === this.fileId();
  }

  private served(): Served | undefined {
    return readJson(this.servedFile) as Served | undefined;
  }

  private fileId(): string {
    const { dev, ino } = statSync(this.dataFile, { bigint: true });
    return `${dev}:${ino}`;
  }

  private head(): { transaction: number; isShort: boolean; size: number } {
    if (!existsSync(this.dataFile)) throw new DamagedData(`${this.dataFile} is missing`);
    try {
      const file = new LmdbFile(this.dataFile);
      file.close();
      return { transaction: file.meta.transaction, isShort: file.isShort, size: file.size };
    } catch (error) {
      if (!(error instanceof DamagedData)) throw error;
      throw new DamagedData(`${this.dataFile} is damaged: ${error.message}`, { cause: error });
    }
  }
}

function readJson(file: string): Record<string, unknown> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new DamagedData(`${file} is damaged: ${(error as Error).message}`, { cause: error });
  }
}
