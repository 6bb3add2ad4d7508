/**
 * Receives messages that came over connections. Whoever may connect is a stranger until his message was opened, so
 * each connection has a bound for its bytes and its time, and there is a bound for their number. Where it is reached the
 * newest is received all the same, in place of another: else whoever connects and says nothing would keep members out.
 */
import type { Clock, Connection } from '../ports/index.ts';
import type { RaisedCounters, RefusalReason } from './counters.ts';
import { MessageGatherer } from './message-frame.ts';

export interface MessageReceiverOptions {
  readonly clock: Clock;
  readonly counters: RaisedCounters;
  readonly connectionsMax: number;
  readonly packetBytesMax: number;
  readonly patienceMs: number;
  /** Takes over a whole packet. */
  readonly received: (packet: Uint8Array, connection: Connection) => void;
}

interface Receiving {
  readonly connection: Connection;
  readonly dueMs: number;
  over: boolean;
}

export class MessageReceiver {
  readonly #options: MessageReceiverOptions;
  readonly #receivings = new Set<Receiving>();

  constructor(options: MessageReceiverOptions) {
    this.#options = options;
  }

  accept(connection: Connection): void {
    const { clock, connectionsMax, packetBytesMax, patienceMs } = this.#options;
    if (this.#receivings.size >= connectionsMax) this.#giveWay();
    const receiving: Receiving = { connection, dueMs: clock.now() + patienceMs, over: false };
    this.#receivings.add(receiving);
    const gatherer = new MessageGatherer(packetBytesMax);
    connection.start({
      received: (bytes) => {
        const taken = receiving.over ? 'malformed' : gatherer.take(bytes);
        if (taken === 'more') return;
        if (typeof taken === 'string') this.#refuse(receiving, taken);
        else this.#finish(receiving, taken);
      },
      drained: () => undefined,
      ended: () => {
        if (!receiving.over) this.#refuse(receiving, 'incomplete');
      },
      closed: () => {
        this.#receivings.delete(receiving);
        if (!receiving.over) this.#options.counters.refused.incomplete += 1;
      },
    });
  }

  /** Ends connections that take too long. */
  sweep(nowMs: number): void {
    for (const receiving of [...this.#receivings]) {
      if (nowMs < receiving.dueMs) continue;
      if (receiving.over) receiving.connection.destroy();
      else this.#refuse(receiving, 'incomplete');
    }
  }

  close(): void {
    for (const receiving of [...this.#receivings]) {
      receiving.over = true;
      receiving.connection.destroy();
    }
  }

  /** Who was heard already loses nothing; of the others it is who has waited for longest. */
  #giveWay(): void {
    const all = [...this.#receivings];
    const [longest] = all;
    const given = all.find(({ over }) => over) ?? longest;
    if (given === undefined) return;
    this.#receivings.delete(given);
    if (given.over) given.connection.destroy();
    else this.#refuse(given, 'busy');
  }

  #finish(receiving: Receiving, packet: Uint8Array): void {
    receiving.over = true;
    receiving.connection.end();
    this.#options.received(packet, receiving.connection);
  }

  #refuse(receiving: Receiving, reason: RefusalReason): void {
    receiving.over = true;
    this.#options.counters.refused[reason] += 1;
    receiving.connection.destroy();
  }
}
