import { MAX_CUSTOM, type Message } from '@nestim/protocol';
import type { MessageDraft } from './message.rules.js';

/** A stored message; `fresh` is false when an earlier send of the same id stored it and its receivers were told. */
export class Appended {
  /** The message as JSON: encoded once for the ack, the pushes and those who read it soon. */
  readonly text: string;

  constructor(
    readonly message: Message,
    readonly fresh: boolean,
  ) {
    this.text = JSON.stringify(message);
  }
}

/** A message that waits for its number; `resolve(null)` means: members changed, check again. */
export interface WaitingSend {
  readonly draft: MessageDraft;
  readonly membership: number;
  resolve(outcome: Appended | null): void;
  reject(error: unknown): void;
}

/** Work that wants the conversation for itself, between two messages. */
export interface Turn {
  /** True voids every check that was made before it. */
  readonly changesMembers: boolean;
  /** Gives its own outcome to who waits for it; never rejects. */
  work(head: number): Promise<void>;
  reject(error: unknown): void;
}

/** The write order of one conversation. While `busy`, its next number is being used or its head is being read. */
export class Lane {
  /** seq of the newest stored message; null when it must be read from the index. */
  head: number | null = null;
  busy = false;
  private readonly waiting: (WaitingSend | Turn)[] = [];

  /** @param membership changes whenever members join or leave; a check made under another value is void */
  constructor(
    readonly conversationId: string,
    public membership: number,
  ) {}

  get idle(): boolean {
    return !this.busy && this.waiting.length === 0;
  }

  enqueue(item: WaitingSend | Turn): void {
    this.waiting.push(item);
  }

  takeTurn(): Turn | null {
    const front = this.waiting[0];
    if (!front || !('work' in front)) return null;
    this.waiting.shift();
    return front;
  }

  /**
   * Takes waiting sends up to the next turn or the end of the room. Voids those whose check is out of date, and
   * with them all that the same sender sent after them, so that his order stays.
   */
  takeSends(room: { count: number; weight: number }): WaitingSend[] {
    const taken: WaitingSend[] = [];
    const voided = new Set<string>();
    let passed = 0;
    for (const item of this.waiting) {
      if ('work' in item || room.count <= 0 || room.weight <= 0) break;
      passed += 1;
      if (item.membership !== this.membership || voided.has(item.draft.senderId)) {
        voided.add(item.draft.senderId);
        item.resolve(null);
        continue;
      }
      taken.push(item);
      room.count -= 1;
      room.weight -= weightOf(item.draft);
    }
    this.waiting.splice(0, passed);
    if (voided.size > 0) {
      for (const send of this.drop(({ draft }) => voided.has(draft.senderId))) send.resolve(null);
    }
    return taken;
  }

  rejectSends(error: unknown): void {
    for (const send of this.drop(() => true)) send.reject(error);
  }

  /** @returns the sends that fit, in order: they wait no more */
  private drop(fits: (send: WaitingSend) => boolean): WaitingSend[] {
    const isDropped = (item: WaitingSend | Turn): item is WaitingSend => !('work' in item) && fits(item);
    const dropped = this.waiting.filter(isDropped);
    const kept = this.waiting.filter((item) => !isDropped(item));
    this.waiting.splice(0, this.waiting.length, ...kept);
    return dropped;
  }
}

const OTHER_FIELDS = 1_024;
const UTF8_BYTES = 3;

/** Bytes in the command, at most: a batch must stay below the 16 MB that one command may have. */
const weightOf = ({ content }: MessageDraft): number =>
  OTHER_FIELDS + UTF8_BYTES * (typeof content.text === 'string' ? content.text.length : MAX_CUSTOM);
