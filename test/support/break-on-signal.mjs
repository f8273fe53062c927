// Preloaded into a server (`--import`): breaks it from within at SIGUSR2, as BREAK says.
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const workers = [];
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    super(...args);
    workers.push(this);
  }
};
syncBuiltinESMExports();

const BREAKS = {
  store: () => workers.forEach((worker) => worker.terminate()),
  exception: () => {
    throw new Error('thrown on purpose');
  },
  rejection: () => void Promise.reject(new Error('rejected on purpose')),
};

if (threads.isMainThread) process.on('SIGUSR2', BREAKS[process.env.BREAK]);
