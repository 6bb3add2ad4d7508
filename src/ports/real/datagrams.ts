/**
 * Datagrams on Node's UDP. A packet that the system refuses is lost like one that the network loses, and counted:
 * nobody can tell the two apart on the other side, so there is no use in two ways to hear of it here.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { isIPv4 } from 'node:net';
import { QuorateError } from '../../base/index.ts';
import type { Address, DatagramHandler, DatagramOptions, DatagramSocket, Datagrams } from '../index.ts';
import { NameCache } from './name-cache.ts';
import { networkError } from './network-errors.ts';
import { checkAddress } from './usable-address.ts';

export interface RealDatagramOptions {
  /** Most bytes of one packet. Default 1,400: what is left of Ethernet's 1,500 behind IPv6, UDP and a tunnel. */
  readonly bytesMax?: number;
  /** With so many bytes that wait, in the system or for a name to be found, further packets are dropped. Default 1 MiB. */
  readonly queueBytesMax?: number;
}

export function realDatagrams(options: RealDatagramOptions = {}): Datagrams {
  const { bytesMax = 1400, queueBytesMax = 1 << 20 } = options;
  const names = new NameCache({
    lookup: (name, family, done) => lookup(name, { family }, done),
    now: () => performance.now(),
    keepMs: 30_000,
    keepFailureMs: 1_000,
    namesMax: 4_096,
  });
  return {
    open: async ({ address }: DatagramOptions, received: DatagramHandler): Promise<DatagramSocket> => {
      checkAddress(address, 0);
      const isV6 = address.host.includes(':');
      const socket = createSocket({
        type: isV6 ? 'udp6' : 'udp4',
        lookup: (name, family, done) => names.lookup(name, Number(family), done),
      });
      const port = await bound(socket, address);
      const local = { host: address.host, port };
      return new RealDatagramSocket({ socket, address: local, isV6, bytesMax, queueBytesMax, received });
    },
  };
}

function bound(socket: Socket, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: Error): void => {
      socket.close();
      reject(networkError('listen', address, cause));
    };
    socket.once('error', refuse);
    // Without `exclusive` two workers of node:cluster would share the port instead of hearing `in-use`.
    socket.bind({ address: address.host, port: address.port, exclusive: true }, () => {
      socket.off('error', refuse);
      resolve(socket.address().port);
    });
  });
}

interface RealDatagramSocketInit {
  readonly socket: Socket;
  readonly address: Address;
  readonly isV6: boolean;
  readonly bytesMax: number;
  readonly queueBytesMax: number;
  readonly received: DatagramHandler;
}

class RealDatagramSocket implements DatagramSocket {
  readonly address: Address;
  readonly bytesMax: number;
  readonly #socket: Socket;
  readonly #isV6: boolean;
  readonly #queueBytesMax: number;
  #dropped = 0;
  /** Handed to the system, or on their way to a name's address. */
  #waitingBytes = 0;
  #closing: Promise<void> | undefined;

  constructor({ socket, address, isV6, bytesMax, queueBytesMax, received }: RealDatagramSocketInit) {
    this.address = address;
    this.bytesMax = bytesMax;
    this.#socket = socket;
    this.#isV6 = isV6;
    this.#queueBytesMax = queueBytesMax;
    socket.on('message', (bytes, remote) => {
      // Not Node's own kind of bytes, whose `slice` would not copy.
      const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
      if (this.#closing === undefined) received(plain, addressOf(remote));
    });
    // An answer of the network to an earlier packet, such as that nobody has that port: the packet is lost.
    socket.on('error', () => {
      this.#dropped += 1;
    });
  }

  get dropped(): number {
    return this.#dropped;
  }

  send(bytes: Uint8Array, to: Address): void {
    if (bytes.length > this.bytesMax) throw tooLarge(bytes.length, this.bytesMax);
    checkAddress(to, 1);
    if (this.#closing !== undefined) return;
    if (this.#waitingBytes + bytes.length > this.#queueBytesMax) {
      this.#dropped += 1;
      return;
    }
    this.#waitingBytes += bytes.length;
    this.#socket.send(bytes, to.port, this.#reachable(to.host), (error) => {
      this.#waitingBytes -= bytes.length;
      if (error !== null) this.#dropped += 1;
    });
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#socket.close(() => resolve());
    });
    return this.#closing;
  }

  /** A socket of IPv6 sends to IPv4 under the form that the system maps, where it listens to both. */
  #reachable(host: string): string {
    return this.#isV6 && isIPv4(host) ? `${mappedPrefix}${host}` : host;
  }
}

const mappedPrefix = '::ffff:';

/** An IPv4 sender keeps one name, whichever kind of socket heard him. */
function addressOf({ address, port }: RemoteInfo): Address {
  const plain = address.startsWith(mappedPrefix) ? address.slice(mappedPrefix.length) : address;
  return { host: isIPv4(plain) ? plain : address, port };
}

function tooLarge(bytes: number, limit: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `a datagram of ${bytes} bytes, but at most ${limit} pass in one piece; send it over a connection`,
    data: { what: 'datagram', bytes, limit },
  });
}
