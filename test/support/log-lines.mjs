// Writes many log lines with the built logger between two marks, for tests that watch the system calls meanwhile.
import { writeSync } from 'node:fs';
import { HostIdentity } from '../../dist/infra/host-identity/host-identity.js';
import { createLogger } from '../../dist/infra/logging/logger.js';

const count = Number(process.argv[2]);
const logger = createLogger({ logLevel: 'info', logHost: true }, HostIdentity.resolve(undefined));
logger.info('warm up');
writeSync(2, 'FIRST MARK\n');
for (let line = 0; line < count; line++) logger.info({ line, userId: 'u1', requestId: 'r1' }, 'a line');
writeSync(2, 'LAST MARK\n');
