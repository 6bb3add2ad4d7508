/**
 * A greeted connection that somebody made to this program: requests are handed to their handlers, and the answers
 * of a turn leave in one write. A peer that does not read what it is told is not read any further, and what may
 * gather for it is bounded; beyond that it is cut.
 */
import type { QuorateError } from '../../base/index.ts';
import type { Clock, Connection, Log } from '../../ports/index.ts';
import type { Checksum } from '../frame.ts';
import { Deadlines } from './deadlines.ts';
import { StreamEnd } from './message-stream.ts';
import { Outlet } from './outlet.ts';
import { type EventSink, type Publisher, Subscriber } from './publisher.ts';
import { asServiceError, callCancelled, deadlineOver, serviceUnknown } from './refusals.ts';
import type { Caller, RequestContext, RequestHandler, Services } from './services.ts';
import { ServingChannel, type ServingEvent } from './serving-channel.ts';
import { checkPattern } from './subject.ts';
import type { MessagingTerms } from './terms.ts';

export interface ServingSessionOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly checksum: Checksum;
  readonly connection: Connection;
  readonly terms: MessagingTerms;
  readonly peerTerms: MessagingTerms;
  readonly services: Services;
  readonly publisher: Publisher;
  /** While so many bytes wait for the peer to read them, events are left out. */
  readonly unsentBytesMax: number;
  /** Messages of one connection whose handlers have not ended, which may hold as many bytes as requests; more are left out. */
  readonly messagesMax: number;
}

type SessionEvent = ServingEvent<ServedCall, StreamEnd, Subscriber>;

/** A request that a handler works on. */
class ServedCall implements RequestContext {
  readonly id: number;
  readonly bytes: number;
  readonly name: string;
  readonly caller: Caller;
  readonly dueMs: number;
  readonly givenMs: number;
  readonly #clock: Clock;
  isCancelled = false;
  #controller: AbortController | undefined;
  #over: { readonly reason: QuorateError } | undefined;

  constructor(
    { id, name, body, remainingMs }: Extract<SessionEvent, { kind: 'request' }>,
    caller: Caller,
    clock: Clock,
  ) {
    this.id = id;
    this.bytes = body.length;
    this.name = name;
    this.caller = caller;
    this.#clock = clock;
    this.givenMs = remainingMs ?? Number.POSITIVE_INFINITY;
    this.dueMs = remainingMs === undefined ? Number.POSITIVE_INFINITY : clock.now() + remainingMs;
  }

  /** Made when somebody looks: most handlers have ended before anything could abort. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over !== undefined) this.#controller.abort(this.#over.reason);
    return this.#controller.signal;
  }

  get remainingMs(): number {
    return Math.max(0, this.dueMs - this.#clock.now());
  }

  get isOver(): boolean {
    return this.#over !== undefined;
  }

  /** Nobody waits for its answer any more. */
  abort(reason: QuorateError): void {
    if (this.#over !== undefined) return;
    this.#over = { reason };
    this.#controller?.abort(reason);
  }
}

export class ServingSession implements EventSink {
  readonly #options: ServingSessionOptions;
  readonly #channel: ServingChannel<ServedCall, StreamEnd, Subscriber>;
  readonly #outlet: Outlet;
  readonly #deadlines: Deadlines;
  readonly #caller: Caller;
  readonly #subscribers = new Set<Subscriber>();
  #messages = 0;
  #messageBytes = 0;
  #isOver = false;
  /** Messages that were left out. */
  dropped = 0;

