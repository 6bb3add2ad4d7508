/**
 * A connection as the side that accepted it sees it, as a state machine without I/O. What a peer may have open is
 * bounded here, before any handler hears of it. A request whose caller has given up keeps its place until its
 * handler has ended: a peer that asks and gives up again and again would otherwise have any number of handlers
 * running (as with HTTP/2's "rapid reset", CVE-2023-44487).
 */
import type { QuorateError } from '../../base/index.ts';
import type { Checksum } from '../frame.ts';
import { FrameBatch } from '../frame-batch.ts';
import { ChannelStreams, type StreamEvent } from './channel-streams.ts';
import { decodePacket, encodeEvent, encodePacket, type Packet, packetOverheadBytes } from './packet.ts';
import { answersFull, numberReused, queueFull, tooLarge, wrongSpeaker } from './refusals.ts';
import type { MessagingTerms } from './terms.ts';

/** A request that a handler works on. */
interface HeldCall {
  readonly id: number;
  /** Of its body. */
  readonly bytes: number;
  /** Nobody waits for its answer any more. */
  isCancelled: boolean;
}

export type ServingEvent<Call, Stream, Subscription> =
  | StreamEvent<Stream>
  /** To be begun with `begin`, and answered with `reply` or `fail`, once. */
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly name: string;
      readonly body: Uint8Array;
      readonly remainingMs: number | undefined;
    }
  | { readonly kind: 'cancelled'; readonly call: Call }
  | { readonly kind: 'notice'; readonly name: string; readonly body: Uint8Array }
  /** To be begun with `beginStream`, or refused with `refuseStream`. */
  | { readonly kind: 'opened'; readonly id: number; readonly name: string }
  /** To be begun with `confirm`, or refused with `refuseSubscription`. */
  | { readonly kind: 'subscribe'; readonly id: number; readonly pattern: string }
  | { readonly kind: 'unsubscribed'; readonly subscription: Subscription };

interface ServingChannelOptions {
  readonly checksum: Checksum;
  /** What this side lets the other do. */
  readonly terms: MessagingTerms;
  /** What the other side has said of itself. */
  readonly peerTerms: MessagingTerms;
}

export class ServingChannel<Call extends HeldCall, Stream, Subscription> {
  readonly frames: FrameBatch;
  readonly streams: ChannelStreams<Stream>;
  readonly #terms: MessagingTerms;
  readonly #peerTerms: MessagingTerms;
  readonly #calls = new Map<number, Call>();
  readonly #subscriptions = new Map<number, Subscription>();
  #callBytes = 0;
  /** Streams whose handlers have not ended, whatever became of the streams. */
  #streamsHeld = 0;
  #lastId = 0;

  constructor({ checksum, terms, peerTerms }: ServingChannelOptions) {
    this.frames = new FrameBatch(checksum);
    this.streams = new ChannelStreams(this.frames);
    this.streams.limit(peerTerms.frameBytesMax - packetOverheadBytes);
    this.#terms = terms;
    this.#peerTerms = peerTerms;
  }

  get calls(): ReadonlyMap<number, Call> {
    return this.#calls;
  }

  /** What a payload means; throws where no correct peer would send it, and then the connection is of no more use. */
  take(payload: Uint8Array): ServingEvent<Call, Stream, Subscription> | undefined {
    const packet = decodePacket(payload);
    switch (packet.kind) {
      case 'request':
        return this.#request(packet);
      case 'cancel':
        return this.#cancel(packet.id);
      case 'notice':
        return { kind: 'notice', name: packet.name, body: packet.body };
      case 'open':
        return this.#open(packet);
      case 'subscribe':
        return this.#subscribe(packet);
      case 'piece':
      case 'credit':
      case 'end':
      case 'abort':
        return this.streams.take(packet);
      case 'ping':
        this.#write({ kind: 'pong' });
        return undefined;
      default:
        throw wrongSpeaker(packet.kind);
    }
  }

  begin(call: Call): void {
    this.#calls.set(call.id, call);
    this.#callBytes += call.bytes;
  }

