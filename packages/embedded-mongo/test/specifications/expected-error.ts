import { MongoBulkWriteError, MongoError, MongoOperationTimeoutError, MongoServerError } from 'mongodb';
import { Mismatch, type Doc, type ExpectedError } from './format.js';
import { differences, type MatchEntities } from './matches.js';
import { plainResult } from './operations.js';

interface ServerSide {
  readonly code?: number;
  readonly codeName?: string;
  readonly errmsg?: string;
}

/** Asserts what is said of an error; the rest of the error may be as it likes. */
export function checkError(expected: ExpectedError, error: Error, entities: MatchEntities): void {
  const said = serverSide(error);
  const texts = [error.message, ...said.map(({ errmsg }) => errmsg ?? '')].join('\n').toLowerCase();
  const fromServer = error instanceof MongoServerError || 'writeErrors' in error;
  const labels = (label: string) => error instanceof MongoError && error.hasErrorLabel(label);
  const { errorContains: text, errorCode: code, errorCodeName: name } = expected;
  const checks: readonly (readonly [unknown, () => boolean, string])[] = [
    [expected.isClientError, () => fromServer !== expected.isClientError, 'origin'],
    [
      expected.isTimeoutError,
      () => error instanceof MongoOperationTimeoutError === expected.isTimeoutError,
      'time-out',
    ],
    [text, () => texts.includes(text!.toLowerCase()), `text "${text}"`],
    [code, () => said.some((one) => one.code === code), `code ${code}`],
    [
      name,
      () => said.some((one) => one.codeName?.toLowerCase() === name!.toLowerCase()),
      `code name ${name}`,
    ],
    [
      expected.errorLabelsContain,
      () => expected.errorLabelsContain!.every(labels),
      `labels ${String(expected.errorLabelsContain)}`,
    ],
    [
      expected.errorLabelsOmit,
      () => !expected.errorLabelsOmit!.some(labels),
      `no labels ${String(expected.errorLabelsOmit)}`,
    ],
  ];
  for (const [asked, holds, what] of checks)
    if (asked !== undefined && !holds())
      throw new Mismatch(`the error should have ${what}: ${describe(error)}`);
  const { errorResponse, expectResult, writeErrors, writeConcernErrors } = expected;
  const inError = error as unknown as Doc;
  Mismatch.throwAny([
    ...(errorResponse ? differences(errorResponse, inError['errorResponse'], entities, true) : []),
    ...(writeErrors ? differences(writeErrors, plainResult(inError)['writeErrors'], entities) : []),
    ...(writeConcernErrors ? differences(writeConcernErrors, inError['writeConcernErrors'], entities) : []),
    ...(expectResult !== undefined ? differences(expectResult, resultOf(error), entities, true) : []),
  ]);
}

/** The codes and texts that came from the server; a bulk write's error carries several. */
function serverSide(error: Error): ServerSide[] {
  const own = error as ServerSide & { errorResponse?: Doc; writeErrors?: unknown; result?: Doc };
  const response = own.errorResponse as ServerSide | undefined;
  const list: ServerSide[] = [own, response, response && (response as Doc)['writeConcernError']].filter(
    (one) => one !== undefined,
  ) as ServerSide[];
  if (error instanceof MongoBulkWriteError) {
    for (const one of [error.writeErrors].flat()) list.push({ code: one.code, errmsg: one.errmsg ?? '' });
    const concern = error.result.getWriteConcernError();
    if (concern) list.push({ code: concern.code!, errmsg: concern.errmsg ?? '' });
  }
  return list;
}

function resultOf(error: Error): unknown {
  const result = (error as { result?: unknown; partialResult?: unknown }).result;
  const partial = (error as { partialResult?: unknown }).partialResult;
  if (error instanceof MongoBulkWriteError) {
    const { insertedCount, matchedCount, modifiedCount, deletedCount } = error;
    const { upsertedCount, upsertedIds, insertedIds } = error;
    return plainResult({
      ...{
        insertedCount,
        matchedCount,
        modifiedCount,
        deletedCount,
        upsertedCount,
        upsertedIds,
        insertedIds,
      },
    });
  }
  return partial === undefined ? result : plainResult(partial);
}

function describe(error: Error): string {
  const { code, errorLabels } = error as { code?: unknown; errorLabels?: unknown };
  return `${error.name} ${String(code ?? '')} ${error.message} [${String(errorLabels ?? '')}]`;
}
