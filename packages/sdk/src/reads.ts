import type { ReadResult } from '@nestim/protocol';
import type { Courier } from './courier.js';
import type { Store } from './store.js';

interface Reading {
  readonly seq: number;
  readonly result: Promise<ReadResult>;
}

/** My read positions on their way: of each conversation one under way and the furthest one after it. */
export class Reads {
  private readonly underWay = new Map<string, Reading>();
  private readonly next = new Map<string, Reading>();

  constructor(
    private readonly courier: Courier,
    private readonly store: Store,
  ) {}

  /** @throws NestimError that is final, or the one that closed the client */
  read(conversationId: string, seq: number): Promise<ReadResult> {
    const current = this.underWay.get(conversationId);
    if (!current) return this.begin(conversationId, seq);
    if (seq <= current.seq) return current.result;
    const waiting = this.next.get(conversationId);
    if (waiting) {
      if (seq > waiting.seq) this.next.set(conversationId, { seq, result: waiting.result });
      return waiting.result;
    }
    const afterwards = (): Promise<ReadResult> => {
      const furthest = this.next.get(conversationId)?.seq ?? seq;
      this.next.delete(conversationId);
      return this.begin(conversationId, furthest);
    };
    const result = current.result.then(afterwards, afterwards);
    this.next.set(conversationId, { seq, result });
    return result;
  }

  private begin(conversationId: string, seq: number): Promise<ReadResult> {
    const result = this.ask(conversationId, seq).finally(() => {
      if (this.underWay.get(conversationId)?.result === result) this.underWay.delete(conversationId);
    });
    this.underWay.set(conversationId, { seq, result });
    return result;
  }

  private async ask(conversationId: string, seq: number): Promise<ReadResult> {
    const maxSeq = this.store.findConversation(conversationId)?.maxSeq ?? 0;
    const result = await this.courier.ask('message:read', { conversationId, seq });
    this.store.applyRead(conversationId, result, maxSeq);
    return result;
  }
}
