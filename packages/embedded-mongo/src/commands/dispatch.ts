import { binaryValue, longValue } from '../bson/make.js';
import { fieldName, findByName, findField, readNumber, type Value } from '../bson/value.js';
import { BsonWriter } from '../bson/writer.js';
import type { Engine } from '../engine.js';
import { codeNameOf, CommandError, ErrorCode } from '../errors.js';
import { errorLabels, writeErrorLabels } from './error-labels.js';
import type { Fault } from '../fail-points.js';
import { checkArguments, maxTimeOf } from './generic-arguments.js';
import type { ReadScope } from '../scope.js';
import { sessionArgs, type SessionArgs } from '../sessions/session-args.js';
import { TimeLimit, withinLimit } from '../time-limit.js';
import { Blocked } from '../transactions/key-locks.js';
import { commandOf } from './registry.js';
import type { Command, ReadCommand, Request } from './request.js';
import { assertInTransaction, assertRetryable, CONTROLS } from './session-rules.js';
import { unmetWriteConcern } from './write-concern.js';
import { writeDuplicate } from './write-errors.js';

/** The reply to a command, or what must happen before it can be run (again). */
export type Answer =
  | {
      /** The whole reply document. */
      readonly doc: Buffer;
      /** Send the reply only after this: the writes it tells of are not on disk yet. */
      readonly settled: Promise<void> | null;
    }
  | { readonly blocked: Promise<void> };

/** The signature of a cluster time where nobody checks it: no key, a hash of zeros. */
const NO_HASH = binaryValue(Buffer.alloc(20));
const NO_KEY = longValue(0n);
const WRITE_ERRORS = fieldName('writeErrors');
const writer = new BsonWriter(64 * 1024);

/** Runs one command to its end and builds its reply. Throws only what is a defect of the store. */
export function dispatch(engine: Engine, request: Request, fault?: Fault): Answer {
  let command: Command | undefined;
  let session: SessionArgs | null = null;
  let doc: Buffer;
  /** An open transaction keeps what was written: nothing of it is planned. */
  let kept = false;
  try {
    command = commandOf(request.name);
    if (request.deadline !== undefined && performance.now() >= request.deadline) {
      throw new CommandError(ErrorCode.MaxTimeMSExpired, 'operation exceeded time limit');
    }
    if (fault?.code !== undefined)
      throw new CommandError(fault.code, "Failing command via 'failCommand' failpoint");
    session = sessionArgs(request);
    checkArguments(request, command, session);
    doc = run(engine, request, command, session);
    kept = session?.transaction === true && !CONTROLS.has(request.name);
    const unmet = fault?.writeConcernError ?? unmetWriteConcern(request);
    if (unmet) doc = withWriteConcernError(doc, request, unmet, fault?.labels);
  } catch (error) {
    if (error instanceof Blocked) return { blocked: withinTime(request, error.until) };
    if (session?.transaction && endsTransaction(request, error)) engine.sessions.fail(session);
    doc = errorReply(engine, error, request, fault?.labels);
  }
  return { doc, settled: command?.writes && !kept ? engine.store.settled() : null };
}

/** A command waits for a transaction no longer than its `maxTimeMS`. */
function withinTime(request: Request, until: Promise<void>): Promise<void> {
  const limit = maxTimeOf(request);
  if (limit === undefined) return until;
  request.deadline ??= performance.now() + limit;
  let timer: NodeJS.Timeout;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, request.deadline! - performance.now());
  });
  return Promise.race([until, late]).finally(() => clearTimeout(timer));
}

function run(engine: Engine, request: Request, command: Command, session: SessionArgs | null): Buffer {
  engine.cursors.limit = undefined;
  engine.cursors.owner = { lsid: request.get('lsid'), txnNumber: undefined, transaction: undefined };
  if (!session || CONTROLS.has(request.name)) return runAlone(engine, request, command);
  if (session.transaction) return runInTransaction(engine, request, command, session);
  assertRetryable(request);
  const write = engine.sessions.write(session);
  const doc = write.answered ?? runAlone(engine, request, command);
  if (!write.answered) write.record(doc);
  return withTimes(engine, request, doc);
}

