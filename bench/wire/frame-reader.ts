/** Takes one frame's payload: `bytes[start, end)`, valid only during the call. */
export type FrameSink = (opcode: number, bytes: Buffer, start: number, end: number) => void;

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/**
 * Cuts a server's websocket frames out of what a socket reads, without copying the whole ones. Only what servers
 * send to a client that negotiated no extension: unmasked, unfragmented. Anything else throws.
 */
export class FrameReader {
  /** The begin of a frame whose end has not come. */
  private rest: Buffer | null = null;

  constructor(private readonly sink: FrameSink) {}

  /** @param chunk may be reused by the caller afterwards */
  push(chunk: Buffer): void {
    const bytes = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    const end = this.readWhole(bytes);
    this.rest = end === bytes.length ? null : Buffer.from(bytes.subarray(end));
  }

  /** Gives all whole frames to the sink and answers where the unfinished one begins. */
  private readWhole(bytes: Buffer): number {
    let at = 0;
    while (at + 2 <= bytes.length) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      if ((first & 0xf0) !== 0x80 || second > 127) throw new Error('fragmented, extended or masked frame');
      let start = at + 2;
      let length = second;
      if (length === 126) {
        if (start + 2 > bytes.length) return at;
        length = bytes.readUInt16BE(start);
        start += 2;
      } else if (length === 127) {
        if (start + 8 > bytes.length) return at;
        length = Number(bytes.readBigUInt64BE(start));
        start += 8;
      }
      if (start + length > bytes.length) return at;
      this.sink(first & 0x0f, bytes, start, start + length);
      at = start + length;
    }
    return at;
  }
}

/** A client's frame. The mask that clients must give is zero: it hides nothing, and costs nothing. */
export function clientFrame(opcode: number, payload: string): Buffer {
  const length = Buffer.byteLength(payload);
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(6 + extra + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.write(payload, 6 + extra);
  return frame;
}
