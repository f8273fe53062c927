import { z } from 'zod';

/** One kind of damage that the last check found. `sampleIds` only with the admin token. */
export const ConsistencyFinding = z.object({
  kind: z.string(),
  count: z.int(),
  sampleIds: z.array(z.string()).optional(),
});
/** `ok` only when the scan was complete and found nothing. Times are epoch milliseconds. */
export const ConsistencyReport = z.object({
  status: z.enum(['ok', 'findings', 'incomplete', 'never-run']),
  complete: z.boolean(),
  checkedAt: z.int().nullable(),
  durationMs: z.int(),
  scanned: z.int(),
  findings: z.array(ConsistencyFinding),
});
export type ConsistencyFinding = z.infer<typeof ConsistencyFinding>;
export type ConsistencyReport = z.infer<typeof ConsistencyReport>;

/** `/health/live`: the process answers. `node` is new at each start. */
export const Liveness = z.object({
  status: z.literal('ok'),
  node: z.string(),
  host: z.string(),
  version: z.string(),
  uptimeSeconds: z.int(),
});
/** One part that serving depends on; `problem` tells why it is not ok, `ms` how long its round trip took. */
export const ReadinessPart = z.object({
  ok: z.boolean(),
  kind: z.string().optional(),
  ms: z.int().optional(),
  problem: z.string().optional(),
});
/** `/health/ready`: 200 with `ready`, 503 with anything else. */
export const Readiness = z.object({
  status: z.enum(['ready', 'not-ready', 'stopping']),
  parts: z.record(z.string(), ReadinessPart),
});
export type Liveness = z.infer<typeof Liveness>;
export type ReadinessPart = z.infer<typeof ReadinessPart>;
export type Readiness = z.infer<typeof Readiness>;
