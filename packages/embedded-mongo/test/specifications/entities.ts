import {
  ClientSession,
  Collection,
  Db,
  GridFSBucket,
  ReadPreference,
  type ReadPreferenceMode,
} from 'mongodb';
import { Mismatch, RunnerGap, type Doc, type EntitySpec } from './format.js';
import type { MatchEntities } from './matches.js';
import { ObservedClient } from './observed-client.js';
import { HeldCursor } from './held-cursor.js';

export type Entity = ObservedClient | Db | Collection | ClientSession | GridFSBucket | HeldCursor | Saved;

/** A result kept under a name. */
export class Saved {
  constructor(readonly value: unknown) {}
}

/** The named things of one case. */
export class EntityMap implements MatchEntities {
  private readonly map = new Map<string, Entity>();

  /** @param uri of the store; a client's own options are added to it. */
  constructor(private readonly uri: string) {}

  create(specs: readonly EntitySpec[]): void {
    for (const spec of specs)
      for (const [kind, options] of Object.entries(spec)) this.add(options.id, this.make(kind, options));
  }

  add(id: string, entity: Entity): void {
    if (this.map.has(id)) throw new Mismatch(`the entity ${id} is there already`);
    this.map.set(id, entity);
  }

  get<T extends Entity>(id: string, type: abstract new (...args: never[]) => T): T {
    const entity = this.map.get(id);
    if (!(entity instanceof type)) throw new Mismatch(`no entity ${id} of type ${type.name}`);
    return entity;
  }

  any(id: string): Entity {
    const entity = this.map.get(id);
    if (!entity) throw new Mismatch(`no entity ${id}`);
    return entity;
  }

  clients(): ObservedClient[] {
    return this.all(ObservedClient);
  }

  session(id: string): ClientSession {
    return this.get(id, ClientSession);
  }

  saved(name: string): unknown {
    return this.get(name, Saved).value;
  }

  sessionLsid(name: string): unknown {
    return this.session(name).id;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.all(HeldCursor).map((cursor) => cursor.close()));
    await Promise.allSettled(this.all(ClientSession).map((session) => session.endSession()));
    await Promise.allSettled(this.clients().map(({ client }) => client.close(true)));
  }

  private all<T extends Entity>(type: abstract new (...args: never[]) => T): T[] {
    return [...this.map.values()].filter((entity): entity is T => entity instanceof type);
  }

  private make(kind: string, options: Doc): Entity {
    const client = () => this.get(options['client'] as string, ObservedClient).client;
    const database = () => this.get(options['database'] as string, Db);
    switch (kind) {
      case 'client':
        return this.makeClient(options);
      case 'database':
        return client().db(options['databaseName'] as string, driverOptions(options['databaseOptions']));
      case 'collection':
        return database().collection(
          options['collectionName'] as string,
          driverOptions(options['collectionOptions']),
        );
      case 'session': {
        const session = driverOptions(options['sessionOptions']);
        if (typeof session['snapshotTime'] === 'string')
          session['snapshotTime'] = this.saved(session['snapshotTime']);
        return client().startSession(session);
      }
      case 'bucket':
        return new GridFSBucket(database(), driverOptions(options['bucketOptions']));
      default:
        throw new RunnerGap(`entity ${kind}`);
    }
  }

  private makeClient(options: Doc): ObservedClient {
    if (options['autoEncryptOpts']) throw new RunnerGap('client with autoEncryptOpts');
    const url = new URL(this.uri);
    const uriOptions = Object.entries((options['uriOptions'] as Doc | undefined) ?? {});
    for (const [name, value] of uriOptions) url.searchParams.set(name, String(value));
    if (url.searchParams.get('directConnection') === 'true') url.searchParams.delete('replicaSet');
    const serverApi = options['serverApi'] as Doc | undefined;
    return new ObservedClient(
      url.href,
      // A case breaks connections on purpose: the driver may look again at once, and need not look for long.
      { minHeartbeatFrequencyMS: 10, serverSelectionTimeoutMS: 3000, ...(serverApi && { serverApi }) },
      options,
    );
  }
}

/** Options as the driver takes them: read preferences are objects of its own, enumerations lower case. */
export function driverOptions(options: unknown): Doc {
  const result: Doc = { ...(options as Doc | undefined) };
  const preference = result['readPreference'] as Doc | undefined;
  if (preference) {
    result['readPreference'] = new ReadPreference(
      preference['mode'] as ReadPreferenceMode,
      preference['tagSets'] as never,
      preference['maxStalenessSeconds']
        ? { maxStalenessSeconds: preference['maxStalenessSeconds'] as number }
        : {},
    );
  }
  if (result['returnDocument'] !== undefined) {
    if (!['Before', 'After'].includes(result['returnDocument'] as string))
      throw new Mismatch(`returnDocument: ${String(result['returnDocument'])}`);
    result['returnDocument'] = (result['returnDocument'] as string).toLowerCase();
  }
  if (result['defaultTransactionOptions'])
    result['defaultTransactionOptions'] = driverOptions(result['defaultTransactionOptions']);
  return result;
}
