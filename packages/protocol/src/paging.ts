import { z } from 'zod';

/** Whole numbers arrive as text in a query string. */
export const queryInt = z.codec(z.string().regex(/^\d{1,15}$/, 'must be a whole number'), z.int(), {
  decode: (value) => Number(value),
  encode: (value) => String(value),
});

/** Opaque to clients: give back what `nextCursor` said. */
export const Cursor = z.string().min(1).max(512);
export const PageLimit = z.int().min(1).max(200);

export const PageQuery = z.strictObject({
  cursor: Cursor.optional(),
  limit: queryInt.pipe(PageLimit).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;
