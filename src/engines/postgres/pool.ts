/**
 * A few connections for many calls. Who finds none free waits in line; the line has a bound, and nobody waits in it
 * for longer than its own deadline.
 */
import { QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { Connection } from './connection.ts';
import type { Row } from './pg-module.ts';
import { Trouble } from './trouble.ts';

export interface PoolOptions {
  readonly clock: Clock;
  /** A connection was given up or broke, on which a message had left then. */
  readonly onLost: (sentAt: number) => void;
  readonly open: (signal: AbortSignal) => Promise<Connection>;
  readonly connectionsMax: number;
}

const waitersMax = 10_000;
/** A server that is cut off takes no farewell. */
const farewellMsMax = 1_000;

interface Idle {
  readonly connection: Connection;
  /** When it last gave an answer, or was opened. */
  readonly heardAt: number;
}

/** With a free connection, or the right to open one. */
type Turn = (connection: Connection | undefined) => void;

export class Pool {
  readonly #options: PoolOptions;
  readonly #idle: Idle[] = [];
  readonly #turns = new Set<Turn>();
  /** Open ones and those that are being opened. */
  #count = 0;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** One message on a connection of its own. */
  async run(text: string, signal: AbortSignal): Promise<readonly Row[]> {
    const { clock, onLost } = this.#options;
    const connection = (await this.#turn(signal)) ?? (await this.#open(signal));
    const sentAt = clock.now();
    try {
      return await connection.run(text, signal);
    } finally {
      if (connection.isBroken) onLost(sentAt);
      this.#release(connection);
    }
  }

  /**
   * Whatever cut one connection off is likely to have cut the others off too, and each would cost a call its deadline
   * to find that out. Those that have given no answer since then are not used again.
   */
  discard(silentSince: number): void {
    for (const { connection, heardAt } of [...this.#idle]) if (heardAt <= silentSince) connection.destroy();
  }

  /** Those that are in use are closed behind their message. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#idle.splice(0).map(({ connection }) => this.#part(connection)));
  }

  async #part(connection: Connection): Promise<void> {
    const timer = this.#options.clock.setTimer(farewellMsMax, () => connection.destroy());
    try {
      await connection.close();
    } catch {
      // Where the server does not take the farewell, the connection is gone all the same.
      connection.destroy();
    } finally {
      timer.cancel();
    }
  }

  /** Resolves to a free connection, or to `undefined` with the right to open one. */
  #turn(signal: AbortSignal): Promise<Connection | undefined> {
    signal.throwIfAborted();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.connection.isBroken) return Promise.resolve(idle.connection);
    }
    if (this.#count < this.#options.connectionsMax) {
      this.#count += 1;
      return Promise.resolve(undefined);
    }
    if (this.#turns.size >= waitersMax) throw full();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#turns.delete(turn);
        reject(signal.reason);
      };
      const turn: Turn = (connection) => {
        signal.removeEventListener('abort', onAbort);
        resolve(connection);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#turns.add(turn);
    });
  }

  async #open(signal: AbortSignal): Promise<Connection> {
    try {
      const connection = await this.#options.open(signal);
      connection.onBroken(() => this.#forget(connection));
      return connection;
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  #release(connection: Connection): void {
    if (connection.isBroken) return;
    const [turn] = this.#turns;
    if (this.#isClosed) {
      this.#count -= 1;
      void this.#part(connection);
    } else if (turn === undefined) this.#idle.push({ connection, heardAt: this.#options.clock.now() });
    else this.#hand(turn, connection);
  }

  #forget(connection: Connection): void {
    const place = this.#idle.findIndex((idle) => idle.connection === connection);
    if (place >= 0) this.#idle.splice(place, 1);
    this.#free();
  }

  #free(): void {
    const [turn] = this.#turns;
    if (turn === undefined) this.#count -= 1;
    else this.#hand(turn, undefined);
  }

  #hand(turn: Turn, connection: Connection | undefined): void {
    this.#turns.delete(turn);
    turn(connection);
  }
}

function full(): Trouble {
  return new Trouble(
    'refused',
    new QuorateError({
      code: 'queue-full',
      message: `${waitersMax} calls wait for a connection to PostgreSQL already; slow down, or allow more connections`,
      data: { queue: 'postgres', limit: waitersMax },
    }),
  );
}
