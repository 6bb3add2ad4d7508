/**
 * Sends messages that are too large for a packet, each over a connection of its own. So many may be under way, and
 * each has so long; what is beyond is dropped and counted, as the core owes nobody a message and says all of it again
 * in a while.
 */
import type { Address, Clock, Connection, Network } from '../ports/index.ts';
import type { RaisedCounters } from './counters.ts';
import { framed } from './message-frame.ts';

export interface MessageSenderOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly counters: RaisedCounters;
  readonly underWayMax: number;
  readonly patienceMs: number;
}

/** One message under way. */
interface Sending {
  readonly dueMs: number;
  readonly giveUp: AbortController;
  connection: Connection | undefined;
}

export class MessageSender {
  readonly #options: MessageSenderOptions;
  readonly #sendings = new Set<Sending>();
  #closed = false;

  constructor(options: MessageSenderOptions) {
    this.#options = options;
  }

  send(packet: Uint8Array, address: Address): void {
    const { network, clock, counters, underWayMax, patienceMs } = this.#options;
    if (this.#closed) return;
    if (this.#sendings.size >= underWayMax) {
      counters.sendsDropped += 1;
      return;
    }
    const giveUp = new AbortController();
    const sending: Sending = { dueMs: clock.now() + patienceMs, giveUp, connection: undefined };
    this.#sendings.add(sending);
    network.connect({ address, signal: giveUp.signal }).then(
      (connection) => this.#write(sending, connection, packet),
      () => {
        // Nobody there, or too late: as good as lost on the way.
        counters.sendsDropped += 1;
        this.#sendings.delete(sending);
      },
    );
  }

  /** Gives up what is under way for too long. */
  sweep(nowMs: number): void {
    for (const sending of [...this.#sendings]) if (nowMs >= sending.dueMs) this.#abandon(sending);
  }

  close(): void {
    this.#closed = true;
    for (const sending of [...this.#sendings]) this.#abandon(sending);
  }

  #write(sending: Sending, connection: Connection, packet: Uint8Array): void {
    connection.start({
      // Nobody answers on it.
      received: () => connection.destroy(),
      drained: () => undefined,
      ended: () => undefined,
      closed: () => void this.#sendings.delete(sending),
    });
    sending.connection = connection;
    if (sending.giveUp.signal.aborted) {
      connection.destroy();
      return;
    }
    this.#options.counters.messagesSent += 1;
    connection.write(framed(packet));
    connection.end();
  }

  #abandon(sending: Sending): void {
    sending.giveUp.abort(new Error('this message took too long'));
    sending.connection?.destroy();
  }
}
