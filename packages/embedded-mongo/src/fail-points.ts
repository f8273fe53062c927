import { isNumber, T } from './bson/types.js';
import { elementsOf, findByName, isTruthy, readNumber, readString, type Value } from './bson/value.js';
import { badValue, unsupported } from './errors.js';

/** What is looked at in a request. */
interface Failing {
  readonly name: string;
  readonly db: string;
  get(name: string): Value | undefined;
  object(name: string): Value | undefined;
}

/** What a fail point does to one request. */
export interface Fault {
  /** Waits so long before anything else. */
  readonly blockMs: number;
  /** Ends the connection: before the command runs, or when it has run and its writes are on disk. */
  readonly close: 'before' | 'after' | undefined;
  /** Answers with this error instead of running. */
  readonly code: number | undefined;
  /** Runs, and then tells of this error beside the result. */
  readonly writeConcernError: Value | undefined;
  /** Labels instead of those the server would add. */
  readonly labels: readonly string[] | undefined;
}

/** When a fail point comes into effect, counted in requests that it is about. */
interface Armed {
  readonly data: Value | undefined;
  skip: number;
  times: number;
}

const DATA_FIELDS: Readonly<Record<string, readonly string[]>> = {
  failCommand: [
    ...['failCommands', 'failInternalCommands', 'errorCode', 'errorLabels', 'closeConnection'],
    ...['blockConnection', 'blockTimeMS', 'writeConcernError', 'appName', 'namespace'],
  ],
  onPrimaryTransactionalWrite: ['closeConnection', 'failBeforeCommitExceptionCode'],
};

/** MongoDB's fail points for tests of drivers, as far as the drivers' specifications use them. */
export class FailPoints {
  private readonly armed = new Map<string, Armed>();
  private readonly entered = new Map<string, number>();
  /** Sessions' writes that are done but whose answer got lost: sent again they do nothing, so they meet nothing. */
  private readonly done = new Set<string>();
  /** The applications' names as the connections told them. */
  private readonly appNames = new WeakMap<object, string>();

  /** Arms or disarms; gives how often the fail point had come into effect until now. */
  configure(name: string, mode: Value | undefined, data: Value | undefined): number {
    const known = DATA_FIELDS[name];
    if (!known) throw unsupported(`the fail point ${name}`);
    for (const field of data ? elementsOf(data) : [])
      if (!known.includes(field.name)) throw unsupported(`the field ${field.name} of the fail point ${name}`);
    const counts = parseMode(mode);
    const before = this.entered.get(name) ?? 0;
    if (counts) this.armed.set(name, { ...counts, data });
    else this.armed.delete(name);
    return before;
  }

  /** What is to happen to a request of this connection. */
  meet(connection: object, request: Failing): Fault | undefined {
    const application = request.object('client') && findByName(request.object('client')!, 'application');
    if (application) this.appNames.set(connection, stringField(application, 'name') ?? '');
    return this.failCommand(connection, request) ?? this.failTransactionalWrite(request);
  }

  private failCommand(connection: object, request: Failing): Fault | undefined {
    const data = this.armed.get('failCommand')?.data;
    if (!data || request.name === 'configureFailPoint') return undefined;
    const commands = findByName(data, 'failCommands');
    if (!commands || !strings(commands).includes(request.name)) return undefined;
    const appName = stringField(data, 'appName');
    if (appName !== undefined && appName !== this.appNames.get(connection)) return undefined;
    const namespace = stringField(data, 'namespace');
    const target = request.get(request.name);
    if (
      namespace !== undefined &&
      (target?.type !== T.string || namespace !== `${request.db}.${readString(target)}`)
    )
      return undefined;
    if (!this.enter('failCommand')) return undefined;
    const labels = findByName(data, 'errorLabels');
    return {
      blockMs: isTruthy(findByName(data, 'blockConnection')) ? (numberField(data, 'blockTimeMS') ?? 0) : 0,
      close: isTruthy(findByName(data, 'closeConnection')) ? 'before' : undefined,
      code: numberField(data, 'errorCode'),
      writeConcernError: findByName(data, 'writeConcernError'),
      labels: labels && strings(labels),
    };
  }

  /** A write that carries a transaction number fails before it is committed, or its answer gets lost. */
  private failTransactionalWrite(request: Failing): Fault | undefined {
    const armed = this.armed.get('onPrimaryTransactionalWrite');
    const [session, txnNumber] = [request.get('lsid'), request.get('txnNumber')];
    if (!armed || !session || !txnNumber) return undefined;
    const write = bytesOf(session) + bytesOf(txnNumber);
    if (this.done.has(write) || !this.enter('onPrimaryTransactionalWrite')) return undefined;
    const close = armed.data && findByName(armed.data, 'closeConnection');
    const code = armed.data && numberField(armed.data, 'failBeforeCommitExceptionCode');
    const closes = close === undefined || isTruthy(close);
    if (code === undefined) this.done.add(write);
    return {
      blockMs: 0,
      close: !closes ? undefined : code === undefined ? 'after' : 'before',
      code,
      writeConcernError: undefined,
      labels: undefined,
    };
  }

  private enter(name: string): boolean {
    const armed = this.armed.get(name)!;
    if (armed.skip > 0) {
      armed.skip -= 1;
      return false;
    }
    armed.times -= 1;
    if (armed.times === 0) this.armed.delete(name);
    this.entered.set(name, (this.entered.get(name) ?? 0) + 1);
    return true;
  }
}

function parseMode(mode: Value | undefined): { skip: number; times: number } | undefined {
  if (mode?.type === T.string) {
    if (readString(mode) === 'off') return undefined;
    if (readString(mode) === 'alwaysOn') return { skip: 0, times: Infinity };
  }
  const skip = mode?.type === T.object ? numberField(mode, 'skip') : undefined;
  const times = mode?.type === T.object ? numberField(mode, 'times') : undefined;
  if (skip !== undefined) return { skip, times: Infinity };
  if (times !== undefined) return times > 0 ? { skip: 0, times } : undefined;
  throw badValue("'mode' must be one of 'off', 'alwaysOn', 'times', and 'skip'");
}

function stringField(data: Value, name: string): string | undefined {
  const value = findByName(data, name);
  return value?.type === T.string ? readString(value) : undefined;
}

function numberField(data: Value, name: string): number | undefined {
  const value = findByName(data, name);
  return value && isNumber(value.type) ? readNumber(value) : undefined;
}

function bytesOf(value: Value): string {
  return value.buf.toString('latin1', value.start, value.end);
}

function strings(list: Value): string[] {
  return elementsOf(list).map((item) => (item.type === T.string ? readString(item) : ''));
}
