import { BSON, ClientSession, Collection, Db, GridFSBucket, type MongoClient } from 'mongodb';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { driverOptions, type Entity } from './entities.js';
import { DriverLacks, Mismatch, RunnerGap, type Doc, type Operation } from './format.js';
import { HeldCursor } from './held-cursor.js';
import { ObservedClient } from './observed-client.js';

/** The arguments of an operation: taken by name, what is left are the driver's options. */
export class Arguments {
  private readonly left: Doc;

  constructor(all: Doc) {
    this.left = { ...all };
  }

  /** Whatever the case gives, the driver is to judge it: hence the driver's own parameter type. */
  take<T = never>(name: string): T {
    const value = this.left[name] as T;
    delete this.left[name];
    return value;
  }

  required<T = never>(name: string): T {
    if (this.left[name] === undefined) throw new Mismatch(`the argument ${name} is missing`);
    return this.take(name);
  }

  options(): never {
    return driverOptions(this.left) as never;
  }
}

export type RunOperations = (operations: readonly Operation[]) => Promise<void>;
type Method<T> = (target: T, args: Arguments, run: RunOperations) => Promise<unknown>;
type Methods<T> = Readonly<Record<string, Method<T>>>;

/** Operations whose result is a list of documents, each matched as a root document. */
export const LISTS = new Set([
  ...['aggregate', 'find', 'listCollections', 'listDatabases', 'listIndexes', 'listSearchIndexes'],
  'runCursorCommand',
]);

const COLLECTION: Methods<Collection> = {
  aggregate: (coll, a) => coll.aggregate(a.required('pipeline'), a.options()).toArray(),
  bulkWrite: (coll, a) => coll.bulkWrite(a.required('requests'), a.options()),
  count: (coll, a) => coll.count(a.required('filter'), a.options()),
  countDocuments: (coll, a) => coll.countDocuments(a.required('filter'), a.options()),
  createChangeStream: (coll, a) => HeldCursor.open(coll.watch(a.take('pipeline'), a.options())),
  createFindCursor: (coll, a) => HeldCursor.open(coll.find(a.required<Doc>('filter'), a.options())),
  createIndex: (coll, a) => coll.createIndex(a.required('keys'), a.options()),
  createSearchIndex: (coll, a) => coll.createSearchIndex(a.required('model')),
  createSearchIndexes: (coll, a) => coll.createSearchIndexes(a.required('models')),
  deleteMany: (coll, a) => coll.deleteMany(a.required<Doc>('filter'), a.options()),
  deleteOne: (coll, a) => coll.deleteOne(a.required<Doc>('filter'), a.options()),
  distinct: (coll, a) => coll.distinct(a.required('fieldName'), a.required('filter'), a.options()),
  dropIndex: (coll, a) => coll.dropIndex(a.take('name'), a.options()),
  dropIndexes: (coll, a) => coll.dropIndexes(a.options()),
  dropSearchIndex: (coll, a) => coll.dropSearchIndex(a.take('name')),
  estimatedDocumentCount: (coll, a) => coll.estimatedDocumentCount(a.options()),
  find: (coll, a) => coll.find(a.required<Doc>('filter'), a.options()).toArray(),
  findOne: (coll, a) => coll.findOne(a.required<Doc>('filter'), a.options()),
  findOneAndDelete: (coll, a) => coll.findOneAndDelete(a.required<Doc>('filter'), a.options()),
  findOneAndReplace: (coll, a) =>
    coll.findOneAndReplace(a.required<Doc>('filter'), a.required<Doc>('replacement'), a.options()),
  findOneAndUpdate: (coll, a) =>
    coll.findOneAndUpdate(a.required<Doc>('filter'), a.required<Doc>('update'), a.options()),
  insertMany: (coll, a) => coll.insertMany(a.required('documents'), a.options()),
  insertOne: (coll, a) => coll.insertOne(a.required('document'), a.options()),
  listIndexes: (coll, a) => coll.listIndexes(a.options()).toArray(),
  listIndexNames: async (coll, a) => (await coll.listIndexes(a.options()).toArray()).map(({ name }) => name),
  listSearchIndexes: (coll, a) =>
    coll.listSearchIndexes(a.take('name'), a.take('aggregationOptions')).toArray(),
  mapReduce: () => Promise.reject(new DriverLacks('Collection.mapReduce')),
  rename: (coll, a) => coll.rename(a.required('to'), a.options()),
  replaceOne: (coll, a) => coll.replaceOne(a.required<Doc>('filter'), a.required('replacement'), a.options()),
  updateMany: (coll, a) => coll.updateMany(a.required<Doc>('filter'), a.required<Doc>('update'), a.options()),
  updateOne: (coll, a) => coll.updateOne(a.required<Doc>('filter'), a.required<Doc>('update'), a.options()),
  updateSearchIndex: (coll, a) => coll.updateSearchIndex(a.take('name'), a.required('definition')),
};

