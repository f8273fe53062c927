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
