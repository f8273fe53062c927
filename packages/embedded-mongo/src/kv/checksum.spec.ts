import { DamagedData } from '../storage/damage.js';
import { seal, unseal } from './checksum.js';

describe('a sealed value', () => {
  const key = Buffer.from('0000000500000000002a', 'hex');
  const value = Buffer.from('a document of some length');

  it('opens to what was sealed, also in a longer buffer', () => {
    const sealed = seal(key, value);
    expect(unseal(key, sealed, sealed.length)).toEqual(value);
    expect(unseal(key, Buffer.concat([sealed, sealed]), sealed.length)).toEqual(value);
  });

  it('is refused with any bit changed, cut, or under another key', () => {
    const sealed = seal(key, value);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => unseal(key, changed, changed.length)).toThrow(DamagedData);
    }
    for (let length = 7; length < sealed.length; length++)
      expect(() => unseal(key, sealed, length)).toThrow(DamagedData);
    expect(() => unseal(Buffer.concat([Buffer.from([1]), key]), sealed, sealed.length)).toThrow(DamagedData);
  });

  it('is as it was if it is a record id', () => {
    expect(seal(key, Buffer.alloc(6, 1))).toEqual(Buffer.alloc(6, 1));
    expect(unseal(key, Buffer.alloc(6, 1), 6)).toEqual(Buffer.alloc(6, 1));
  });
});
