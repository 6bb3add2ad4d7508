/** One datagram to a server, and its answer. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { DnsServer } from '../../../src/discovery/index.ts';

export async function exchange({ address }: DnsServer, bytes: Uint8Array): Promise<Uint8Array> {
  const socket = createSocket('udp4');
  try {
    const answered = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(bytes, address.port, '127.0.0.1');
    const [message] = await answered;
    return new Uint8Array(message);
  } finally {
    socket.close();
  }
}