  constructor(options: ServingSessionOptions) {
    const { clock, checksum, connection, terms, peerTerms } = options;
    this.#options = options;
    this.#channel = new ServingChannel({ checksum, terms, peerTerms });
    this.#outlet = new Outlet({
      clock,
      connection,
      frames: this.#channel.frames,
      gather: 'after-turn',
      onBlocked: () => connection.pause(),
      onDrained: () => connection.resume(),
    });
    this.#deadlines = new Deadlines({ clock, expire: (nowMs) => this.#expire(nowMs) });
    const { peerName, remote } = connection;
    this.#caller = { address: remote, ...(peerName === undefined ? {} : { name: peerName }) };
  }

  /** Throws where no correct peer would send it. */
  packet(payload: Uint8Array): void {
    const event = this.#channel.take(payload);
    if (event !== undefined) this.#act(event);
    // An answer may have been given without a handler.
    if (this.#channel.frames.length > 0) this.#planned();
  }

  drained(): void {
    this.#outlet.drained();
    if (!this.isFull) this.#options.publisher.drained(this.#subscribers);
    this.#planned();
  }

  /** The connection is gone: handlers hear that nobody waits any more. */
  lost(error: QuorateError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadlines.close();
    this.#outlet.close();
    const { calls, streams, subscriptions } = this.#channel.lose();
    for (const call of calls) call.abort(error);
    for (const stream of streams) stream.failed(error);
    for (const subscriber of subscriptions) this.#options.publisher.remove(subscriber);
    this.#subscribers.clear();
  }

  get isFull(): boolean {
    return this.#outlet.isBlocked && this.#outlet.waitingBytes >= this.#options.unsentBytesMax;
  }

  fits(bytes: number): boolean {
    return this.#channel.fits(bytes);
  }

  tell(id: number, publication: Uint8Array): void {
    this.#channel.event(id, publication);
    this.#outlet.planMuch();
  }

  tellGap(id: number, missed: number): void {
    this.#channel.gap(id, missed);
    this.#outlet.plan();
  }

  #act(event: SessionEvent): void {
    switch (event.kind) {
      case 'request':
        this.#request(event);
        return;
      case 'cancelled':
        event.call.abort(callCancelled());
        return;
      case 'notice':
        this.#notice(event.name, event.body);
        return;
      case 'opened':
        this.#opened(event.id, event.name);
        return;
      case 'subscribe':
        this.#subscribe(event.id, event.pattern);
        return;
      case 'unsubscribed':
        this.#subscribers.delete(event.subscription);
        this.#options.publisher.remove(event.subscription);
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
    }
  }

  #request(event: Extract<SessionEvent, { kind: 'request' }>): void {
    const { services, clock } = this.#options;
    const call = new ServedCall(event, this.#caller, clock);
    this.#channel.begin(call);
    const handler = services.requests.get(event.name);
    // What nobody waits for any more is not begun.
    if (event.remainingMs === 0) this.#channel.fail(call, deadlineOver(0, 'not-applied'));
    else if (handler === undefined) this.#channel.fail(call, serviceUnknown(event.name));
    else this.#serve(call, handler, event.body);
  }

  #serve(call: ServedCall, handler: RequestHandler, body: Uint8Array): void {
    try {
      const answer = handler(body, call);
      if (answer instanceof Uint8Array) {
        this.#channel.reply(call, answer);
        return;
      }
      this.#deadlines.note(call.dueMs);
      answer.then(
        (late) => this.#answered(call, late),
        (error: unknown) => this.#failed(call, error),
      );
    } catch (error) {
      this.#failed(call, error);
    }
  }

  /** Handlers are other people's code, and not all of it is checked by a compiler. */
  #answered(call: ServedCall, answer: unknown): void {
    if (!(answer instanceof Uint8Array)) {
      this.#failed(call, new TypeError(`the handler answered with ${typeof answer}, not with bytes`));
      return;
    }
    this.#channel.reply(call, answer);
    this.#planned();
  }

  #failed(call: ServedCall, error: unknown): void {
    this.#channel.fail(call, asServiceError(error, call.name));
    this.#planned();
  }

  #notice(name: string, body: Uint8Array): void {
    const { services } = this.#options;
    const handler = services.messages.get(name);
    if (handler === undefined || !this.#hasRoomFor(body)) {
      this.#leaveOut(name, handler === undefined ? serviceUnknown(name) : undefined);
      return;
    }
    try {
      const ending: unknown = handler(body, { caller: this.#caller });
      if (ending === undefined) return;
      this.#messages += 1;
      this.#messageBytes += body.length;
      // Not every handler that answers with something answers with a promise.
      Promise.resolve(ending)
        .catch((error: unknown) => this.#leaveOut(name, error))
        .finally(() => {
          this.#messages -= 1;
          this.#messageBytes -= body.length;
        });
    } catch (error) {
      this.#leaveOut(name, error);
    }
  }

  #hasRoomFor(body: Uint8Array): boolean {
    const { messagesMax, terms } = this.#options;
    if (this.#messages === 0) return true;
    return this.#messages < messagesMax && this.#messageBytes + body.length <= terms.callBytesMax;
  }

  #leaveOut(name: string, error: unknown): void {
    const { log } = this.#options;
    this.dropped += 1;
    log.warn('message was not handled', { ...this.#caller.address, name, error });
  }

  #opened(id: number, name: string): void {
    const { services } = this.#options;
    const handler = services.streams.get(name);
    if (handler === undefined) {
      this.#channel.refuseStream(id, serviceUnknown(name));
      return;
    }
    const stream = new StreamEnd(this.#channel.streams, this.#outlet);
    stream.begin(id);
    this.#channel.beginStream(id, stream);
    const handled = async (): Promise<void> => handler(stream, { caller: this.#caller });
    void handled()
      .then(() => stream.finish())
      .catch((error: unknown) => stream.abort(asServiceError(error, name)))
      .finally(() => this.#channel.streamHandled());
  }

  #subscribe(id: number, pattern: string): void {
    try {
      checkPattern(pattern);
    } catch (error) {
      this.#channel.refuseSubscription(id, asServiceError(error, 'subscribe'));
      return;
    }
    const subscriber = new Subscriber(pattern, id, this);
    this.#channel.confirm(id, subscriber);
    this.#subscribers.add(subscriber);
    this.#options.publisher.add(subscriber);
  }

  #expire(nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const call of [...this.#channel.calls.values()]) {
      if (call.isOver) continue;
      if (call.dueMs <= nowMs) call.abort(deadlineOver(call.givenMs, 'unknown'));
      else nextMs = Math.min(nextMs, call.dueMs);
    }
    return nextMs;
  }

  /** Answers have gathered. What answers do not bound, such as errors of any length, is bounded here. */
  #planned(): void {
    const { unsentBytesMax, terms, connection, log } = this.#options;
    const bytes = this.#outlet.waitingBytes;
    if (this.#outlet.isBlocked && bytes > terms.callBytesMax + 4 * unsentBytesMax) {
      log.warn('peer does not read what it is told', { ...this.#caller.address, bytes });
      connection.destroy();
      return;
    }
    if (bytes >= unsentBytesMax) this.#outlet.flush();
    else this.#outlet.plan();
  }
}
