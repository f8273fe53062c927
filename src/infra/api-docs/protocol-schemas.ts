import * as protocol from '@nestim/protocol';
import { z } from 'zod';

export type JsonSchema = Record<string, unknown>;

/** Every schema that the protocol exports, by its name there. */
const named = z.registry<{ id: string }>();
for (const [id, value] of Object.entries(protocol)) {
  if (value instanceof z.ZodType) named.add(value, { ...value.meta(), id });
}

/**
 * JSON Schemas (draft 7) of `parts`, as they go over the wire.
 * @returns `parts`, which refer to `components` by `#/components/schemas/<name in the protocol>`
 */
export function jsonSchemas(parts: Record<string, z.ZodType>): {
  parts: Record<string, JsonSchema>;
  components: Record<string, JsonSchema>;
} {
  const schema = z.toJSONSchema(z.object(parts), { metadata: named, io: 'input', target: 'draft-7' });
  const text = JSON.stringify(schema).replaceAll('#/definitions/', '#/components/schemas/');
  const { properties, definitions } = JSON.parse(text) as Record<string, Record<string, JsonSchema>>;
  return { parts: properties!, components: definitions! };
}
