import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../../config/app-config.js';

const LOOPBACK = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/i;

/** Tells from where a request comes. Only proxies that the operator trusts are believed what they say of it. */
@Injectable()
export class ClientAddress {
  private readonly logger = new Logger(ClientAddress.name);
  private readonly proxies = new BlockList();
  private warned = false;

  constructor(private readonly config: AppConfig) {
    for (const { address, prefix } of config.trustedProxies) {
      this.proxies.addSubnet(address, prefix, familyOf(address));
    }
  }

  /**
   * The nearest address that is not a trusted proxy's, `X-Forwarded-For` read from the right: what stands left of it may
   * be the client's invention. Of IPv6 the first 64 bits, which one customer has for himself.
   * @returns null when it comes straight from this machine and the operator has set no factor: it is not counted then
   */
  of({ socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>): string | null {
    let address = socket.remoteAddress ?? '';
    const header = headers['x-forwarded-for'];
    if (header !== undefined) this.warnOfProxy();
    else if (LOOPBACK.test(address) && !this.config.limitsLocal) return null;
    const forwarded = String(header ?? '').split(',');
    while (this.isProxy(address) && forwarded.length > 0) {
      const next = forwarded.pop()!.trim();
      if (isIP(next) === 0) break;
      address = next;
    }
    return networkOf(address);
  }

  private isProxy(address: string): boolean {
    return isIP(address) !== 0 && this.proxies.check(address, familyOf(address));
  }

  /** Behind a proxy that nobody has named, all people would share its limits. */
  private warnOfProxy(): void {
    if (this.warned || this.config.trustedProxies.length > 0 || this.config.rateLimitFactor === 0) return;
    this.warned = true;
    this.logger.warn(
      'a request came through a proxy: name it in NESTIM_TRUSTED_PROXIES, or its clients share one limit',
    );
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** An IPv4 address as it is, also one that is mapped into IPv6; of an IPv6 address its first four groups. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || isIP(address) !== 6) return mapped ?? address;
  const [head, tail] = address.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const zeros = Array<string>(tail ? 8 - head!.length - tail.length : 0).fill('0');
  const groups = [...head!, ...zeros, ...(tail ?? [])].slice(0, 4);
  return groups.map((group) => parseInt(group, 16).toString(16)).join(':');
}
