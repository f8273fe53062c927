import os from 'node:os';
import { jest } from '@jest/globals';
import { Logger as NestFrontDoor } from '@nestjs/common';
import { HostIdentity } from '../host-identity/host-identity.js';
import { createLogger } from './logger.js';
import { NestLogger } from './nest-logger.js';

const identity = HostIdentity.resolve('10.0.0.1');

function collecting(settings: { logHost?: boolean; logLevel?: 'info' | 'debug' } = {}) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  const logger = createLogger({ logLevel: 'info', logHost: true, ...settings }, identity, { write });
  return { logger, lines };
}

describe('log', () => {
  it('R35: every line carries the host and the node, the first one too', () => {
    const { logger, lines } = collecting();
    logger.info('first');
    expect(lines[0]).toMatchObject({ level: 'info', host: '10.0.0.1', node: identity.node, msg: 'first' });
  });

  it('R34: host logging can be switched off', () => {
    const { logger, lines } = collecting({ logHost: false });
    logger.info('first');
    expect(lines[0]).not.toHaveProperty('host');
    expect(JSON.stringify(lines[0])).not.toContain('10.0.0.1');
  });

  it('R30, R37: asks for the interfaces once, whatever the number of lines', () => {
    const asked = jest.spyOn(os, 'networkInterfaces');
    const here = HostIdentity.resolve(undefined);
    let written = 0;
    const logger = createLogger({ logLevel: 'info', logHost: true }, here, { write: () => written++ });
    for (let line = 0; line < 1_000_000; line++) logger.info({ line }, 'a line');
    expect(written).toBe(1_000_000);
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
  });

  it('keeps secrets and documents out', () => {
    const { logger, lines } = collecting();
    const err = Object.assign(new Error('write failed'), {
      code: 11000,
      documents: [{ content: 'private' }],
    });
    logger.error(
      { err, authorization: 'Bearer x', headers: { authorization: 'Bearer x' }, token: 'x' },
      'failed',
    );
    expect(lines[0]).toMatchObject({ err: { message: 'write failed', code: 11000, type: 'Error' } });
    expect(JSON.stringify(lines[0])).not.toMatch(/Bearer|private/);
  });
});

describe('log through Nest', () => {
  const { logger, lines } = collecting();
  const front = new NestFrontDoor('Thing');
  beforeAll(() => NestFrontDoor.overrideLogger(new NestLogger(logger)));
  beforeEach(() => lines.splice(0));

  it('carries text, fields, errors and stacks', () => {
    front.log('plain');
    front.warn({ userId: 'u1' }, 'with fields');
    front.error(new Error('thrown'));
    front.error('with a stack', 'the stack');
    expect(lines).toMatchObject([
      { level: 'info', context: 'Thing', msg: 'plain' },
      { level: 'warn', context: 'Thing', msg: 'with fields', userId: 'u1' },
      { level: 'error', context: 'Thing', msg: 'thrown', err: { message: 'thrown' } },
      { level: 'error', context: 'Thing', msg: 'with a stack', detail: 'the stack' },
    ]);
  });

  it('stays below the level silent', () => {
    front.debug('not now');
    expect(lines).toEqual([]);
  });
});
