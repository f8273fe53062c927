import { KINDS, type Kind, type Verdict } from './run-suite.js';

const HEADS: Readonly<Record<Kind, string>> = {
  passed: 'passed',
  refused: 'refused by the store',
  excluded: 'for other deployments',
  driver: "the driver's own",
  failed: 'failed',
  gap: "runner's gaps",
};

export function summary(verdicts: readonly Verdict[]): string {
  return KINDS.map((kind) => `${kind} ${count(verdicts, kind)}`).join(', ');
}

/** The page that the command writes. */
export function report(source: string, verdicts: readonly Verdict[], proof: readonly Verdict[]): string {
  const suites = [...new Set(verdicts.map(({ suite }) => suite))];
  const row = (head: string, of: readonly Verdict[]) =>
    `| ${[head, ...KINDS.map((kind) => String(count(of, kind)))].join(' | ')} |`;
  return [
    '# Driver specifications',
    '',
    'Written by `npm run specifications -w @nestim/embedded-mongo`; do not edit. The cases are those of the public MongoDB',
    `driver specifications as they come with the source distribution ${source}, run through the Node driver against a`,
    'store in a process of its own.',
    '',
    `| folder | ${KINDS.map((kind) => HEADS[kind]).join(' | ')} |`,
    `| --- | ${KINDS.map(() => '---:').join(' | ')} |`,
    ...suites.map((suite) =>
      row(
        `\`${suite}\``,
        verdicts.filter((verdict) => verdict.suite === suite),
      ),
    ),
    row('all', verdicts),
    '',
    'A case counts as refused when what it fails by is a refusal of the store that names what is not supported. The runner is',
    `proved by ${proof.length - count(proof, 'excluded')} cases that must not pass here: ${count(proof, 'passed')} did.`,
    '',
    ...reasons(verdicts, 'refused', 'The store refused, in its own words:'),
    ...reasons(
      verdicts,
      'excluded',
      'The case says that it is for another deployment or server, or is to be skipped:',
    ),
    ...reasons(verdicts, 'driver', 'The Node driver answers by itself, or has no such operation:'),
    ...reasons(verdicts, 'failed', 'Wrong answers:'),
    ...reasons(verdicts, 'gap', 'The runner does not know:'),
  ].join('\n');
}

/** Each reason once, with the number of its cases; the names of cases only where they must be looked at. */
function reasons(verdicts: readonly Verdict[], kind: Kind, head: string): string[] {
  const by = new Map<string, Verdict[]>();
  for (const verdict of verdicts)
    if (verdict.kind === kind) by.set(verdict.reason, [...(by.get(verdict.reason) ?? []), verdict]);
  if (by.size === 0) return [];
  const named = kind !== 'refused' && kind !== 'excluded';
  const lines = [...by]
    .sort(([, one], [, two]) => two.length - one.length)
    .flatMap(([reason, cases]) => [
      `- ${cases.length}: ${reason}`,
      ...(named ? cases.map(({ suite, name }) => `  - \`${suite}/${name}\``) : []),
    ]);
  return [head, '', ...lines, ''];
}

function count(verdicts: readonly Verdict[], kind: Kind): number {
  return verdicts.filter((verdict) => verdict.kind === kind).length;
}
