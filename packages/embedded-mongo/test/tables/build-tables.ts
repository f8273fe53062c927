import { serialize } from 'bson';
import { ACCUMULATORS, REFUSED_ACCUMULATORS } from '../../src/aggregate/group-operators.js';
import { OPERATORS as EXPRESSIONS, REFUSED_OPERATORS } from '../../src/aggregate/operators.js';
import { REFUSED_STAGES, SOURCES, STAGES } from '../../src/aggregate/stages.js';
import { objectValue } from '../../src/bson/value.js';
import { checkIndexSpec, INDEX_OPTIONS } from '../../src/catalog/index-spec.js';
import { COMMANDS, REFUSED_COMMANDS } from '../../src/commands/registry.js';
import { CommandError, codeNameOf, ErrorCode } from '../../src/errors.js';
import { serverParameters, Settings } from '../../src/parameters.js';
import { parseFilter } from '../../src/query/parse-filter.js';
import { OPERATORS as UPDATE_OPERATORS } from '../../src/update/operators.js';

/** MongoDB 7.0's filter operators. Which of them are supported the parser tells. */
const FILTER_OPERATORS =
  `$eq $ne $gt $gte $lt $lte $in $nin $and $or $nor $not $exists $type $size $all $elemMatch $mod $regex
  $options $bitsAllSet $bitsAnySet $bitsAllClear $bitsAnyClear $expr $alwaysTrue $alwaysFalse $comment $where $text $jsonSchema
  $sampleRate $geoIntersects $geoWithin $within $near $nearSphere $geoNear $maxDistance $minDistance $uniqueDocs`.split(
    /\s+/,
  );

/** MongoDB 7.0's kinds of index beside the plain one. */
const INDEX_KINDS = ['text', 'hashed', '2d', '2dsphere', 'wildcard'];

/** What the store supports and refuses, as Markdown, read from its code. */
export function buildTables(): string {
  const filters = FILTER_OPERATORS.filter((name) => !isRefused(() => tryFilter(name)));
  const options = Object.keys(INDEX_OPTIONS).filter((name) => !isRefused(() => tryIndexOption(name)));
  return [
    '| command | fields beside those of every command | refused by name |',
    '|---|---|---|',
    ...commandRows(),
    '',
    '| | supported | refused by name |',
    '|---|---|---|',
    row('other commands', [], REFUSED_COMMANDS),
    row('filter operators', filters, without(FILTER_OPERATORS, filters)),
    row('update operators', [...UPDATE_OPERATORS.keys()], []),
    row('pipeline stages', [...STAGES.keys(), ...SOURCES.keys(), '$sort'], [...REFUSED_STAGES]),
    row('accumulators', Object.keys(ACCUMULATORS), [...REFUSED_ACCUMULATORS]),
    row('expressions', Object.keys(EXPRESSIONS), [...REFUSED_OPERATORS]),
    row('index options', options, without(Object.keys(INDEX_OPTIONS), options)),
    row(
      'other index kinds',
      [],
      INDEX_KINDS.filter((kind) => isRefused(() => tryIndex({ a: kind }))),
    ),
    row('parameters', [...serverParameters(new Settings()).keys()], []),
    '',
    `Error codes: ${codes()}, and MongoDB's unnamed ones.`,
  ].join('\n');
}

function commandRows(): string[] {
  return [...COMMANDS]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, { fields, refused, anyField }]) => {
      const known = anyField ? 'any' : list(fields ?? []);
      return `| \`${name}\` | ${known} | ${list(refused ?? [])} |`;
    });
}

function row(name: string, supported: readonly string[], refused: readonly string[]): string {
  return `| ${name} | ${list(supported)} | ${list(refused)} |`;
}

function list(names: readonly string[]): string {
  const sorted = [...new Set(names)].sort((a, b) => a.localeCompare(b));
  return sorted.length === 0 ? '' : `\`${sorted.join(' ')}\``;
}

function without(names: readonly string[], others: readonly string[]): string[] {
  return names.filter((name) => !others.includes(name));
}

function codes(): string {
  const sorted = Object.values(ErrorCode).sort((a, b) => a - b);
  return sorted.map((code) => `${codeNameOf(code)} (${code})`).join(', ');
}

const document = (content: object) => objectValue(Buffer.from(serialize(content)));

function tryFilter(name: string): void {
  const whole = errorOf(() => parseFilter(document({ [name]: 1 })));
  if (whole?.message.startsWith('unknown top level operator')) parseFilter(document({ a: { [name]: 1 } }));
  else if (whole) throw whole;
}

/** A value for each option, so chosen that one that is not supported shows. */
function tryIndexOption(name: string): void {
  const values: Record<string, unknown> = { v: 2, collation: { locale: 'de' } };
  tryIndex({ a: 1 }, { [name]: values[name] ?? 1 });
}

function tryIndex(key: object, option: object = {}): void {
  checkIndexSpec(document({ key, name: 'a', ...option }), false);
}

/** Is it answered with NotImplemented? Any other error is about the operand, and so of something known. */
function isRefused(run: () => void): boolean {
  return errorOf(run)?.code === ErrorCode.NotImplemented;
}

function errorOf(run: () => void): CommandError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) return error;
    throw error;
  }
}