  /**
   * Answers a request; one whose caller has given up is only done with. Answers that wait to be sent are bounded as
   * requests are: a caller that reads more slowly than it is answered hears which ones there was no room for.
   */
  reply(call: Call, body: Uint8Array): void {
    const limit = this.#peerTerms.frameBytesMax - packetOverheadBytes;
    const { callBytesMax } = this.#terms;
    const waiting = this.frames.length;
    if (body.length > limit) this.fail(call, tooLarge('reply', body.length, limit, 'unknown'));
    else if (waiting > 0 && waiting + body.length > callBytesMax) this.fail(call, answersFull(callBytesMax));
    else if (this.#finish(call)) this.#write({ kind: 'reply', id: call.id, body });
  }

  fail(call: Call, error: QuorateError): void {
    if (this.#finish(call)) this.#write({ kind: 'failure', id: call.id, error });
  }

  beginStream(id: number, stream: Stream): void {
    this.#streamsHeld += 1;
    const windows = { sending: this.#peerTerms.windowBytes, receiving: this.#terms.windowBytes };
    this.streams.begin(id, stream, windows);
  }

  refuseStream(id: number, error: QuorateError): void {
    this.#write({ kind: 'abort', id, error });
  }

  /** The handler of a stream has ended. */
  streamHandled(): void {
    this.#streamsHeld -= 1;
  }

  confirm(id: number, subscription: Subscription): void {
    this.#subscriptions.set(id, subscription);
    this.#write({ kind: 'reply', id, body: noBytes });
  }

  refuseSubscription(id: number, error: QuorateError): void {
    this.#write({ kind: 'failure', id, error });
  }

  /** `publication` is what `encodePublication` made, the same for all. */
  event(id: number, publication: Uint8Array): void {
    this.frames.add((writer) => encodeEvent(writer, id, publication));
  }

  gap(id: number, missed: number): void {
    this.#write({ kind: 'gap', id, missed });
  }

  /** Whether the peer takes a packet of this size. */
  fits(bytes: number): boolean {
    return bytes + packetOverheadBytes <= this.#peerTerms.frameBytesMax;
  }

  /** The connection is gone: whoever worked on something for it. */
  lose(): { readonly calls: Call[]; readonly streams: Stream[]; readonly subscriptions: Subscription[] } {
    const calls = [...this.#calls.values()];
    for (const call of calls) call.isCancelled = true;
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    this.frames.reset();
    return { calls, streams: this.streams.lose(), subscriptions };
  }

  #request({
    id,
    name,
    body,
    remainingMs,
  }: Extract<Packet, { kind: 'request' }>): ServingEvent<Call, Stream, Subscription> | undefined {
    this.#number(id);
    const { callsMax, callBytesMax } = this.#terms;
    const isFull = this.#calls.size >= callsMax;
    if (!isFull && (this.#calls.size === 0 || this.#callBytes + body.length <= callBytesMax))
      return { kind: 'request', id, name, body, remainingMs };
    const error = isFull
      ? queueFull('requests of a connection', callsMax)
      : queueFull('bytes in the requests of a connection', callBytesMax);
    this.#write({ kind: 'failure', id, error });
    return undefined;
  }

  #cancel(id: number): ServingEvent<Call, Stream, Subscription> | undefined {
    const call = this.#calls.get(id);
    if (call !== undefined) {
      if (call.isCancelled) return undefined;
      call.isCancelled = true;
      return { kind: 'cancelled', call };
    }
    const subscription = this.#subscriptions.get(id);
    if (subscription === undefined) return undefined;
    this.#subscriptions.delete(id);
    return { kind: 'unsubscribed', subscription };
  }

  #open({
    id,
    name,
  }: Extract<Packet, { kind: 'open' }>): ServingEvent<Call, Stream, Subscription> | undefined {
    this.#number(id);
    const { streamsMax } = this.#terms;
    if (this.#streamsHeld < streamsMax && this.streams.size < streamsMax) return { kind: 'opened', id, name };
    this.refuseStream(id, queueFull('streams of a connection', streamsMax));
    return undefined;
  }

  #subscribe({
    id,
    pattern,
  }: Extract<Packet, { kind: 'subscribe' }>): ServingEvent<Call, Stream, Subscription> | undefined {
    this.#number(id);
    const { subscriptionsMax } = this.#terms;
    if (this.#subscriptions.size < subscriptionsMax) return { kind: 'subscribe', id, pattern };
    this.refuseSubscription(id, queueFull('subscriptions of a connection', subscriptionsMax));
    return undefined;
  }

  /** Numbers only grow, so that no two things ever share one. */
  #number(id: number): void {
    if (id <= this.#lastId) throw numberReused(id, this.#lastId);
    this.#lastId = id;
  }

  /** False: nobody waits for an answer. */
  #finish(call: Call): boolean {
    if (!this.#calls.delete(call.id)) return false;
    this.#callBytes -= call.bytes;
    return !call.isCancelled;
  }

  #write(packet: Packet): void {
    this.frames.add((writer) => encodePacket(writer, packet));
  }
}

const noBytes = new Uint8Array(0);
