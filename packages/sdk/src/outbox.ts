import type { Message } from '@nestim/protocol';
import type { Courier } from './courier.js';
import { clientError, NestimError } from './errors.js';
import type { Environment } from './environment.js';
import { Gate } from './gate.js';
import type { OutboxShelf, ShelvedMessage } from './outbox-shelf.js';
import { conversationIdOf, type MessageInput, type OutgoingMessage, toOutgoing } from './outgoing.js';

/** Conversations sent to at once; the server lets one socket have 1,024 sends under way. */
const LANES = 128;

/** A message of mine on its way. */
export interface PendingMessage {
  readonly clientMsgId: string;
  /** Absent until it is known who sends it. */
  readonly conversationId?: string;
  /** What is being sent, as it was given. */
  readonly outgoing: OutgoingMessage;
  /** `sent` and `failed` are told once, by the `outbox` event; a pending one stays until then. */
  readonly state: 'pending' | 'sent' | 'failed';
  /** Epoch milliseconds. */
  readonly queuedAt: number;
  /** With `sent`: the stored message. */
  readonly message?: Message;
  /** With `failed`: why it will never be sent. */
  readonly error?: NestimError;
}

interface Answer {
  readonly promise: Promise<Message>;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: NestimError) => void;
}

interface Entry {
  readonly outgoing: OutgoingMessage;
  readonly queuedAt: number;
  /** Resolves when it is kept where it outlives the page. */
  kept: Promise<void>;
  answer: Answer;
}

interface Lane {
  readonly entries: Entry[];
  busy: boolean;
}

export interface OutboxHooks {
  /** A message was stored. */
  sent: (message: Message) => void;
  changed: (pending: PendingMessage) => void;
  warn: (error: NestimError) => void;
}

/**
 * Messages on their way out. One of each conversation at a time, so that they are stored in the order in which they
 * were given; each is repeated under its id until the server has answered for good.
 */
export class Outbox {
  private identified = false;
  private me?: string;
  private shelf?: OutboxShelf;
  /** Given before it was known who sends. */
  private early: Entry[] = [];
  private readonly byId = new Map<string, Entry>();
  private readonly lanes = new Map<string, Lane>();
  private readonly gate = new Gate(LANES);

  constructor(
    private readonly courier: Courier,
    private readonly environment: Environment,
    private readonly hooks: OutboxHooks,
  ) {}

  /** Resolves with the stored message. @throws NestimError that is final, or the one that closed the client */
  send(input: MessageInput): Promise<Message> {
    const outgoing = toOutgoing(input);
    const same = this.byId.get(outgoing.clientMsgId);
    if (same) {
      if (JSON.stringify(same.outgoing) === JSON.stringify(outgoing)) return same.answer.promise;
      const message = 'This clientMsgId is on its way with something else.';
      return Promise.reject(new NestimError('IDEMPOTENCY_CONFLICT', message, false));
    }
    const entry = newEntry({ message: outgoing, queuedAt: this.environment.now() }, newAnswer());
    this.queue(entry);
    return entry.answer.promise;
  }

  /** Tells who sends: what an earlier page left for this user comes first. */
  async identify(me: string, shelf: OutboxShelf | undefined): Promise<void> {
    if (this.identified) return;
    this.identified = true;
    this.shelf = shelf;
    const left = await this.restore(shelf);
    this.me = me;
    for (const shelved of left) {
      if (this.byId.has(shelved.message.clientMsgId)) continue;
      this.queue(newEntry(shelved, unheard()), false);
    }
    for (const entry of this.early.splice(0)) this.enter(entry, me, true);
  }

  /** In the order in which they were given. */
  list(): PendingMessage[] {
    const entries = [...this.byId.values()].sort((a, b) => a.queuedAt - b.queuedAt);
    return entries.map((entry) => this.describe(entry, 'pending'));
  }

  awaitsAck(conversationId: string): boolean {
    return this.lanes.has(conversationId);
  }