const DATABASE: Methods<Db> = {
  aggregate: (db, a) => db.aggregate(a.take('pipeline'), a.options()).toArray(),
  createChangeStream: (db, a) => HeldCursor.open(db.watch(a.take('pipeline'), a.options())),
  createCollection: async (db, a) => void (await db.createCollection(a.take('collection'), a.options())),
  createCommandCursor: (db, a) => HeldCursor.open(commandCursor(db, a)),
  dropCollection: (db, a) => db.dropCollection(a.take('collection'), a.options()),
  listCollections: (db, a) => db.listCollections(a.take('filter'), a.options()).toArray(),
  listCollectionNames: async (db, a) => {
    const filter = a.take<Doc>('filter');
    const listed = await db.listCollections(filter, { nameOnly: true, ...(a.options() as Doc) }).toArray();
    return listed.map(({ name }) => name);
  },
  listCollectionObjects: async (db, a) => void (await db.collections(a.options())),
  modifyCollection: (db, a) => {
    const collMod = a.take<string>('collection');
    return db.command({ collMod, ...(a.options() as Doc) });
  },
  runCommand: (db, a) => {
    a.take('commandName');
    return db.command(a.take('command'), a.options());
  },
  runCursorCommand: (db, a) => commandCursor(db, a).toArray(),
};

function commandCursor(db: Db, a: Arguments) {
  a.take('commandName');
  const [batchSize, maxTimeMS] = [
    a.take<number | undefined>('batchSize'),
    a.take<number | undefined>('maxTimeMS'),
  ];
  const comment = a.take<unknown>('comment');
  const cursor = db.runCursorCommand(a.take('command'), a.options());
  if (batchSize !== undefined) cursor.setBatchSize(batchSize);
  if (maxTimeMS !== undefined) cursor.setMaxTimeMS(maxTimeMS);
  if (comment !== undefined) cursor.setComment(comment);
  return cursor;
}

const CLIENT: Methods<MongoClient> = {
  clientBulkWrite: async (client, a) => {
    const models = a.take<Doc[]>('models').map((model) => {
      const [name, content] = Object.entries(model)[0]!;
      return { name, ...(content as Doc) };
    });
    return plainResult(await client.bulkWrite(models as never, a.options()));
  },
  close: (client) => client.close(),
  createChangeStream: (client, a) => HeldCursor.open(client.watch(a.take('pipeline'), a.options())),
  dropDatabase: (client, a) => client.db(a.take('database')).dropDatabase(a.options()),
  listDatabases: async (client, a) => (await listDatabases(client, a)).databases,
  listDatabaseNames: async (client, a) =>
    (await listDatabases(client, a, { nameOnly: true })).databases.map(({ name }) => name),
  listDatabaseObjects: async (client, a) => void (await listDatabases(client, a)),
};

function listDatabases(client: MongoClient, a: Arguments, more: Doc = {}) {
  return client
    .db()
    .admin()
    .listDatabases({ ...(a.options() as Doc), ...more });
}

const SESSION: Methods<ClientSession> = {
  abortTransaction: (session) => session.abortTransaction(),
  commitTransaction: (session) => session.commitTransaction(),
  endSession: (session) => session.endSession(),
  startTransaction: async (session, a) => session.startTransaction(a.options()),
  withTransaction: (session, a, run) => {
    const operations = a.take<Operation[]>('callback');
    return session.withTransaction(() => run(operations), a.options());
  },
};

const BUCKET: Methods<GridFSBucket> = {
  delete: (bucket, a) => bucket.delete(a.take('id')),
  download: (bucket, a) => buffer(bucket.openDownloadStream(a.take('id'), a.options())),
  downloadByName: (bucket, a) => buffer(bucket.openDownloadStreamByName(a.take('filename'), a.options())),
  drop: (bucket) => bucket.drop(),
  find: (bucket, a) => bucket.find(a.take('filter'), a.options()).toArray(),
  rename: (bucket, a) => bucket.rename(a.take('id'), a.take('newFilename')),
  upload: async (bucket, a) => {
    const bytes = Buffer.from(a.take<{ $$hexBytes: string }>('source').$$hexBytes, 'hex');
    const stream = bucket.openUploadStream(a.take('filename'), a.options());
    await pipe(Readable.from([bytes]), stream);
    return stream.id;
  },
  deleteByName: () => Promise.reject(new DriverLacks('GridFSBucket.deleteByName')),
  renameByName: () => Promise.reject(new DriverLacks('GridFSBucket.renameByName')),
};

const CURSOR: Methods<HeldCursor> = {
  close: (cursor) => cursor.close(),
  iterateOnce: (cursor) => cursor.once(),
  iterateUntilDocumentOrError: (cursor) => cursor.next(),
};

/** Runs an operation of a driver's object and gives its result in the format's words. */
export async function runOnEntity(entity: Entity, operation: Operation, args: Arguments, run: RunOperations) {
  const call = <T>(methods: Methods<T>, target: T): Promise<unknown> => {
    const method = Object.hasOwn(methods, operation.name) ? methods[operation.name] : undefined;
    if (!method) throw new RunnerGap(`operation ${operation.name} of ${(target as object).constructor.name}`);
    return method(target, args, run);
  };
  if (entity instanceof Collection) return call(COLLECTION, entity);
  if (entity instanceof Db) return call(DATABASE, entity);
  if (entity instanceof ObservedClient) return call(CLIENT, entity.client);
  if (entity instanceof ClientSession) return call(SESSION, entity);
  if (entity instanceof GridFSBucket) return call(BUCKET, entity);
  if (entity instanceof HeldCursor) return call(CURSOR, entity);
  throw new RunnerGap(`operation ${operation.name} of a saved value`);
}

/** A bulk result without the driver's classes and maps. */
export function plainResult(result: unknown): Doc {
  const plain: Doc = {};
  for (const [key, value] of Object.entries(result as object))
    plain[key] = value instanceof Map ? Object.fromEntries(value as Map<number, unknown>) : value;
  return BSON.EJSON.parse(BSON.EJSON.stringify(plain)) as Doc;
}
