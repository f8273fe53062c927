// Preloaded into a server (`--import`): counts who asks the operating system for its addresses, and says it at the end,
// each thread (main and store) for itself.
import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';

const original = os.networkInterfaces;
let calls = 0;
os.networkInterfaces = (...args) => {
  calls++;
  return original(...args);
};
syncBuiltinESMExports();
process.on('exit', () => writeSync(2, `networkInterfaces calls: ${calls}\n`));