  /** The client closed: who waits is told so; the messages stay, to be sent after another `connect()`. */
  close(error: NestimError): void {
    for (const entry of this.byId.values()) {
      const { promise, reject } = entry.answer;
      promise.catch(() => undefined);
      reject(error);
      entry.answer = unheard();
    }
  }

  resume(): void {
    for (const [conversationId, lane] of this.lanes) void this.drain(conversationId, lane);
  }

  private async restore(shelf: OutboxShelf | undefined): Promise<ShelvedMessage[]> {
    try {
      return (await shelf?.load()) ?? [];
    } catch (cause) {
      this.hooks.warn(clientError('STORAGE_FAILED', cause));
      return [];
    }
  }

  private queue(entry: Entry, isNew = true): void {
    this.byId.set(entry.outgoing.clientMsgId, entry);
    if (this.me === undefined) this.early.push(entry);
    else this.enter(entry, this.me, isNew);
    this.hooks.changed(this.describe(entry, 'pending'));
  }

  private enter(entry: Entry, me: string, isNew: boolean): void {
    if (isNew) entry.kept = this.keep(entry);
    const conversationId = conversationIdOf(entry.outgoing, me);
    const lane = this.lanes.get(conversationId) ?? { entries: [], busy: false };
    this.lanes.set(conversationId, lane);
    lane.entries.push(entry);
    void this.drain(conversationId, lane);
  }

  private async drain(conversationId: string, lane: Lane): Promise<void> {
    if (lane.busy) return;
    lane.busy = true;
    for (let entry; (entry = lane.entries[0]) && !this.courier.closed;) {
      const done = await this.deliver(entry);
      if (done) lane.entries.shift();
    }
    lane.busy = false;
    if (lane.entries.length === 0) this.lanes.delete(conversationId);
  }

  /** @returns false when the client was closed before there was an answer */
  private async deliver(entry: Entry): Promise<boolean> {
    await entry.kept;
    const { outgoing } = entry;
    try {
      const { message } = await this.gate.run(() => this.courier.ask('message:send', outgoing));
      this.finish(entry);
      this.hooks.sent(message);
      this.hooks.changed(this.describe(entry, 'sent', { message }));
      entry.answer.resolve(message);
    } catch (thrown) {
      if (this.courier.closed) return false;
      const error = thrown as NestimError;
      this.finish(entry);
      this.hooks.changed(this.describe(entry, 'failed', { error }));
      entry.answer.reject(error);
    }
    return true;
  }

  private finish({ outgoing }: Entry): void {
    this.byId.delete(outgoing.clientMsgId);
    this.shelf
      ?.remove(outgoing)
      .catch((cause: unknown) => this.hooks.warn(clientError('STORAGE_FAILED', cause)));
  }

  private async keep({ outgoing, queuedAt }: Entry): Promise<void> {
    try {
      await this.shelf?.add({ message: outgoing, queuedAt });
    } catch (cause) {
      this.hooks.warn(clientError('STORAGE_FAILED', cause));
    }
  }

  private describe(
    { outgoing, queuedAt }: Entry,
    state: PendingMessage['state'],
    end: Pick<PendingMessage, 'message' | 'error'> = {},
  ): PendingMessage {
    const { clientMsgId } = outgoing;
    const conversationId =
      this.me === undefined ? outgoing.conversationId : conversationIdOf(outgoing, this.me);
    return {
      clientMsgId,
      ...(conversationId !== undefined && { conversationId }),
      outgoing,
      state,
      queuedAt,
      ...end,
    };
  }
}

const newEntry = ({ message, queuedAt }: ShelvedMessage, answer: Answer): Entry => ({
  outgoing: message,
  queuedAt,
  kept: Promise.resolve(),
  answer,
});

function newAnswer(): Answer {
  let settle!: Omit<Answer, 'promise'>;
  const promise = new Promise<Message>((resolve, reject) => (settle = { resolve, reject }));
  return { promise, ...settle };
}

/** An answer that nobody may wait for: its rejection is no error of the program. */
function unheard(): Answer {
  const answer = newAnswer();
  answer.promise.catch(() => undefined);
  return answer;
}