function runAlone(engine: Engine, request: Request, command: Command): Buffer {
  if (!command.writes) return runRead(engine, request, command, engine.reads);
  return engine.transactions.change((scope) =>
    reply(engine, request, () => command.run({ engine, scope, request, reply: writer })),
  );
}

/** Runs a command that only reads, no longer than its `maxTimeMS`. */
function runRead(engine: Engine, request: Request, command: ReadCommand, from: ReadScope): Buffer {
  const time = maxTimeOf(request);
  const limit = time === undefined ? undefined : new TimeLimit(time);
  engine.cursors.limit = limit;
  const scope = limit ? withinLimit(from, limit) : from;
  const run = () => reply(engine, request, () => command.run({ engine, scope, request, reply: writer }));
  return limit ? limit.during(run) : run();
}

/** Errors of its commands end a transaction; not those of its own beginning and end. */
function endsTransaction(request: Request, error: unknown): boolean {
  if (CONTROLS.has(request.name)) return false;
  return !(error instanceof CommandError && error.code === ErrorCode.ConflictingOperationInProgress);
}

function runInTransaction(engine: Engine, request: Request, command: Command, session: SessionArgs): Buffer {
  assertInTransaction(request, session);
  const transaction = engine.sessions.transaction(session);
  const { scope } = transaction;
  Object.assign(engine.cursors.owner, { txnNumber: session.txnNumber, transaction });
  if (!command.writes) return runRead(engine, request, command, scope);
  const doc = reply(engine, request, () => command.run({ engine, scope, request, reply: writer }));
  if (findField(doc, 0, WRITE_ERRORS)) engine.sessions.fail(session);
  return doc;
}

function reply(engine: Engine, request: Request, write: () => void): Buffer {
  writer.reset();
  const mark = writer.begin();
  write();
  writer.double('ok', 1);
  if (!request.get('txnNumber') || request.get('autocommit')) writeTimes(engine, request);
  writer.end(mark);
  return writer.bytes();
}

/** The reply of a repeatable write is recorded without its times. */
function withTimes(engine: Engine, request: Request, doc: Buffer): Buffer {
  return extended(doc, () => writeTimes(engine, request));
}

function withWriteConcernError(
  doc: Buffer,
  request: Request,
  error: Value,
  labels: readonly string[] | undefined,
): Buffer {
  const code = findByName(error, 'code');
  return extended(doc, () => {
    writer.value('writeConcernError', error);
    writeErrorLabels(writer, labels ?? errorLabels(request, code ? readNumber(code) : 0, true));
  });
}

function extended(doc: Buffer, more: () => void): Buffer {
  writer.reset();
  const mark = writer.begin();
  writer.elementsOf(doc, 0);
  more();
  writer.end(mark);
  return writer.bytes();
}

/** By these a session reads what it wrote, on whatever member, and they pass on what others wrote. */
function writeTimes(engine: Engine, request: Request): void {
  if (!request.get('lsid')) return;
  const time = engine.operationTime();
  const cluster = writer.beginObject('$clusterTime');
  writer.value('clusterTime', time);
  const signature = writer.beginObject('signature');
  writer.value('hash', NO_HASH);
  writer.value('keyId', NO_KEY);
  writer.end(signature);
  writer.end(cluster);
  writer.value('operationTime', time);
}

function errorReply(engine: Engine, error: unknown, request: Request, labels?: readonly string[]): Buffer {
  const known = error instanceof CommandError ? error : undefined;
  const code = known?.code ?? ErrorCode.InternalError;
  writer.reset();
  const mark = writer.begin();
  writer.double('ok', 0);
  writer.string('errmsg', error instanceof Error ? error.message : String(error));
  writer.int('code', code);
  writer.string('codeName', codeNameOf(code));
  if (known) writeDuplicate(writer, known);
  writeErrorLabels(writer, labels ?? errorLabels(request, code));
  writeTimes(engine, request);
  writer.end(mark);
  return writer.bytes();
}
