import { Injectable } from '@nestjs/common';
import type { Message } from '@nestim/protocol';
import { LRUCache } from 'lru-cache';

/** Conversations whose newest messages are held. */
const MAX_CONVERSATIONS = 300;
/** What is held of one conversation: messages, and characters of their content. */
const MAX_MESSAGES = 200;
const MAX_WEIGHT = 200_000;
const OTHER_FIELDS = 512;

/** A message, and its JSON once somebody wanted it. */
interface Held {
  readonly message: Message;
  text?: string;
}

/** Consecutive messages up to the newest one this process knows of. */
interface Run {
  readonly held: Held[];
  weight: number;
  /** The page that was asked for last. */
  page?: { readonly first: number; readonly last: number; readonly text: string };
}

/** Messages with `from <= seq <= to`: the first `limit` of them, or the last when `newest`; ascending either way. */
export interface SeqRange {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  readonly newest: boolean;
}

/**
 * The newest messages of the conversations that are being read, so that the page everybody asks for costs no read of the store.
 * What it answers is what the store would: stored messages do not change, and their numbers have no holes.
 */
@Injectable()
export class RecentMessages {
  private readonly runs = new LRUCache<string, Run>({ max: MAX_CONVERSATIONS });

  /** The whole range as a JSON array, or null when part of it is not held. Each message is encoded once. */
  find(conversationId: string, range: SeqRange): string | null {
    const run = this.runs.get(conversationId);
    if (!run) return null;
    const { from, to, limit, newest } = range;
    const first = newest ? Math.max(from, to - limit + 1) : from;
    const last = newest ? to : Math.min(to, from + limit - 1);
    const start = run.held[0]!.message.seq;
    if (first < start || last >= start + run.held.length) return null;
    if (run.page?.first !== first || run.page.last !== last) {
      const page = run.held.slice(first - start, last - start + 1);
      const texts = page.map((held) => (held.text ??= JSON.stringify(held.message)));
      run.page = { first, last, text: `[${texts.join()}]` };
    }
    return run.page.text;
  }

  /** Holds a page that reached the head when it was read. */
  keep(conversationId: string, page: Message[]): void {
    const [first, last] = [page[0], page.at(-1)];
    if (!first || !last || last.seq - first.seq !== page.length - 1) return;
    const present = this.runs.peek(conversationId);
    if (present) {
      const newer = seqAt(present, -1) - last.seq;
      if (newer > 0 || (newer === 0 && seqAt(present, 0) <= first.seq)) return;
    }
    const held = page.map((message) => ({ message }));
    const run = { held, weight: page.reduce((sum, message) => sum + weightOf(message), 0) };
    trim(run);
    this.runs.set(conversationId, run);
  }

  /** The writer tells each stored message, with its JSON, in order. */
  stored({ message, text }: Required<Held>): void {
    const run = this.runs.peek(message.conversationId);
    if (!run) return;
    if (message.seq !== seqAt(run, -1) + 1) {
      this.runs.delete(message.conversationId);
      return;
    }
    run.held.push({ message, text });
    run.weight += weightOf(message);
    trim(run);
  }
}

function trim(run: Run): void {
  while (run.held.length > 1 && (run.held.length > MAX_MESSAGES || run.weight > MAX_WEIGHT)) {
    run.weight -= weightOf(run.held.shift()!.message);
  }
}

const seqAt = ({ held }: Run, place: number): number => held.at(place)!.message.seq;

const weightOf = ({ content }: Message): number =>
  OTHER_FIELDS + (typeof content.text === 'string' ? content.text.length : JSON.stringify(content).length);
