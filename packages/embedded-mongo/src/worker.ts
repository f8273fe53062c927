import { parentPort, workerData } from 'node:worker_threads';
import { startServer } from './server.js';

/** What the host asks of the worker, and what the worker reports. */
export interface WorkerInput {
  readonly dbPath: string;
  readonly socketPath: string;
  readonly port?: number;
}
export type WorkerReport = { readonly ready: true; readonly port?: number } | { readonly failed: string };

const port = parentPort!;
const input = workerData as WorkerInput;

try {
  const server = await startServer({
    ...input,
    onFatal: (error) => {
      // Ends the worker: the host sees the error and exits.
      setImmediate(() => {
        throw error;
      });
    },
  });
  port.once('message', () => {
    void server.close().then(() => port.close());
  });
  port.postMessage({ ready: true, port: server.port } satisfies WorkerReport);
} catch (error) {
  port.postMessage({ failed: (error as Error).message } satisfies WorkerReport);
  port.close();
}
