/**
 * The members of a cluster, of which one is talked to at a time: all calls share one connection, and when it is lost
 * or no longer trusted the next member is tried, and the next, with growing pauses after each round, for as long as
 * somebody waits.
 */
import { isQuorateError, type QuorateError } from '../../base/index.ts';
import { type Address, addressText, type Timer } from '../../ports/index.ts';
import { pauseBetweenTries } from '../port/index.ts';
import { greet, logIn, metadata } from './greeting.ts';
import { HistoryCheck } from './history-check.ts';
import { CallFailure, Channel } from './http2/index.ts';
import type { EtcdSettings } from './options.ts';
import { judge, unreachable } from './refusals.ts';

/** A member that does not take the connection by then is left for the next. */
const connectMsMax = 1_500;
/** etcd allows a ping each 5 s. */
const silenceMs = 5_500;
const pongMsMax = 2_000;
/** A listing is the largest answer. */
const answerBytesMax = 64 << 20;

export interface WaitLimits {
  /** By the clock; absent: as long as it takes. */
  readonly deadlineAt?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter {
  readonly resolve: (channel: Channel) => void;
  readonly reject: (reason: unknown) => void;
}

export class Members {
  readonly history: HistoryCheck = new HistoryCheck();
  readonly #settings: EtcdSettings;
  readonly #waiters = new Set<Waiter>();
  readonly #closing = new AbortController();
  readonly #overListeners = new Set<(reason: QuorateError) => void>();
  readonly #retired = new Set<Channel>();
  readonly #logins = new Map<Channel, Promise<void>>();
  #channel: Channel | undefined;
  #next = 0;
  #isSearching = false;
  #lastError: QuorateError | undefined;

  constructor(settings: EtcdSettings) {
    this.#settings = settings;
  }

  /** Aborts when nothing more will be answered: with `closed`, or with `engine-data-lost`. */
  get over(): AbortSignal {
    return this.#closing.signal;
  }

  /** The connection, if there is one to be used. */
  get ready(): Channel | undefined {
    return this.#channel?.isLeaving === false ? this.#channel : undefined;
  }

  /** All members, for errors. */
  get addresses(): string {
    return this.#settings.endpoints.map(addressText).join(', ');
  }

  /** Rejects with the signal's reason, or with an error that names what was not sent. */
  channel(what: string, { deadlineAt, signal }: WaitLimits): Promise<Channel> {
    return new Promise((resolve, reject) => {
      this.#closing.signal.throwIfAborted();
      signal?.throwIfAborted();
      if (this.ready !== undefined) {
        resolve(this.ready);
        return;
      }
      let timer: Timer | undefined;
      const settle = (): void => {
        timer?.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const fail = (reason: unknown): void => {
        settle();
        reject(reason);
      };
      const onAbort = (): void => fail(signal?.reason);
      const waiter: Waiter = {
        resolve: (channel) => {
          settle();
          resolve(channel);
        },
        reject: fail,
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const { clock } = this.#settings;
      if (deadlineAt !== undefined)
        timer = clock.setTimer(deadlineAt - clock.now(), () => fail(this.#unreachable(what)));
      this.#waiters.add(waiter);
      if (!this.#isSearching) void this.#search();
    });
  }

  /** This member is not used any more unless no other answers; its calls end. */
  distrust(channel: Channel, reason: string): void {
    channel.fail(reason);
    if (this.#channel === channel) this.#channel = undefined;
  }

  /** New calls go to the next member; those under way may still be answered by this one. */
  retire(channel: Channel): void {
    if (this.#channel === channel) this.#channel = undefined;
    this.#retired.add(channel);
    channel.closed.addEventListener('abort', () => this.#retired.delete(channel), { once: true });
    channel.retire();
  }

  /** Its token is no longer taken. Those who find out at once share one login. */
  login(channel: Channel): Promise<void> {
    let login = this.#logins.get(channel);
    if (login === undefined) {
      login = logIn(channel, this.#settings, this.#closing.signal).finally(() =>
        this.#logins.delete(channel),
      );
      this.#logins.set(channel, login);
    }
    return login;
  }

  /** Nothing is answered after this. The first reason stays. */
  end(reason: QuorateError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(reason);
    for (const waiter of [...this.#waiters]) waiter.reject(reason);
    for (const channel of [this.#channel, ...this.#retired]) channel?.close();
    for (const listener of [...this.#overListeners]) listener(reason);
    this.#overListeners.clear();
  }

  /** Hears once of the end; until the function that it returns is called. */
  onEnd(listener: (reason: QuorateError) => void): () => void {
    this.#overListeners.add(listener);
    return () => this.#overListeners.delete(listener);
  }

  /** An error that means data were lost ends everything. */
  check(error: unknown): void {
    if (isQuorateError(error) && error.code === 'engine-data-lost') this.end(error);
  }

  async #search(): Promise<void> {
    const { clock, random } = this.#settings;
    this.#isSearching = true;
    for (let rounds = 0; this.#waiters.size > 0; rounds += 1) {
      const found = await this.#round();
      if (this.#closing.signal.aborted) {
        if (found instanceof Channel) found.close();
        break;
      }
      if (found instanceof Channel) {
        this.#use(found);
        break;
      }
      if (found !== undefined) {
        for (const waiter of [...this.#waiters]) waiter.reject(found);
        break;
      }
      await pauseBetweenTries({ clock, random, before: rounds, signal: this.#closing.signal });
    }
    this.#isSearching = false;
  }

  #use(channel: Channel): void {
    this.#channel = channel;
    this.#lastError = undefined;
    for (const waiter of [...this.#waiters]) waiter.resolve(channel);
  }

  /** Each member once. An error where trying again would not mend what is wrong with any of them. */
  async #round(): Promise<Channel | QuorateError | undefined> {
    let lasting: QuorateError | undefined;
    let passing: QuorateError | undefined;
    for (const address of this.#inTurn()) {
      const found = await this.#try(address);
      if (found instanceof Channel) return found;
      if (this.#closing.signal.aborted) return undefined;
      if (found.retryable) passing = found;
      else lasting ??= found;
    }
    this.#lastError = lasting ?? passing;
    return passing === undefined ? lasting : undefined;
  }

  /** All members, beginning behind the one that was tried last. */
  *#inTurn(): Iterable<Address> {
    const { endpoints } = this.#settings;
    for (const _ of endpoints) {
      const address = endpoints[this.#next % endpoints.length] as Address;
      this.#next += 1;
      yield address;
    }
  }

  async #try(address: Address): Promise<Channel | QuorateError> {
    const { tls, clock } = this.#settings;
    let channel: Channel | undefined;
    try {
      const options = {
        address,
        clock,
        connectMsMax,
        answerBytesMax,
        metadata,
        silenceMs,
        answerMsMax: pongMsMax,
      };
      const { signal } = this.#closing;
      channel = await Channel.connect(tls === undefined ? options : { ...options, tls }, signal);
      await greet(channel, this.#settings, this.history, signal);
      return channel;
    } catch (error) {
      channel?.close();
      this.check(error);
      if (error instanceof CallFailure) return judge(error, 'the connection', address).error;
      if (isQuorateError(error)) return error;
      throw error;
    }
  }

  #unreachable(what: string): QuorateError {
    const last = this.#lastError;
    if (last !== undefined && !last.retryable) return last;
    return unreachable(what, this.addresses, last, 'not-applied');
  }
}
