import { readFile } from 'node:fs/promises';
import { randomFrom } from '../../test/support/random.js';
import { parseIrcLog } from './irc-log.js';
import { parseOptions, type ReplayOptions, USAGE } from './options.js';
import { printReport, progressLine, type Report } from './report.js';
import { Run } from './run.js';
import { ServerUnderKill } from './server-under-kill.js';

const PROGRESS_MS = process.stderr.isTTY ? 1_000 : 10_000;

async function replay(options: ReplayOptions): Promise<Report> {
  const { kills, seed, files, window } = options;
  const plan = { kills, messages: await countMessages(files), random: randomFrom(seed) };
  const own = options.target ? null : await ServerUnderKill.start(plan, profiling(options));
  try {
    const { url, adminToken } = options.target ?? own!;
    const run = new Run(url, adminToken, {
      breaks: kills > 0,
      onSent: (messages) => own?.sent(messages),
      onResult: ({ file, differences }) => differences.forEach((what) => console.error(`${file}: ${what}`)),
    });
    const started = performance.now();
    const elapsed = (): number => (performance.now() - started) / 1000;
    const serverBefore = own && (await own.cpuSeconds());
    const ticker = setInterval(() => {
      const line = progressLine(run.progress(), files.length, elapsed());
      process.stderr.write(process.stderr.isTTY ? `\r${line}\x1b[K` : `${line}\n`);
    }, PROGRESS_MS);
    const played = run.play(files, window);
    await (own ? Promise.race([played, own.failed]) : played);
    clearInterval(ticker);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    const serverAfter = own && (await own.cpuSeconds());
    const serverCpu = serverAfter === null ? null : serverAfter - (serverBefore ?? 0);
    return summarize(run, elapsed(), serverCpu, { kills: own?.kills ?? 0, seed });
  } finally {
    await own?.stop();
  }
}

const profiling = ({ serverProfile }: ReplayOptions): string[] =>
  serverProfile ? ['--cpu-prof', '--cpu-prof-dir=.'] : [];

async function countMessages(files: readonly string[]): Promise<number> {
  let messages = 0;
  for (const file of files) {
    const { events } = parseIrcLog(await readFile(file));
    messages += events.filter(({ kind }) => kind === 'text' || kind === 'action').length;
  }
  return messages;
}

function summarize(
  run: Run,
  seconds: number,
  serverCpu: number | null,
  breaks: { kills: number; seed: number },
): Report {
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
      breaks: { ...breaks, losses: run.losses, repeatedCalls: run.rest.repeated },
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
