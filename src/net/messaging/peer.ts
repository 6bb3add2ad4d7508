/**
 * Another program, as this one uses it: a few pipelined connections, one by default, made when there is something
 * to say, closed when there was nothing for long, and made again, with growing pauses, when they break. What is
 * asked while there is none waits for the attempt that is under way, and fails with it, not applied.
 */
import {
  Deque,
  type Duration,
  durationMs,
  isQuorateError,
  linkSignals,
  type Prng,
  type QuorateError,
  untilAborted,
} from '../../base/index.ts';
import type { Address, Clock, Log } from '../../ports/index.ts';
import { connectionLost } from '../connection-errors.ts';
import { type ReconnectPauses, reconnectPauseMs } from '../reconnect-pause.ts';
import { CallingLink, type CallingLinkOptions, type CallLimits } from './calling-link.ts';
import type { MessageStream } from './message-stream.ts';
import { closedError, deadlineOver, queueFull } from './refusals.ts';
import { checkPattern } from './subject.ts';
import { Subscription, type SubscriptionBounds } from './subscription.ts';

export interface CallOptions {
  /** Ends the wait with the signal's reason; the other side hears that nobody waits any more. */
  readonly signal?: AbortSignal;
  /** How long an answer is waited for; it travels as remaining time. Default: the messenger's `timeout`. */
  readonly timeout?: Duration;
}

export interface SubscribeOptions extends CallOptions, SubscriptionBounds {}

export interface PeerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly prng: Prng;
  readonly address: Address;
  readonly timeoutMs: number;
  readonly connectionsMax: number;
  readonly pauses: ReconnectPauses;
  /** What may wait for a connection: calls, and bytes of messages that nobody answers. */
  readonly waitingMax: number;
  readonly unsentBytesMax: number;
  readonly link: Omit<CallingLinkOptions, 'address' | 'clock' | 'signal' | 'onLost' | 'unsentBytesMax'>;
}

interface Notice {
  readonly name: string;
  readonly body: Uint8Array;
}

/** With so many things open on each connection, another one is made where that is allowed. */
const busyLoad = 64;

