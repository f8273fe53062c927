import { clientFrame, FrameReader, OPCODE } from './frame-reader.js';

/** A server's frame is a client's without the mask. */
function serverFrame(payload: string): Buffer {
  const frame = clientFrame(OPCODE.text, payload);
  const header = frame.length - Buffer.byteLength(payload) - 4;
  frame[1]! &= 0x7f;
  return Buffer.concat([frame.subarray(0, header), frame.subarray(header + 4)]);
}

const short = ['', 'x', 'é'.repeat(62), 'y'.repeat(125), 'z'.repeat(126), 'end'];
const long = [...short, 'ü'.repeat(40_000), 'after it'];

describe('FrameReader', () => {
  it.each([
    [1, short],
    [2, short],
    [7, short],
    [1000, long],
    [65_537, long],
    [200_000, long],
  ])('finds every frame in reads of %i bytes into one buffer', (size, payloads) => {
    const seen: string[] = [];
    const reader = new FrameReader((_, bytes, start, end) => seen.push(bytes.toString('utf8', start, end)));
    const stream = Buffer.concat(payloads.map(serverFrame));
    const reused = Buffer.alloc(size);
    for (let at = 0; at < stream.length; at += size) {
      reader.push(reused.subarray(0, stream.copy(reused, 0, at, at + size)));
    }
    expect(seen).toEqual(payloads);
  });

  it('refuses masked and fragmented frames', () => {
    expect(() => new FrameReader(() => {}).push(clientFrame(OPCODE.text, 'masked'))).toThrow('masked');
    const fragment = serverFrame('part');
    fragment[0]! &= 0x7f;
    expect(() => new FrameReader(() => {}).push(fragment)).toThrow('fragmented');
  });
});
