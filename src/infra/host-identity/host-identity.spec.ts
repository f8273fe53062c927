import type { NetworkInterfaceInfo } from 'node:os';
import { HostIdentity } from './host-identity.js';

const address = (family: 'IPv4' | 'IPv6', value: string, internal = false): NetworkInterfaceInfo =>
  ({ family, address: value, internal }) as NetworkInterfaceInfo;

const system = (interfaces: NodeJS.Dict<NetworkInterfaceInfo[]>, hostname = 'box') => ({
  networkInterfaces: () => interfaces,
  hostname: () => hostname,
});

const fail = (): never => {
  throw new Error('EMFILE');
};

describe('host identity', () => {
  it('R31: takes the setting and asks nobody then', () => {
    const identity = HostIdentity.resolve('10.0.0.1', { networkInterfaces: fail, hostname: fail });
    expect(identity).toMatchObject({ host: '10.0.0.1', source: 'setting' });
  });

  it('R32: skips loopback and IPv6', () => {
    const interfaces = {
      lo: [address('IPv4', '127.0.0.1', true)],
      eth0: [address('IPv6', 'fe80::1'), address('IPv4', '192.168.1.5')],
    };
    expect(HostIdentity.resolve(undefined, system(interfaces))).toMatchObject({
      host: '192.168.1.5',
      source: 'interface',
    });
  });

  it('R32: an IPv6-only host falls back to its name', () => {
    const interfaces = { eth0: [address('IPv6', 'fe80::1')], gone: undefined };
    expect(HostIdentity.resolve(undefined, system(interfaces))).toMatchObject({
      host: 'box',
      source: 'hostname',
    });
  });

  it('R33: an error while looking leads to the next fallback', () => {
    const half = { networkInterfaces: fail, hostname: () => 'box' };
    expect(HostIdentity.resolve(undefined, half)).toMatchObject({ host: 'box', source: 'hostname' });
    const none = { networkInterfaces: fail, hostname: fail };
    expect(HostIdentity.resolve(undefined, none)).toMatchObject({ host: '127.0.0.1', source: 'fallback' });
    expect(HostIdentity.resolve(undefined, system({}, ''))).toMatchObject({ source: 'fallback' });
  });

  it('tells two lives of one host apart', () => {
    expect(HostIdentity.resolve('10.0.0.1').node).not.toBe(HostIdentity.resolve('10.0.0.1').node);
  });
});
