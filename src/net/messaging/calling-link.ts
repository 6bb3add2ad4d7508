/**
 * A connection that this program made, greeted and in use: calls go out pipelined, one write a turn, and are
 * matched to their answers by number. Nothing is asked before the other side has greeted, so an attempt that came
 * to nothing has certainly done nothing; when the connection breaks later, what was not answered has an unknown
 * outcome.
 */
import { linkSignals, type QuorateError, untilAborted } from '../../base/index.ts';
import type { Address, Clock, Connection, Network, Timer } from '../../ports/index.ts';
import { decodeReply } from '../client-protocol.ts';
import { connectionLost, connectUnanswered } from '../connection-errors.ts';
import { type Checksum, FrameReader, strangerError } from '../frame.ts';
import { encodeHello } from '../hello.ts';
import { CallingChannel } from './calling-channel.ts';
import { Deadlines } from './deadlines.ts';
import { StreamEnd } from './message-stream.ts';
import { Outlet } from './outlet.ts';
import { deadlineOver, queueFull } from './refusals.ts';
import type { Subscription } from './subscription.ts';
import { decodeTerms, encodeTerms, type MessagingTerms } from './terms.ts';

export interface CallingLinkOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly checksum: Checksum;
  readonly address: Address;
  /** Which programs belong together; both sides say the same. */
  readonly cluster: string;
  readonly terms: MessagingTerms;
  /** An attempt that takes longer to connect and to be greeted has failed. */
  readonly connectMsMax: number;
  /** So often the other side is asked for a sign of life; after two without any the connection is given up. */
  readonly heartbeatMs: number;
  /** A connection that nobody has used for so long is closed. */
  readonly idleMsMax: number;
  /** What may wait for a slow connection before messages that nobody answers are refused. */
  readonly unsentBytesMax: number;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  readonly onLost: (link: CallingLink, subscriptions: readonly Subscription[]) => void;
}

/** What the caller of one request waits for. */
class AskedCall {
  readonly bytes: number;
  readonly timeoutMs: number;
  readonly dueMs: number;
  readonly resolve: (body: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
  id = 0;
  /** Takes the listener off the caller's signal. */
  unfollow: (() => void) | undefined;

  constructor(
    {
      bytes,
      timeoutMs,
      dueMs,
    }: { readonly bytes: number; readonly timeoutMs: number; readonly dueMs: number },
    resolve: (body: Uint8Array) => void,
    reject: (reason: unknown) => void,
  ) {
    this.bytes = bytes;
    this.timeoutMs = timeoutMs;
    this.dueMs = dueMs;
    this.resolve = resolve;
    this.reject = reject;
  }
}

export interface CallLimits {
  readonly timeoutMs: number;
  /** By the clock. */
  readonly dueMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The first words of the other side: what it grants, or why it wants nothing from us. */
const greetingBytesMax = 64 * 1024;

export class CallingLink {
  readonly #options: CallingLinkOptions;
  readonly #connection: Connection;
  readonly #channel: CallingChannel<AskedCall, StreamEnd, Subscription>;
  readonly #outlet: Outlet;
  readonly #frames: FrameReader;
  readonly #deadlines: Deadlines;
  readonly #greeted = Promise.withResolvers<void>();
  /** Numbers of subscriptions that are in force here. */
  readonly #subscriptions = new Map<Subscription, number>();
  #isGreeted = false;
  #isLost = false;
  #beat: Timer | undefined;
  /** Signs of life, and uses, since the last beat; and for how many beats there were none. */
  #heard = 0;
  #uses = 0;
  #silentBeats = 0;
  #idleSinceMs: number;
  /** When it was made, by the clock. */
  readonly sinceMs: number;

