import { crc32 } from 'node:zlib';
import { DamagedData } from '../storage/damage.js';

/** Record ids, which index entries hold, carry no checksum: they are checked against the records. */
const RECORD_ID = 6;
const SIZE = 4;

/** The value as it is stored under that key: with a checksum over both, unless it is a record id. No value has 2 bytes. */
export function seal(key: Buffer, value: Buffer): Buffer {
  if (value.length === RECORD_ID) return value;
  const sealed = Buffer.allocUnsafe(value.length + SIZE);
  value.copy(sealed);
  sealed.writeUInt32LE(crc32(value, seed(key)), value.length);
  return sealed;
}

/** The value that was stored under that key as the first `length` bytes. Throws if they are not what was stored. */
export function unseal(key: Buffer, stored: Buffer, length: number): Buffer {
  if (length === RECORD_ID) return stored.length === length ? stored : stored.subarray(0, length);
  const end = length - SIZE;
  const value = stored.subarray(0, end);
  const expected =
    stored[end]! + stored[end + 1]! * 0x100 + stored[end + 2]! * 0x10000 + stored[end + 3]! * 0x1000000;
  if (crc32(value, seed(key)) !== expected)
    throw new DamagedData(`the value under the key ${key.toString('hex')} is not what was written`);
  return value;
}

/** Of the key, its prefix and its end count (of a record: its collection and its id): cheaper than all of it. */
function seed(key: Buffer): number {
  const at = key.length - 4;
  return (
    (((key[0]! ^ key[at]!) << 24) |
      ((key[1]! ^ key[at + 1]!) << 16) |
      ((key[2]! ^ key[at + 2]!) << 8) |
      (key[3]! ^ key[at + 3]!)) >>>
    0
  );
}
