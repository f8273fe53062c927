import { setTimeout as delay } from 'node:timers/promises';

/** What one query is asked for at most, by weight; the last question may pass it. */
const MAX_WEIGHT = 500;
/** From the start of a query that was shared to the next one's, at least. */
const PACE_MS = 10;

interface Asked<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers questions by common queries. Who asks alone is answered at once; of many, those who ask while a query is
 * under way, or within 10 ms of the start of a shared one, share the next. Every answer is read after it was asked for.
 */
export class SharedQuery<Q, A> {
  private waiting: Asked<Q, A>[] = [];
  private busy = false;

  /**
   * @param answer answers all questions, in their order; when it fails, so do all who asked
   * @param weigh what a question adds to a query, of which 500 make a full one
   */
  constructor(
    private readonly answer: (questions: Q[]) => Promise<A[]>,
    private readonly weigh: (question: Q) => number = () => 1,
  ) {}

  ask(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      if (this.busy) return;
      this.busy = true;
      setImmediate(() => void this.run());
    });
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.takeBatch();
      const paced = batch.length > 1 ? delay(PACE_MS) : undefined;
      await this.answerAll(batch);
      await paced;
    }
    this.busy = false;
  }

  private takeBatch(): Asked<Q, A>[] {
    let weight = 0;
    const full = this.waiting.findIndex(({ question }) => (weight += this.weigh(question)) >= MAX_WEIGHT);
    return this.waiting.splice(0, full < 0 ? Infinity : full + 1);
  }

  private async answerAll(batch: Asked<Q, A>[]): Promise<void> {
    try {
      const answers = await this.answer(batch.map(({ question }) => question));
      batch.forEach(({ resolve }, place) => resolve(answers[place]!));
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