  /** Connects and is greeted. Rejects with nothing asked. */
  static async open(options: CallingLinkOptions): Promise<CallingLink> {
    const { network, clock, address, connectMsMax, signal } = options;
    using patience = linkSignals(signal);
    const timer = clock.setTimer(connectMsMax, () =>
      patience.abort(connectUnanswered(address, connectMsMax)),
    );
    try {
      const link = new CallingLink(await network.connect({ address, signal: patience.signal }), options);
      try {
        await untilAborted(link.#greeted.promise, patience.signal);
      } catch (error) {
        link.close();
        throw error;
      }
      return link;
    } finally {
      timer.cancel();
    }
  }

  private constructor(connection: Connection, options: CallingLinkOptions) {
    const { clock, checksum, terms, cluster } = options;
    this.#options = options;
    this.#connection = connection;
    this.#channel = new CallingChannel({ checksum, windowBytes: terms.windowBytes });
    this.#outlet = new Outlet({ clock, connection, frames: this.#channel.frames, gather: 'at-once' });
    this.#deadlines = new Deadlines({ clock, expire: (nowMs) => this.#expire(nowMs) });
    this.sinceMs = clock.now();
    this.#idleSinceMs = this.sinceMs;
    this.#frames = new FrameReader({
      payloadBytesMax: () => (this.#isGreeted ? terms.frameBytesMax : greetingBytesMax),
      checksum,
    });
    this.#greeted.promise.catch(() => undefined);
    connection.start({
      received: (bytes) => this.#received(bytes),
      drained: () => this.#outlet.drained(),
      ended: () => connection.destroy(),
      closed: (cause) => this.#lose(cause),
    });
    const hello = { purpose: 'messages', cluster, from: 0, to: 0, terms: encodeTerms(terms) } as const;
    this.#channel.frames.add((writer) => writer.raw(encodeHello(hello)));
    this.#outlet.plan();
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Calls, streams and subscriptions that are open. */
  get load(): number {
    return this.#channel.open;
  }

  request(name: string, body: Uint8Array, limits: CallLimits): Promise<Uint8Array> {
    const { timeoutMs, dueMs, signal } = limits;
    return new Promise((resolve, reject) => {
      const call = new AskedCall({ bytes: body.length, timeoutMs, dueMs }, resolve, reject);
      const remainingMs = dueMs === Number.POSITIVE_INFINITY ? undefined : dueMs - this.#options.clock.now();
      this.#checkOpen();
      // Also when that happened while the connection was made: such a signal tells nobody any more.
      signal?.throwIfAborted();
      call.id = this.#channel.request(name, body, remainingMs, call);
      if (signal !== undefined) this.#follow(call, signal);
      this.#deadlines.note(dueMs);
      this.#used();
    });
  }

  /** Throws `queue-full` where too much waits for the connection already. */
  notify(name: string, body: Uint8Array): void {
    const { unsentBytesMax } = this.#options;
    this.#checkOpen();
    if (this.#outlet.waitingBytes > unsentBytesMax)
      throw queueFull('bytes that wait to be sent to a peer', unsentBytesMax);
    this.#channel.notify(name, body);
    this.#uses += 1;
    this.#outlet.planMuch();
  }

  openStream(name: string): StreamEnd {
    this.#checkOpen();
    const stream = new StreamEnd(this.#channel.streams, this.#outlet);
    stream.begin(this.#channel.openStream(name, stream));
    this.#used();
    return stream;
  }

  subscribe(subscription: Subscription): void {
    this.#checkOpen();
    this.#subscriptions.set(subscription, this.#channel.subscribe(subscription.pattern, subscription));
    this.#used();
  }

  /** False: it was not in force here. */
  unsubscribe(subscription: Subscription): boolean {
    const id = this.#subscriptions.get(subscription);
    if (id === undefined) return false;
    this.#subscriptions.delete(subscription);
    this.#channel.unsubscribe(id);
    this.#used();
    return true;
  }

  /** What waits hears `reason`; default: that the connection was lost. */
  close(reason?: QuorateError): void {
    this.#connection.destroy();
    this.#lose(undefined, reason);
  }

  #used(): void {
    this.#uses += 1;
    this.#outlet.plan();
  }

  #checkOpen(): void {
    if (this.#isLost) throw connectionLost(this.#options.address, undefined, 'not-applied');
  }

  #follow(call: AskedCall, signal: AbortSignal): void {
    const onAbort = (): void => this.#giveUp(call, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    call.unfollow = () => signal.removeEventListener('abort', onAbort);
  }

  #giveUp(call: AskedCall, reason: unknown): void {
    if (!this.#channel.giveUp(call.id)) return;
    this.#outlet.plan();
    call.unfollow?.();
    call.reject(reason);
  }

  #expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const call of [...this.#channel.calls.values()]) {
      if (call.dueMs <= nowMs) this.#giveUp(call, deadlineOver(call.timeoutMs, 'unknown'));
      else nextMs = Math.min(nextMs, call.dueMs);
    }
    return nextMs;
  }

