import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A wire between clients and a server, to be broken in the ways in which wires break. */
export interface Link {
  /** Where clients connect instead of to the server. */
  readonly url: string;
  /** Ends every connection and refuses new ones until {@link mend}. */
  cut(): void;
  mend(): void;
  /** From now on the server's answers are lost on the way, while what clients send still arrives. */
  mute(): void;
  unmute(): void;
  /** From now on nothing of the server is read, until it is let flow again. */
  stall(): void;
  flow(): void;
  readonly muted: boolean;
  /** How often something of the server was lost so. */
  readonly lost: number;
  close(): Promise<void>;
}

/** Starts a wire to the server that listens on this port of loopback. */
export async function startLink(port: number): Promise<Link> {
  const pairs = new Set<[Socket, Socket]>();
  let [down, muted, lost] = [false, false, 0];
  const endAll = (): void => pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
  const listener = createServer((client) => {
    if (down) return void client.destroy();
    const server = connect(port, '127.0.0.1').setNoDelay();
    const pair: [Socket, Socket] = [client.setNoDelay(), server];
    pairs.add(pair);
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (muted) lost += 1;
      else client.write(bytes);
    });
    for (const socket of pair) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        pairs.delete(pair);
        pair.forEach((other) => other.destroy());
      });
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut: () => {
      down = true;
      endAll();
    },
    mend: () => {
      down = false;
    },
    mute: () => {
      muted = true;
    },
    unmute: () => {
      muted = false;
    },
    stall: () => pairs.forEach(([, server]) => server.pause()),
    flow: () => pairs.forEach(([, server]) => server.resume()),
    get muted() {
      return muted;
    },
    get lost() {
      return lost;
    },
    close: async () => {
      endAll();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
