/** Times in milliseconds, kept as counts of hundredths; good for what a table prints. */
export class Latencies {
  private readonly counts = new Map<number, number>();
  private total = 0;

  add(ms: number): void {
    const bucket = Math.round(ms * 100);
    this.counts.set(bucket, (this.counts.get(bucket) ?? 0) + 1);
    this.total += 1;
  }

  get count(): number {
    return this.total;
  }

  /** The time that the given share of all stayed within; 0 when there are none. */
  quantile(share: number): number {
    let seen = 0;
    for (const bucket of [...this.counts.keys()].sort((a, b) => a - b)) {
      seen += this.counts.get(bucket)!;
      if (seen >= this.total * share) return bucket / 100;
    }
    return 0;
  }
}
