import { randomBytes } from 'node:crypto';
import os from 'node:os';

const LAST_RESORT = '127.0.0.1';

/** Where the host address came from, in the order in which it is looked for. */
export type HostSource = 'setting' | 'interface' | 'hostname' | 'fallback';

/**
 * Who this process is, for logs, metrics and health. Made once at start, before the first log line, and injected:
 * asking the operating system again and again for addresses costs a socket each time and has exhausted descriptors.
 */
export class HostIdentity {
  private constructor(
    /** New at each start, so that two lives of one host can be told apart. */
    readonly node: string,
    /** An address or a host name. */
    readonly host: string,
    readonly source: HostSource,
  ) {}

  /**
   * @param setting the operator's word, already validated
   * @param system what is asked, once; a failing question only leads to the next one
   */
  static resolve(
    setting: string | undefined,
    system: Pick<typeof os, 'networkInterfaces' | 'hostname'> = os,
  ): HostIdentity {
    const candidates: [HostSource, () => string | undefined][] = [
      ['setting', () => setting],
      ['interface', () => firstExternalIPv4(system.networkInterfaces())],
      ['hostname', () => system.hostname()],
    ];
    const node = randomBytes(5).toString('hex');
    for (const [source, ask] of candidates) {
      const host = attempt(ask);
      if (host) return new HostIdentity(node, host, source);
    }
    return new HostIdentity(node, LAST_RESORT, 'fallback');
  }
}

function firstExternalIPv4(interfaces: NodeJS.Dict<os.NetworkInterfaceInfo[]>): string | undefined {
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}

function attempt(ask: () => string | undefined): string | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
