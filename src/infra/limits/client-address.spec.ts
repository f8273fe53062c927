import type { IncomingMessage } from 'node:http';
import { loadConfig } from '../../config/load-config.js';
import { ClientAddress, networkOf } from './client-address.js';

const seen = (proxies: string, remoteAddress: string, forwarded?: string, factor = ''): string | null => {
  const { config } = loadConfig({ NESTIM_TRUSTED_PROXIES: proxies, NESTIM_RATE_LIMIT_FACTOR: factor });
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return new ClientAddress(config).of({ socket: { remoteAddress }, headers } as IncomingMessage);
};

it.each([
  ['nobody is believed unless told', '', '10.0.0.1', '1.2.3.4', '10.0.0.1'],
  ['a trusted proxy is', '10.0.0.1', '10.0.0.1', '1.2.3.4', '1.2.3.4'],
  ['another machine is not', '10.0.0.1', '10.0.0.2', '1.2.3.4', '10.0.0.2'],
  ['not what a client invents on the left', '10.0.0.1', '10.0.0.1', '9.9.9.9, 1.2.3.4', '1.2.3.4'],
  ['through a chain of trusted ones', '10.0.0.0/8, ::1', '::1', '9.9.9.9, 1.2.3.4,10.0.0.7', '1.2.3.4'],
  ['a client inside the trusted net', '10.0.0.0/8', '10.0.0.1', '10.0.0.7', '10.0.0.7'],
  ['a mapped proxy and client', '10.0.0.1', '::ffff:10.0.0.1', '::ffff:1.2.3.4', '1.2.3.4'],
  ['a proxy that says nothing', '10.0.0.1', '10.0.0.1', undefined, '10.0.0.1'],
  ['a proxy that says nonsense', '10.0.0.1', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['a proxy that says nothing much', '10.0.0.1', '10.0.0.1', '', '10.0.0.1'],
  ['an IPv6 client', 'fd00::/8', 'fd00::1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
])('%s', (_, proxies, remote, forwarded, expected) => {
  expect(seen(proxies, remote, forwarded)).toBe(expected);
});

it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1'])(
  'who comes straight from this machine, %s, is nobody, unless a factor is set',
  (address) => {
    expect(seen('', address)).toBeNull();
    expect(seen(address, address)).toBeNull();
    expect(seen('', address, '1.2.3.4')).toBe(networkOf(address));
    expect(seen('', address, undefined, '1')).toBe(networkOf(address));
  },
);

it.each([
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:0DB8::1', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['::1:2:3:4:5:6:7', '0:1:2:3'],
  ['1:2:3:4:5:6:7::', '1:2:3:4'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['', ''],
])('the network of %j is %j', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

it.each(['10.0.0.0/33', '10.0.0.1/', 'proxy', '10.0.0.1,', '::1/129', '10.0.0.1/8/8'])(
  'refuses the proxies %j',
  (proxies) => {
    expect(() => loadConfig({ NESTIM_TRUSTED_PROXIES: proxies })).toThrow(
      'NESTIM_TRUSTED_PROXIES must be addresses',
    );
  },
);
