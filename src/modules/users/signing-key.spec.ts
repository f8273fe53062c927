import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSigningKey } from './signing-key.js';

describe('loadSigningKey', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nestim-key-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('makes a key once, for its owner only, and leaves nothing else behind', () => {
    const dataDir = join(folder, 'new', 'data');
    const key = loadSigningKey({ tokenKey: undefined, dataDir });
    expect(key.length).toBeGreaterThanOrEqual(64);
    expect(loadSigningKey({ tokenKey: undefined, dataDir })).toBe(key);
    expect(statSync(join(dataDir, 'token.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['token.key']);
    expect(readFileSync(join(dataDir, 'token.key'), 'utf8').trim()).toBe(key);
  });

  it('prefers the configured key and then touches no folder', () => {
    const dataDir = join(folder, 'absent');
    expect(loadSigningKey({ tokenKey: 'k'.repeat(32), dataDir })).toBe('k'.repeat(32));
    expect(readdirSync(folder)).not.toContain('absent');
  });

  it('does not start with an emptied file or one it may not read', () => {
    writeFileSync(join(folder, 'token.key'), '\n');
    expect(() => loadSigningKey({ tokenKey: undefined, dataDir: folder })).toThrow('token.key must hold');
    if (process.getuid?.() === 0) return;
    chmodSync(join(folder, 'token.key'), 0);
    expect(() => loadSigningKey({ tokenKey: undefined, dataDir: folder })).toThrow('EACCES');
  });
});
