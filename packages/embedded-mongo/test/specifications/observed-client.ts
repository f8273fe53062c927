import { MongoClient } from 'mongodb';
import { Mismatch, type Doc } from './format.js';
import { copied } from './matches.js';

/** An event as the driver emitted it, under its name in the test format. */
export interface ObservedEvent {
  readonly name: string;
  readonly kind: 'command' | 'cmap' | 'sdam';
  readonly event: Doc;
}

const NAMES = {
  command: ['commandStarted', 'commandSucceeded', 'commandFailed'],
  cmap: [
    ...['poolCreated', 'poolReady', 'poolCleared', 'poolClosed'],
    ...['connectionCreated', 'connectionReady', 'connectionClosed', 'connectionCheckOutStarted'],
    ...['connectionCheckOutFailed', 'connectionCheckedOut', 'connectionCheckedIn'],
  ],
  sdam: [
    ...['serverDescriptionChanged', 'serverHeartbeatStarted', 'serverHeartbeatSucceeded'],
    ...['serverHeartbeatFailed', 'topologyDescriptionChanged', 'topologyOpening', 'topologyClosed'],
  ],
} as const;

/** Commands whose content the driver blanks out. */
const SENSITIVE = new Set([
  ...['authenticate', 'saslStart', 'saslContinue', 'getnonce', 'createUser', 'updateUser'],
  ...['copydbgetnonce', 'copydbsaslstart', 'copydb'],
]);

export interface ObserveOptions {
  readonly observeEvents?: readonly string[];
  readonly ignoreCommandMonitoringEvents?: readonly string[];
  readonly observeSensitiveCommands?: boolean;
}

/** A client, the events a case may assert, and what the store refused. */
export class ObservedClient {
  readonly client: MongoClient;
  readonly events: ObservedEvent[] = [];
  /** The store's own refusals among all answers, in order. */
  readonly refusals: string[] = [];
  checkedOut = 0;
  private wake = (): void => {};

  constructor(uri: string, driverOptions: Doc, options: ObserveOptions = {}) {
    this.client = new MongoClient(uri, { ...driverOptions, monitorCommands: true });
    const ignored = new Set(['configureFailPoint', ...(options.ignoreCommandMonitoringEvents ?? [])]);
    const emitter = this.client as NodeJS.EventEmitter;
    for (const kind of ['command', 'cmap', 'sdam'] as const) {
      for (const short of NAMES[kind]) {
        const name = `${short}Event`;
        emitter.on(short.replace(/^pool/, 'connectionPool'), (event: Doc) => {
          this.watch(short, event);
          if (!options.observeEvents?.includes(name)) return;
          if (kind === 'command') {
            if (ignored.has(event['commandName'] as string)) return;
            if (!options.observeSensitiveCommands && isSensitive(event)) return;
          }
          this.events.push({ name, kind, event: copied(event) });
          this.wake();
        });
      }
    }
  }

  /** The last two commands begun. */
  lastTwoCommands(): readonly [Doc, Doc] {
    const [first, second] = this.events.filter(({ name }) => name === 'commandStartedEvent').slice(-2);
    if (!first || !second) throw new Mismatch('fewer than two commands were observed');
    return [first.event, second.event];
  }

  /** Resolves when so many events as described have been seen. */
  async seen(count: () => number, wanted: number): Promise<void> {
    while (count() < wanted) await new Promise<void>((resolve) => (this.wake = resolve));
  }

  private watch(name: string, event: Doc): void {
    if (name === 'connectionCheckedOut') this.checkedOut += 1;
    if (name === 'connectionCheckedIn') this.checkedOut -= 1;
    if (name === 'commandFailed') this.noteRefusal(event['failure'] as { code?: unknown; message?: string });
    if (name !== 'commandSucceeded') return;
    const reply = event['reply'] as Doc | undefined;
    for (const error of (reply?.['writeErrors'] ?? []) as { code: number; errmsg: string }[])
      this.noteRefusal({ code: error.code, message: error.errmsg });
  }

  private noteRefusal(failure: { code?: unknown; message?: string }): void {
    const reason = refusalOf(failure);
    if (reason !== undefined) this.refusals.push(reason);
  }
}

function isSensitive(event: Doc): boolean {
  const name = event['commandName'] as string;
  const content = (event['command'] ?? event['reply']) as Doc | undefined;
  const isHello = ['hello', 'isMaster', 'ismaster'].includes(name);
  return SENSITIVE.has(name) || (isHello && content !== undefined && Object.keys(content).length === 0);
}

/**
 * What the store said when an error is its refusal of something it does not support: NotImplemented, a command it does not
 * know. An error that a fail point made is none.
 */
export function refusalOf(error: unknown): string | undefined {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (message.includes('failpoint')) return undefined;
  return code === 238 || code === 59 ? message : undefined;
}
