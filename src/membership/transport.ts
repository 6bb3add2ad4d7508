/**
 * How messages of the core get to other members and theirs here: packets, and connections of one message for what is
 * too large, both on one port and in the same envelope. What cannot be believed ends here or in the core, as a count.
 */
import { isQuorateError } from '../base/index.ts';
import type { Received, Send } from '../gossip/index.ts';
import {
  type Address,
  addressText,
  type Clock,
  type DatagramSocket,
  type Datagrams,
  type Listener,
  type Network,
} from '../ports/index.ts';
import type { RaisedCounters } from './counters.ts';
import { type Envelope, envelopeBytes } from './envelope.ts';
import { addressOf } from './member-address.ts';
import { MessageReceiver } from './message-receiver.ts';
import { MessageSender } from './message-sender.ts';

export interface TransportOptions {
  readonly network: Network;
  readonly datagrams: Datagrams;
  readonly clock: Clock;
  readonly listen: Address;
  readonly envelope: Envelope;
  readonly counters: RaisedCounters;
  /** The largest message that is received over a connection. */
  readonly messageBytesMax: number;
  /** Hears of each message that was opened, and takes it over. */
  readonly received: (received: Received) => void;
}

/** Messages under way in each direction, and how long each may take. */
const connectionsMax = 32;
const patienceMs = 10_000;

/** A free port for connections may be taken for datagrams. */
const portTries = 20;

/** Binds both ports, or neither. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  for (let left = portTries; ; left -= 1) {
    const transport = new Transport(options);
    try {
      await transport.open();
      return transport;
    } catch (error) {
      await transport.close();
      const isTaken = isQuorateError(error) && error.code === 'in-use';
      if (options.listen.port !== 0 || !isTaken || left === 0) throw error;
    }
  }
}

export class Transport {
  readonly #options: TransportOptions;
  readonly #sender: MessageSender;
  readonly #receiver: MessageReceiver;
  #listener: Listener | undefined;
  #socket: DatagramSocket | undefined;
  #closed = false;

  constructor(options: TransportOptions) {
    const { network, clock, counters, messageBytesMax } = options;
    this.#options = options;
    this.#sender = new MessageSender({ network, clock, counters, underWayMax: connectionsMax, patienceMs });
    this.#receiver = new MessageReceiver({
      clock,
      counters,
      connectionsMax,
      patienceMs,
      packetBytesMax: messageBytesMax + envelopeBytes,
      received: (packet, { remote }) => {
        counters.messagesReceived += 1;
        this.#open(packet, remote, true);
      },
    });
  }

  async open(): Promise<void> {
    const { network, datagrams, listen, counters } = this.#options;
    this.#listener = await network.listen({ address: listen }, (connection) =>
      this.#receiver.accept(connection),
    );
    const { port } = this.#listener.address;
    this.#socket = await datagrams.open({ address: { host: listen.host, port } }, (packet, from) => {
      counters.packetsReceived += 1;
      counters.packetBytesReceived += packet.length;
      if (packet.length > this.packetBytesMax + envelopeBytes) counters.refused.oversized += 1;
      else this.#open(packet, from, false);
    });
  }

  /** The port that was found. */
  get port(): number {
    return this.#listener?.address.port ?? 0;
  }

  /** The largest message that fits into a packet here. */
  get packetBytesMax(): number {
    return (this.#socket?.bytesMax ?? 0) - envelopeBytes;
  }

  send({ to, bytes, reliable }: Send): void {
    const { counters, envelope } = this.#options;
    const address = addressOf(to);
    const socket = this.#socket;
    if (this.#closed || socket === undefined) return;
    if (address === undefined) {
      counters.sendsDropped += 1;
      return;
    }
    const packet = envelope.close(bytes);
    if (reliable) {
      this.#sender.send(packet, address);
      return;
    }
    counters.packetsSent += 1;
    counters.packetBytesSent += packet.length;
    socket.send(packet, address);
  }

  /** Packets that the system did not take; it may say so long after the send. */
  get packetsDropped(): number {
    return this.#socket?.dropped ?? 0;
  }

  /** Gives up connections that take too long; called often enough, it needs no timer of its own. */
  sweep(nowMs: number): void {
    this.#sender.sweep(nowMs);
    this.#receiver.sweep(nowMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#sender.close();
    this.#receiver.close();
    await Promise.all([this.#socket?.close(), this.#listener?.close()]);
  }

  #open(packet: Uint8Array, from: Address, reliable: boolean): void {
    if (this.#closed) return;
    const { counters, envelope, received } = this.#options;
    const bytes = envelope.open(packet);
    if (typeof bytes === 'string') counters.refused[bytes] += 1;
    else received({ bytes, from: addressText(from), reliable });
  }
}
