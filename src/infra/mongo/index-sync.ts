import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import type { Connection, IndexDefinition, IndexOptions, Model, mongo } from 'mongoose';
import { StartError } from '../../common/start-error.js';
import { isDuplicateKey } from './duplicate-key.js';
import { listDuplicates } from './list-duplicates.js';

/**
 * Builds every registered model's indexes. A unique index guards nothing until it is built, so this runs before the
 * server listens, and readiness says no until it is done. Indexes that no schema names are left alone.
 */
@Injectable()
export class IndexSync {
  private built = false;

  constructor(@InjectConnection() private readonly connection: Connection) {}

  get done(): boolean {
    return this.built;
  }

  /** @throws StartError naming the rows that keep a unique index from being built, or an index that differs */
  async build(): Promise<void> {
    for (const model of Object.values(this.connection.models)) {
      for (const [keys, options] of model.schema.indexes()) {
        await this.buildOne(model, keys, options);
      }
    }
    this.built = true;
  }

  private async buildOne(model: Model<unknown>, keys: IndexDefinition, options: IndexOptions): Promise<void> {
    const collection = this.connection.db!.collection(model.collection.collectionName);
    const index = `${collection.collectionName} ${JSON.stringify(keys)}`;
    // mongoose adds `background`, which MongoDB has ignored since 4.2.
    const { background: _, ...wanted } = options;
    try {
      await collection.createIndex(keys as mongo.IndexSpecification, wanted as mongo.CreateIndexesOptions);
    } catch (cause) {
      if (!isDuplicateKey(cause)) {
        throw new StartError(`index ${index} cannot be built: ${(cause as Error).message}`, { cause });
      }
      const duplicates = await listDuplicates(
        collection,
        Object.keys(keys),
        wanted.partialFilterExpression ?? {},
      );
      const lines = duplicates.map(({ key, ids }) => `\n  ${JSON.stringify(key)}: _id ${ids.join(', ')}`);
      const reason = `${(cause as Error).message}; rows with equal keys:${lines.join('')}`;
      throw new StartError(`unique index ${index} cannot be built: ${reason}`, { cause });
    }
  }
}
