import type { FileResult, Progress } from './run.js';

/** Everything that one replay found out. CPU seconds of the server are known only when the replay started it. */
export interface Report {
  ok: boolean;
  files: FileResult[];
  strays: string[];
  totals: {
    files: number;
    users: number;
    messages: number;
    deliveries: number;
    joins: number;
    parts: number;
    differences: number;
    /** Kills of the server, connections lost so, REST calls made again; the seed of the kills' moments. */
    breaks: { kills: number; seed: number; losses: number; repeatedCalls: number };
    seconds: number;
    messagesPerSecond: number;
    deliveriesPerSecond: number;
    cpuSeconds: { replay: number; server: number | null };
  };
}

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

export function progressLine({ files, running, ...now }: Progress, total: number, seconds: number): string {
  return (
    `${files}/${total} files done, ${running} running, ${count(now.messages)} messages, ` +
    `${count(now.deliveries)} deliveries (${count(now.deliveries / seconds)}/s), ` +
    `${count(now.connections)} connections, ${count(now.losses)} lost, ${now.differences} differences, ${Math.round(seconds)} s`
  );
}

const COLUMNS = ['messages', 'ignored', 'members', 'joins', 'parts', 'deliveries'] as const;

/** A row for each file, the totals, and every difference that was kept in words. */
export function printReport(report: Report, print: (line: string) => void): void {
  const width = Math.max(8, ...report.files.map(({ file }) => file.length));
  const row = (name: string, cells: string[]): void =>
    print(name.padEnd(width) + cells.map((cell) => cell.padStart(12)).join(''));
  row('file', [...COLUMNS, 'seconds', 'differences']);
  for (const result of report.files) {
    const cells = COLUMNS.map((column) => count(result[column]));
    row(result.file, [...cells, result.seconds.toFixed(1), count(result.differenceCount)]);
  }
  const { totals } = report;
  print('');
  print(
    `${totals.files} files, ${count(totals.users)} users, ${count(totals.joins)} joins, ${count(totals.parts)} parts`,
  );
  print(
    `${count(totals.messages)} messages and ${count(totals.deliveries)} deliveries in ${totals.seconds.toFixed(1)} s: ` +
      `${count(totals.messagesPerSecond)} messages/s, ${count(totals.deliveriesPerSecond)} deliveries/s`,
  );
  const { kills, seed, losses, repeatedCalls } = totals.breaks;
  print(
    `${kills} kills (seed ${seed}), ${count(losses)} connections lost, ${count(repeatedCalls)} REST calls repeated`,
  );
  const { server, replay } = totals.cpuSeconds;
  print(
    `CPU: server ${server === null ? 'not measured' : `${server.toFixed(1)} s`}, replay ${replay.toFixed(1)} s`,
  );
  for (const { file, differences, differenceCount } of report.files) {
    for (const difference of differences) print(`DIFFERENCE ${file}: ${difference}`);
    if (differenceCount > differences.length)
      print(`… and ${differenceCount - differences.length} more in ${file}`);
  }
  for (const stray of report.strays) print(`DIFFERENCE ${stray}`);
  print(`${totals.differences} differences`);
}