export class Peer {
  readonly address: Address;
  readonly #options: PeerOptions;
  readonly #links: CallingLink[] = [];
  readonly #subscriptions = new Set<Subscription>();
  /** Those that are in force nowhere at the moment. */
  readonly #detached = new Set<Subscription>();
  readonly #notices = new Deque<Notice>();
  readonly #life = new AbortController();
  #noticesBytes = 0;
  #attempt: Promise<CallingLink> | undefined;
  #waiting = 0;
  #failures = 0;
  #retryAtMs = 0;
  #isRestoring = false;
  /** Messages that were taken for sending and never sent, because no connection came about. */
  dropped = 0;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.address = options.address;
  }

  /** Asks the other program's handler of this name. Rejects with its error, or with what is known of the call. */
  request(name: string, body: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    let limits: CallLimits;
    try {
      limits = this.#limits(options);
    } catch (error) {
      return Promise.reject(error as Error);
    }
    if (limits.signal?.aborted === true) return Promise.reject(limits.signal.reason as Error);
    const link = this.#ready();
    if (link !== undefined) return link.request(name, body, limits);
    return this.#later(limits, (made) => made.request(name, body, limits));
  }

  /**
   * A message that nobody answers: it arrives once or not at all, and nobody hears which. Throws `queue-full` where
   * too much waits to be sent already.
   */
  send(name: string, body: Uint8Array): void {
    const link = this.#ready();
    if (link !== undefined) {
      link.notify(name, body);
      return;
    }
    const { unsentBytesMax, waitingMax, log, address } = this.#options;
    if (this.#life.signal.aborted) throw closedError('the messenger', 'not-applied');
    if (this.#notices.size >= waitingMax) throw queueFull('messages that wait for a connection', waitingMax);
    if (this.#noticesBytes + body.length > unsentBytesMax)
      throw queueFull('bytes of messages that wait for a connection', unsentBytesMax);
    // It is sent later, and the caller's memory is the caller's by then.
    this.#notices.pushBack({ name, body: body.slice() });
    this.#noticesBytes += body.length;
    this.#connect().catch((error: unknown) => {
      log.debug('no connection for messages', { ...address, error });
    });
  }

  /**
   * Opens a stream to the other program's handler of this name. The signal aborts it as long as it is open; `timeout`
   * is for the connection alone, and a stream has none.
   */
  async open(name: string, options: CallOptions = {}): Promise<MessageStream> {
    const limits = this.#limits(options);
    limits.signal?.throwIfAborted();
    const link = this.#ready() ?? (await this.#later(limits, (made) => Promise.resolve(made)));
    limits.signal?.throwIfAborted();
    const stream = link.openStream(name);
    const { signal } = limits;
    if (signal === undefined) return stream;
    const onAbort = (): void => stream.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.whenOver(() => signal.removeEventListener('abort', onAbort));
    return stream;
  }

  /**
   * Hears what the other program publishes from now on under subjects that fit `pattern`; resolves when it is in
   * force. It outlives connections, and tells what it may have missed as gaps.
   */
  async subscribe(pattern: string, options: SubscribeOptions = {}): Promise<Subscription> {
    checkPattern(pattern);
    const { timeoutMs, dueMs, signal } = this.#limits(options);
    const subscription = new Subscription({ ...options, pattern, onOver: (over) => this.#leave(over) });
    this.#subscriptions.add(subscription);
    this.#attach(subscription);
    using patience = linkSignals(signal, this.#life.signal);
    const { clock } = this.#options;
    const timer = clock.setTimer(dueMs - clock.now(), () =>
      patience.abort(deadlineOver(timeoutMs, 'not-applied')),
    );
    try {
      await untilAborted(subscription.inForce, patience.signal);
      return subscription;
    } catch (error) {
      subscription.close();
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** Everything that waits is settled. */
  close(reason: QuorateError): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort(reason);
    this.#dropNotices();
    for (const subscription of [...this.#subscriptions]) subscription.over(reason);
    for (const link of [...this.#links]) link.close(reason);
  }

  #limits({ signal, timeout }: CallOptions): CallLimits {
    const { clock, timeoutMs: usualMs } = this.#options;
    const timeoutMs = timeout === undefined ? usualMs : durationMs(timeout, 'timeout');
    return { timeoutMs, dueMs: clock.now() + timeoutMs, signal };
  }

  /** The connection with the least to do; another one is begun where all have much. */
  #ready(): CallingLink | undefined {
    const { connectionsMax, log, address } = this.#options;
    let least = this.#links[0];
    for (const link of this.#links) if (least !== undefined && link.load < least.load) least = link;
    if (least === undefined || least.load < busyLoad) return least;
    if (this.#links.length < connectionsMax && this.#attempt === undefined)
      this.#connect().catch((error: unknown) => log.debug('no further connection', { ...address, error }));
    return least;
  }

  async #later<T>(limits: CallLimits, use: (link: CallingLink) => Promise<T>): Promise<T> {
    const { clock, waitingMax } = this.#options;
    const { timeoutMs, dueMs, signal } = limits;
    if (this.#waiting >= waitingMax) throw queueFull('calls that wait for a connection', waitingMax);
    this.#waiting += 1;
    using patience = linkSignals(signal);
    const timer = clock.setTimer(dueMs - clock.now(), () =>
      patience.abort(deadlineOver(timeoutMs, 'not-applied')),
    );
    let link: CallingLink;
    try {
      link = await untilAborted(this.#connect(), patience.signal);
    } finally {
      timer.cancel();
      this.#waiting -= 1;
    }
    return use(link);
  }

  /** The attempt that is under way; one is begun where there is none. */
  #connect(): Promise<CallingLink> {
    this.#attempt ??= this.#dial().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #dial(): Promise<CallingLink> {
    const { clock, log, address, link, unsentBytesMax } = this.#options;
    const { signal } = this.#life;
    signal.throwIfAborted();
    try {
      await this.#pause();
      const made = await CallingLink.open({
        ...link,
        clock,
        address,
        unsentBytesMax,
        signal,
        onLost: (lost, subscriptions) => this.#lost(lost, subscriptions),
      });
      // Whatever came behind the greeting, or happened since, has nobody told yet.
      if (made.isLost) throw connectionLost(address, undefined, 'not-applied');
      if (signal.aborted) {
        made.close();
        throw signal.reason;
      }
      this.#made(made);
      return made;
    } catch (error) {
      if (!signal.aborted) {
        if (this.#failures === 0) log.info('peer is unreachable', { ...address, error });
        this.#failed();
      }
      this.#dropNotices();
      throw error;
    }
  }

  /** Pauses grow until a connection has lasted: one that is greeted and cut at once is none. */
  #failed(): void {
    const { clock, prng, pauses } = this.#options;
    this.#retryAtMs = clock.now() + reconnectPauseMs(this.#failures, pauses, prng);
    this.#failures += 1;
  }

  /** Until the next attempt may be made. */
  async #pause(): Promise<void> {
    const { clock } = this.#options;
    const pauseMs = this.#retryAtMs - clock.now();
    if (pauseMs <= 0) return;
    const over = Promise.withResolvers<void>();
    const timer = clock.setTimer(pauseMs, over.resolve);
    try {
      await untilAborted(over.promise, this.#life.signal);
    } finally {
      timer.cancel();
    }
  }

  #made(link: CallingLink): void {
    this.#links.push(link);
    const notices = [...this.#notices];
    this.#notices.clear();
    this.#noticesBytes = 0;
    for (const { name, body } of notices) {
      try {
        link.notify(name, body);
      } catch (error) {
        // Larger than the other side takes, which was not known before.
        this.dropped += 1;
        this.#options.log.warn('message was not sent', { ...this.address, name, error });
      }
    }
  }

  #dropNotices(): void {
    this.dropped += this.#notices.size;
    this.#notices.clear();
    this.#noticesBytes = 0;
  }

  #lost(link: CallingLink, subscriptions: readonly Subscription[]): void {
    const place = this.#links.indexOf(link);
    if (place < 0) return;
    this.#links.splice(place, 1);
    const { clock, pauses } = this.#options;
    if (clock.now() - link.sinceMs >= pauses.mostMs) this.#failures = 0;
    if (!this.#life.signal.aborted) this.#failed();
    for (const subscription of subscriptions)
      if (this.#subscriptions.has(subscription)) this.#attach(subscription);
  }

  #attach(subscription: Subscription): void {
    this.#detached.add(subscription);
    void this.#restore();
  }

  /** Brings subscriptions into force, for as long as there are any that are not. */
  async #restore(): Promise<void> {
    if (this.#isRestoring) return;
    this.#isRestoring = true;
    while (this.#detached.size > 0 && !this.#life.signal.aborted) {
      try {
        this.#subscribeAll(this.#ready() ?? (await this.#connect()));
      } catch (error) {
        // The next attempt waits for its time. Where it can bring nothing else, nobody is left waiting for it.
        if (isQuorateError(error) && !error.retryable)
          for (const subscription of [...this.#detached]) subscription.over(error);
      }
    }
    this.#isRestoring = false;
  }

  #subscribeAll(link: CallingLink): void {
    for (const subscription of [...this.#detached]) {
      if (link.isLost) return;
      this.#detached.delete(subscription);
      try {
        link.subscribe(subscription);
      } catch (error) {
        subscription.over(error instanceof Error ? error : undefined);
      }
    }
  }

  #leave(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    this.#detached.delete(subscription);
    for (const link of this.#links) if (link.unsubscribe(subscription)) return;
  }
}
