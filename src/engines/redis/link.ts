/**
 * Makes of many connections, one after the other, something that lasts: it connects again by itself, with growing
 * pauses, and carries calls over a loss. A call waits for a connection until its own deadline and no longer, and is
 * sent again only because everything that is sent here may be sent twice.
 */
import { type QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import type { Call } from './call.ts';
import { Connection, type ConnectionInit } from './connection.ts';
import { Trouble } from './trouble.ts';

export interface LinkInit extends ConnectionInit {
  readonly clock: Clock;
  readonly random: Random;
  /** The first words on each connection. */
  readonly greet: (connection: Connection) => Promise<void>;
}

export type LinkListener = (state: 'up' | 'down') => void;

/** One try of a call. `isAgain`: an earlier one was sent, and nobody knows what became of it. */
export type Attempt<T> = (connection: Connection, isAgain: boolean) => Promise<T>;

interface Waiter {
  resolve(connection: Connection): void;
  reject(error: unknown): void;
  readonly call: Call;
}

const pauseMsMin = 20;
const pauseMsMax = 1_000;

export class Link {
  readonly #init: LinkInit;
  readonly #waiters = new Set<Waiter>();
  readonly #listeners = new Set<LinkListener>();
  readonly #over = new AbortController();
  #connection: Connection | undefined;
  #kept: Promise<void> | undefined;

  constructor(init: LinkInit) {
    this.#init = init;
  }

  /** The first connection. Does not go on trying where nobody is there; only a server that is starting is waited for. */
  async open(call: Call): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      try {
        const connection = await this.#connect(call.signal);
        this.#kept = this.#keep(connection);
        return;
      } catch (error) {
        if (!(error instanceof Trouble)) throw error;
        if (error.course !== 'later') throw error.told;
        call.trouble = error;
        await this.#pause(failures, call.signal);
      }
    }
  }

  /** Connects when it can; who calls waits for that. May be called twice. */
  start(): void {
    this.#kept ??= this.#keep(undefined);
  }

  /** Hears when the connection is lost, and when there is one again. */
  subscribe(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Throws what the caller is to hear. */
  async run<T>(call: Call, attempt: Attempt<T>): Promise<T> {
    try {
      for (let failures = 0; ; failures += 1) {
        const connection = await this.#ready(call);
        try {
          return await untilAborted(this.#attempt(call, connection, attempt), call.signal);
        } catch (error) {
          if (!(error instanceof Trouble)) throw error;
          await this.#bear(call, connection, error, failures);
        }
      }
    } catch (error) {
      throw call.told(error);
    }
  }

  /** Ends it; whoever waits, or comes later, hears `error`. May be called twice. */
  async close(error: QuorateError): Promise<void> {
    this.#over.abort(error);
    this.#connection?.destroy(error);
    for (const { reject } of [...this.#waiters]) reject(error);
    await this.#kept;
  }

  async #attempt<T>(call: Call, connection: Connection, attempt: Attempt<T>): Promise<T> {
    const wasUncertain = call.isUncertain;
    call.isUncertain = true;
    try {
      const answer = await attempt(connection, wasUncertain);
      call.isUncertain = wasUncertain;
      return answer;
    } catch (error) {
      if (!(error instanceof Trouble) || error.isCertain) call.isUncertain = wasUncertain;
      throw error;
    }
  }

  async #bear(call: Call, connection: Connection, trouble: Trouble, failures: number): Promise<void> {
    if (this.#over.signal.aborted) throw this.#over.signal.reason;
    call.trouble = trouble;
    if (trouble.course === 'never') throw trouble.told;
    if (trouble.course === 'elsewhere') connection.destroy(trouble);
    if (trouble.course !== 'again') await this.#pause(failures, call.signal);
  }

  #ready(call: Call): Promise<Connection> {
    const { signal } = call;
    if (this.#over.signal.aborted) return Promise.reject(this.#over.signal.reason);
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#connection !== undefined) return Promise.resolve(this.#connection);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const onAbort = (): void => waiter.reject(signal.reason);
      const waiter: Waiter = {
        call,
        resolve: (connection) => {
          settle();
          resolve(connection);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Until it is closed there is a connection, or somebody tries to make one. */
  async #keep(first: Connection | undefined): Promise<void> {
    const { signal } = this.#over;
    let connection = first ?? (await this.#again(0));
    for (let failures = 1; !signal.aborted; failures += 1) {
      if (connection !== undefined) {
        failures = 1;
        this.#up(connection);
        await connection.lost;
        this.#down();
      }
      connection = await this.#again(failures);
    }
  }

  async #again(failures: number): Promise<Connection | undefined> {
    const { signal } = this.#over;
    try {
      if (failures > 0) await this.#pause(failures, signal);
      return await this.#connect(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof Trouble)) throw error;
      for (const { call, reject } of [...this.#waiters]) {
        call.trouble = error;
        if (error.course === 'never') reject(error.told);
      }
      return undefined;
    }
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    const connection = await Connection.open(this.#init, signal);
    try {
      await untilAborted(this.#init.greet(connection), signal);
      return connection;
    } catch (error) {
      connection.destroy(error);
      throw error;
    }
  }

  #up(connection: Connection): void {
    this.#connection = connection;
    for (const { resolve } of [...this.#waiters]) resolve(connection);
    for (const listener of [...this.#listeners]) listener('up');
  }

  #down(): void {
    this.#connection = undefined;
    for (const listener of [...this.#listeners]) listener('down');
  }

  /** Throws the signal's reason. */
  #pause(failures: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#init;
    const longestMs = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(failures, 10));
    const pauseMs = longestMs * (0.5 + random.uint32() / 2 ** 33);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimer(pauseMs, resolve, { background: true });
    return untilAborted(promise, signal).finally(() => timer.cancel());
  }
}
