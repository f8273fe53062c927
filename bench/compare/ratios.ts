/** Of a server under one workload. */
export interface Speed {
  /** Operations. */
  perSecond: number;
  /** CPU seconds of the server for 1,000 operations. */
  cpuPer1000: number;
}

/** A speed as parts of the echo's: what may be compared across machines. */
export type Ratios = Speed;

/** By workload. */
export type Recorded = Record<string, Ratios>;

export interface Change {
  workload: string;
  /** In per cent of the recorded ratio; above 0 is faster. */
  perSecond: number;
  /** In per cent of the recorded ratio; above 0 is dearer. */
  cpuPer1000: number;
  worse: boolean;
}

export const ratiosOf = (speed: Speed, echo: Speed): Ratios => ({
  perSecond: Number((speed.perSecond / echo.perSecond).toPrecision(3)),
  cpuPer1000: Number((speed.cpuPer1000 / echo.cpuPer1000).toPrecision(3)),
});

/**
 * @param tolerance in per cent: slower or dearer by more is worse
 * @throws Error naming a workload that is not recorded
 */
export function compare(now: Recorded, recorded: Recorded, tolerance: number): Change[] {
  return Object.entries(now).map(([workload, ratios]) => {
    const before = recorded[workload];
    if (!before) throw new Error(`${workload} is not recorded`);
    const change = (measure: keyof Ratios): number =>
      Math.round((ratios[measure] / before[measure] - 1) * 1000) / 10;
    const [perSecond, cpuPer1000] = [change('perSecond'), change('cpuPer1000')];
    // The time that a machine without /proc cannot tell is no change.
    return { workload, perSecond, cpuPer1000, worse: perSecond < -tolerance || cpuPer1000 > tolerance };
  });
}
