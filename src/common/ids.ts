import { createHash, randomFillSync } from 'node:crypto';

const ALPHABET = '0123456789abcdefghijklmnopqrstuv';

const base32 = (bytes: Uint8Array): string => {
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return out;
};

const RANDOM_BYTES = 10;
/** Asking the system for so few bytes costs more than all else of an id: they are drawn for four hundred at a time. */
const drawn = new Uint8Array(400 * RANDOM_BYTES);
let used = drawn.length;

function random(): Uint8Array {
  if (used === drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  return drawn.subarray(used, (used += RANDOM_BYTES));
}

/** 25 characters of `0-9a-v`: 9 of time (ms), 16 random (80 bits); sorts by time of making. */
export function newId(now = Date.now()): string {
  return now.toString(32).padStart(9, '0') + base32(random());
}

/** The same 25 characters for the same parts, for things that a retry must find again. */
export function derivedId(...parts: string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return base32(digest).slice(0, 25);
}