  #received(bytes: Uint8Array): void {
    this.#heard += 1;
    try {
      this.#frames.push(bytes, (payload) => {
        // What stands behind a refusal, or a breach, in the same piece.
        if (this.#isLost) return;
        if (this.#isGreeted) this.#packet(payload);
        else this.#greeting(payload);
      });
    } catch (cause) {
      this.#connection.destroy();
      this.#lose(cause instanceof Error ? cause : undefined);
    }
  }

  #greeting(payload: Uint8Array): void {
    const greeting = decodeReply(payload);
    if (!greeting.ok) {
      this.#greeted.reject(greeting.error);
      this.close();
      return;
    }
    this.#channel.greeted(decodeTerms(greeting.body));
    this.#isGreeted = true;
    this.#greeted.resolve();
    this.#planBeat();
  }

  #packet(payload: Uint8Array): void {
    const event = this.#channel.take(payload);
    switch (event?.kind) {
      case 'reply':
        event.call.unfollow?.();
        event.call.resolve(event.body);
        return;
      case 'failure':
        event.call.unfollow?.();
        event.call.reject(event.error);
        return;
      case 'event':
        event.subscription.received(event.subject, event.body);
        return;
      case 'gap':
        event.subscription.missed(event.missed);
        return;
      case 'confirmed':
        event.subscription.confirmed();
        return;
      case 'refused':
        this.#subscriptions.delete(event.subscription);
        event.subscription.over(event.error);
        return;
      case 'piece':
        event.stream.received(event.body);
        return;
      case 'credit':
        event.stream.credited();
        return;
      case 'ended':
        event.stream.completed();
        return;
      case 'aborted':
        event.stream.failed(event.error);
        return;
      case undefined:
        return;
    }
  }

  #planBeat(): void {
    const { clock, heartbeatMs } = this.#options;
    this.#beat = clock.setTimer(heartbeatMs, () => this.#onBeat(), { background: true });
  }

  #onBeat(): void {
    const { clock, heartbeatMs, idleMsMax } = this.#options;
    this.#silentBeats = this.#heard === 0 ? this.#silentBeats + 1 : 0;
    if (this.#silentBeats >= 2) {
      this.#connection.destroy();
      this.#lose(new Error(`it has been silent for ${2 * heartbeatMs} ms`));
      return;
    }
    if (this.#uses > 0 || this.load > 0) this.#idleSinceMs = clock.now();
    this.#heard = 0;
    this.#uses = 0;
    if (clock.now() - this.#idleSinceMs >= idleMsMax) {
      this.close();
      return;
    }
    this.#channel.ping();
    this.#outlet.plan();
    this.#planBeat();
  }

  #lose(cause: Error | undefined, reason?: QuorateError): void {
    if (this.#isLost) return;
    this.#isLost = true;
    this.#beat?.cancel();
    this.#deadlines.close();
    this.#outlet.close();
    const error = reason ?? this.#errorOf(cause);
    this.#greeted.reject(error);
    const { calls, streams, subscriptions } = this.#channel.lose();
    this.#subscriptions.clear();
    for (const call of calls) {
      call.unfollow?.();
      call.reject(error);
    }
    for (const stream of streams) stream.failed(error);
    this.#options.onLost(this, subscriptions);
  }

  #errorOf(cause: Error | undefined): QuorateError {
    const { stranger } = this.#frames;
    if (stranger !== undefined) return strangerError(stranger);
    return connectionLost(this.#options.address, cause, this.#isGreeted ? 'unknown' : 'not-applied');
  }
}
