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

function textOf(data: unknown): string {
  const [first] = Array.isArray(data) ? (data as unknown[]) : [];
  return first instanceof RawJson ? `[${first.text}]` : JSON.stringify(data);
}

/** For socket.io's `parser`. */
export const jsonParser = { Encoder: JsonEncoder, Decoder };
