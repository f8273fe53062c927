import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
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
export const packetParser = { Encoder: JsonEncoder, Decoder };

/** The packet of an event that wants no answer. */
export const eventPacket = (event: string, payload: unknown): string =>
  `${PacketType.EVENT}${textOf([event, payload])}`;

const ANSWER = String(PacketType.ACK);

export const answerPacket = (id: string, answer: unknown): string => `${ANSWER}${id}${textOf([answer])}`;

export const isAnswer = (packet: string): boolean => packet.startsWith(ANSWER);

/** `2`, a number when an answer is wanted, and the JSON of what was emitted. */
const EVENT = /^2(\d*)(?=\[)/;

export interface EventPacket {
  readonly event: string;
  readonly payload: unknown;
  /** Under which the answer is awaited; empty: it is not. */
  readonly id: string;
}

/** @returns null for all but a plain event of the main namespace: socket.io's own parser knows what to do with that */
export function parseEvent(packet: string): EventPacket | null {
  const found = EVENT.exec(packet);
  if (!found) return null;
  try {
    const [event, payload] = JSON.parse(packet.slice(found[0].length)) as unknown[];
    return typeof event === 'string' ? { event, payload, id: found[1]! } : null;
  } catch {
    return null;
  }
}
