import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { type EmbeddedMongo, startEmbeddedMongo } from '@nestim/embedded-mongo';
import mongoose, { type Connection, type ConnectOptions } from 'mongoose';
import { StartError } from '../../common/start-error.js';
import type { AppConfig } from '../../config/app-config.js';
import { reach } from '../lifecycle/reach.js';
import { assertDurable, databaseOf } from './mongo-uri.js';

/** What holds the data. `standalone` is a MongoDB without replica set, and so without transactions. */
export type StoreKind = 'embedded' | 'standalone' | 'replica-set' | 'sharded';

/** Schemas build their indexes through IndexSync only, before the server listens. */
const SCHEMA_OPTIONS: ConnectOptions = { autoIndex: false, autoCreate: false, bufferCommands: false };

const DURABLE: ConnectOptions = {
  writeConcern: { w: 'majority', journal: true },
  readConcernLevel: 'majority',
  readPreference: 'primary',
};

/** Few connections do: the hot path is one pipelined insert and short reads. */
const POOL: ConnectOptions = { minPoolSize: 4, maxPoolSize: 16, serverSelectionTimeoutMS: 5000 };

/** A MongoDB that hangs is noticed within about ten seconds, and what waits for it fails then. */
const REMOTE: ConnectOptions = { connectTimeoutMS: 5000, heartbeatFrequencyMS: 5000 };

/** The connection that every model uses, and the embedded store behind it unless MONGODB_URI names a MongoDB. */
@Injectable()
export class Store {
  private closing = false;

  private constructor(
    readonly connection: Connection,
    readonly kind: StoreKind,
    private readonly embedded?: EmbeddedMongo,
  ) {}

  /** @throws StartError when the store cannot be reached, is in use, or its address weakens what an ack means */
  static async open({ mongodbUri, dataDir }: Pick<AppConfig, 'mongodbUri' | 'dataDir'>): Promise<Store> {
    mongoose.set('strictQuery', 'throw');
    if (mongodbUri === undefined) return Store.openEmbedded(dataDir);
    assertDurable(mongodbUri);
    const connection = await reach('MONGODB_URI', () => connect(mongodbUri, { ...DURABLE, ...REMOTE }));
    return Store.watched(new Store(connection, await kindOf(connection)));
  }

  /** Where another process may reach the embedded store; absent for a MongoDB, whose address may hold a password. */
  get embeddedUri(): string | undefined {
    return this.embedded?.uri;
  }

  /** Resolves with the reason when the embedded store has died; the process has no store then and must end. */
  async died(): Promise<Error> {
    const reason = await (this.embedded?.exited ?? new Promise<never>(() => undefined));
    if (this.closing) return new Promise<never>(() => undefined);
    return reason ?? new Error('the embedded store has ended');
  }

  /** One write-free round trip that also reads; rejects when the store does not answer. */
  async ask(): Promise<void> {
    const db = this.connection.db!;
    await db.command({ ping: 1 });
    const [model] = Object.values(this.connection.models);
    await model?.collection.findOne({}, { projection: { _id: 1 } });
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.connection.close();
    await this.embedded?.close();
  }

  private static async openEmbedded(dataDir: string): Promise<Store> {
    const dbPath = join(dataDir, 'store');
    await mkdir(dbPath, { recursive: true, mode: 0o700 });
    const embedded = await startEmbeddedMongo({ dbPath }).catch((cause: Error) => {
      throw new StartError(`NESTIM_DATA_DIR: the embedded store cannot start: ${cause.message}`, { cause });
    });
    const connection = await connect(embedded.uri, { ...DURABLE, retryWrites: false });
    return Store.watched(new Store(connection, 'embedded', embedded));
  }

  private static watched(store: Store): Store {
    const logger = new Logger(Store.name);
    logger.log({ kind: store.kind, database: store.connection.name }, 'store open');
    if (store.kind === 'standalone') {
      logger.warn('MONGODB_URI is a standalone server: no transactions; use a replica set, if of one node');
    }
    store.connection.on('disconnected', () => {
      if (!store.closing) logger.error('connection to the store lost');
    });
    store.connection.on('reconnected', () => logger.log('connection to the store is back'));
    return store;
  }
}

function connect(uri: string, options: ConnectOptions): Promise<Connection> {
  const all = { ...SCHEMA_OPTIONS, ...POOL, ...options, appName: 'nestim', dbName: databaseOf(uri) };
  return mongoose.createConnection(uri, all).asPromise();
}

async function kindOf(connection: Connection): Promise<StoreKind> {
  const hello = await connection.db!.admin().command({ hello: 1 });
  if (hello.msg === 'isdbgrid') return 'sharded';
  return hello.setName === undefined ? 'standalone' : 'replica-set';
}
