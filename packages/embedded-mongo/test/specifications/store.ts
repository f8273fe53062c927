import { rm } from 'node:fs/promises';
import { MongoClient } from 'mongodb';
import { freshFolder } from '../support/embedded.js';
import { startStore } from '../support/store-process.js';
import { inspectDeployment } from './requirements.js';
import type { Store } from './run-suite.js';

/** A store of its own process for the cases, with fail points. */
export async function openStore(): Promise<Store & { close(): Promise<void> }> {
  const folder = await freshFolder();
  const server = await startStore(folder, [], ['--test-commands']);
  const direct = `mongodb://127.0.0.1:${server.port}/?directConnection=true`;
  const internal = await MongoClient.connect(direct, { serverSelectionTimeoutMS: 3000 });
  const deployment = await inspectDeployment(internal);
  const { setName } = deployment;
  return {
    uri: setName === undefined ? direct : `mongodb://127.0.0.1:${server.port}/?replicaSet=${setName}`,
    internal,
    deployment,
    close: async () => {
      await internal.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
