import { parseArgs } from 'node:util';
import { startServer } from './server.js';

const USAGE = 'usage: embedded-mongo --dbpath DIR [--port 27017]';

/** Runs the store alone in this process, on 127.0.0.1, until SIGTERM or SIGINT. */
export async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      dbpath: { type: 'string' },
      port: { type: 'string', default: '27017' },
      'test-commands': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  const port = Number(values.port);
  if (values.help || !values.dbpath || !Number.isInteger(port) || port < 0 || port > 65535) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = values.help ? 0 : 2;
    return;
  }
  const server = await startServer({
    dbPath: values.dbpath,
    port,
    testCommands: values['test-commands'],
    onFatal: (error) => {
      process.stderr.write(`${error.stack ?? error.message}\n`);
      process.exit(1);
    },
  });
  const stop = () => {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    void server.close();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.stdout.write(`listening on mongodb://127.0.0.1:${server.port}\n`);
}
