import { Lane } from './writer-lane.js';

const MAX_LANES = 100_000;

/** The lanes of the conversations that were written to lately. An idle one may be forgotten at any time. */
export class WriterLanes {
  private readonly lanes = new Map<string, Lane>();
  private membershipChanges = 0;

  get(conversationId: string): Lane {
    const known = this.lanes.get(conversationId);
    if (known) return known;
    if (this.lanes.size >= MAX_LANES) this.forgetOneIdle();
    const lane = new Lane(conversationId, this.membershipChanges);
    this.lanes.set(conversationId, lane);
    return lane;
  }

  /** Counts over all conversations, so that a lane made anew never repeats a value that a check was made under. */
  membershipOf(conversationId: string): number {
    return this.lanes.get(conversationId)?.membership ?? this.membershipChanges;
  }

  membersChanged(lane: Lane): void {
    this.membershipChanges += 1;
    lane.membership = this.membershipChanges;
  }

  private forgetOneIdle(): void {
    for (const [conversationId, lane] of this.lanes) {
      if (!lane.idle) continue;
      this.lanes.delete(conversationId);
      return;
    }
  }
}
