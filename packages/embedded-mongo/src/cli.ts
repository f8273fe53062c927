import { parseArgs } from 'node:util';
import { startServer } from './server.js';
import { backUp, check, restore } from './storage/backup.js';
import type { Contents } from './storage/verify.js';

const USAGE = `usage: embedded-mongo --dbpath DIR [--port 27017]   serves DIR on 127.0.0.1
       embedded-mongo backup --dbpath DIR --to NEW     copies DIR, which may be served meanwhile
       embedded-mongo restore --from BACKUP --dbpath DIR
       embedded-mongo check --dbpath DIR               reads everything`;

const OPTIONS = {
  dbpath: { type: 'string' },
  port: { type: 'string', default: '27017' },
  from: { type: 'string' },
  to: { type: 'string' },
  'test-commands': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Runs one command, or the store alone in this process until SIGTERM or SIGINT. */
export async function main(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  const { dbpath, from, to, port, help } = values;
  const [command = 'serve', ...more] = positionals;
  if (!help && dbpath && more.length === 0) {
    if (command === 'serve') return serve(dbpath, port, values['test-commands']);
    if (command === 'check') return report('whole', await check(dbpath));
    if (command === 'backup' && to) return report(`backed up to ${to}`, await backUp(dbpath, to));
    if (command === 'restore' && from) {
      const { former, ...contents } = await restore(from, dbpath);
      return report(former ? `restored; the former data are in ${former}` : 'restored', contents);
    }
  }
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = help ? 0 : 2;
}

function report(what: string, { bytes, collections, documents, indexEntries }: Contents): void {
  process.stdout.write(
    `${what}: ${collections} collections, ${documents} documents, ${indexEntries} index entries, ${bytes} bytes\n`,
  );
}

async function serve(dbPath: string, portText: string, testCommands?: boolean): Promise<void> {
  const port = Number(portText);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`no port: ${portText}`);
  const server = await startServer({
    dbPath,
    port,
    testCommands,
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
