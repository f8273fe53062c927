import { Decoder, Encoder, type Packet } from 'socket.io-parser';
import { RawJson } from '../common/raw-json.js';

/**
 * Packets of this server are text: nothing in them is binary, so nothing is searched for it. What was encoded before goes in
 * as it is.
 */
class JsonEncoder extends Encoder {
  override encode({ type, nsp, id, data }: Packet): string[] {
    const namespace = nsp === '/' ? '' : `${nsp},`;
    return [`${type}${namespace}${id ?? ''}${data === undefined ? '' : textOf(data)}`];
  }
}

/** What was encoded before is an event's only argument, or all of an answer. */
function textOf(data: unknown): string {
  const last: unknown = Array.isArray(data) ? data.at(-1) : undefined;
  if (!(last instanceof RawJson)) return JSON.stringify(data);
  const [event] = data as unknown[];
  return event === last ? `[${last.text}]` : `[${JSON.stringify(event)},${last.text}]`;
}

/** For socket.io's `parser`. */
export const jsonParser = { Encoder: JsonEncoder, Decoder };
