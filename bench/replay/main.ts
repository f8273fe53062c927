import { startServer } from '../../test/support/server-process.js';
import { cpuSeconds } from './cpu-time.js';
import { parseOptions, type ReplayOptions, USAGE } from './options.js';
import { printReport, progressLine, type Report } from './report.js';
import { Run } from './run.js';

const PROGRESS_MS = process.stderr.isTTY ? 1_000 : 10_000;

async function replay(options: ReplayOptions): Promise<Report> {
  const own = options.target
    ? null
    : await startServer({ nodeArgs: options.serverProfile ? ['--cpu-prof', '--cpu-prof-dir=.'] : [] });
  try {
    const { url, adminToken } = options.target ?? own!;
    const run = new Run(url, adminToken);
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    const serverBefore = own && (await cpuSeconds(own.pid));
    const ticker = setInterval(() => {
      const line = progressLine(run.progress(), options.files.length, elapsed());
      process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`);
    }, PROGRESS_MS);
    await run.play(options.files, options.window);
    clearInterval(ticker);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const seconds = elapsed();
    const serverAfter = own && (await cpuSeconds(own.pid));
    return summarize(run, seconds, serverAfter === null ? null : serverAfter - (serverBefore ?? 0));
  } finally {
    await own?.stop();
  }
}

function summarize(run: Run, seconds: number, serverCpu: number | null): Report {
  const files = run.results.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  const sum = (field: 'messages' | 'deliveries' | 'joins' | 'parts' | 'differenceCount'): number =>
    files.reduce((total, result) => total + result[field], 0);
  const own = process.cpuUsage();
  const differences = sum('differenceCount') + run.strays.length;
  return {
    ok: differences === 0,
    files,
    strays: run.strays,
    totals: {
      files: files.length,
      users: run.people.count,
      messages: sum('messages'),
      deliveries: sum('deliveries'),
      joins: sum('joins'),
      parts: sum('parts'),
      differences,
      seconds,
      messagesPerSecond: sum('messages') / seconds,
      deliveriesPerSecond: sum('deliveries') / seconds,
      cpuSeconds: { replay: (own.user + own.system) / 1e6, server: serverCpu },
    },
  };
}

/** Exit codes: 0 no difference, 1 differences, 2 could not run. */
async function main(): Promise<number> {
  let options: ReplayOptions;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const report = await replay(options);
  if (options.json) console.log(JSON.stringify(report, null, 2));
  else printReport(report, console.log);
  return report.ok ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error);
  process.exitCode = 2;
}
