/**
 * A connection as the side that made it sees it, as a state machine without I/O: what it asks goes out as frames
 * in `frames`, each packet that comes back means at most one event. It chooses the numbers, so that an answer
 * finds what it answers, and nothing else: a number is never used twice, and what comes for one that is done is
 * passed over.
 */
import type { QuorateError } from '../../base/index.ts';
import type { Checksum } from '../frame.ts';
import { FrameBatch } from '../frame-batch.ts';
import { ChannelStreams, type StreamEvent } from './channel-streams.ts';
import { decodePacket, encodePacket, type Packet, packetOverheadBytes } from './packet.ts';
import { queueFull, tooLarge, wrongSpeaker } from './refusals.ts';
import { type MessagingTerms, termsDefault } from './terms.ts';

/** What waits for an answer. */
interface AskedCall {
  /** Of its body. */
  readonly bytes: number;
}

export type CallingEvent<Call, Stream, Subscription> =
  | StreamEvent<Stream>
  | { readonly kind: 'reply'; readonly call: Call; readonly body: Uint8Array }
  | { readonly kind: 'failure'; readonly call: Call; readonly error: QuorateError }
  /** It is in force: whatever is published from now on is told, or counted. */
  | { readonly kind: 'confirmed'; readonly subscription: Subscription }
  | { readonly kind: 'refused'; readonly subscription: Subscription; readonly error: QuorateError }
  | {
      readonly kind: 'event';
      readonly subscription: Subscription;
      readonly subject: string;
      readonly body: Uint8Array;
    }
  | { readonly kind: 'gap'; readonly subscription: Subscription; readonly missed: number };

interface CallingChannelOptions {
  readonly checksum: Checksum;
  /** What this side grants on each stream. */
  readonly windowBytes: number;
}

export class CallingChannel<Call extends AskedCall, Stream, Subscription> {
  readonly frames: FrameBatch;
  readonly streams: ChannelStreams<Stream>;
  readonly #windowBytes: number;
  readonly #calls = new Map<number, Call>();
  readonly #subscriptions = new Map<number, Subscription>();
  /** What the other side lets this one do. */
  #terms: MessagingTerms = termsDefault;
  #callBytes = 0;
  #lastId = 0;

  constructor({ checksum, windowBytes }: CallingChannelOptions) {
    this.frames = new FrameBatch(checksum);
    this.streams = new ChannelStreams(this.frames);
    this.#windowBytes = windowBytes;
  }

  /** Calls, streams and subscriptions that are open. */
  get open(): number {
    return this.#calls.size + this.streams.size + this.#subscriptions.size;
  }

  get calls(): ReadonlyMap<number, Call> {
    return this.#calls;
  }

  /** The other side has said what it grants; nothing is asked of it before. */
  greeted(terms: MessagingTerms): void {
    this.#terms = terms;
    this.streams.limit(terms.frameBytesMax - packetOverheadBytes);
  }

  /** Throws why it cannot be asked, and then has asked nothing; answers its number. */
  request(name: string, body: Uint8Array, remainingMs: number | undefined, call: Call): number {
    const { callsMax, callBytesMax } = this.#terms;
    this.#checkSize('request', name, body.length);
    if (this.#calls.size >= callsMax) throw queueFull('requests of a connection', callsMax);
    if (this.#calls.size > 0 && this.#callBytes + body.length > callBytesMax)
      throw queueFull('bytes in the requests of a connection', callBytesMax);
    const id = this.#number();
    this.#calls.set(id, call);
    this.#callBytes += body.length;
    if (remainingMs === undefined) this.#write({ kind: 'request', id, name, body });
    else this.#write({ kind: 'request', id, name, body, remainingMs });
    return id;
  }

  /** The caller does not wait any more; the other side hears of it. False: there was an answer. */
  giveUp(id: number): boolean {
    if (!this.#forget(id)) return false;
    this.#write({ kind: 'cancel', id });
    return true;
  }

  notify(name: string, body: Uint8Array): void {
    this.#checkSize('message', name, body.length);
    this.#write({ kind: 'notice', name, body });
  }

  openStream(name: string, stream: Stream): number {
    const { streamsMax, windowBytes } = this.#terms;
    this.#checkSize('name', name, 0);
    if (this.streams.size >= streamsMax) throw queueFull('streams of a connection', streamsMax);
    const id = this.#number();
    this.streams.begin(id, stream, { sending: windowBytes, receiving: this.#windowBytes });
    this.#write({ kind: 'open', id, name });
    return id;
  }

  subscribe(pattern: string, subscription: Subscription): number {
    const { subscriptionsMax } = this.#terms;
    if (this.#subscriptions.size >= subscriptionsMax)
      throw queueFull('subscriptions of a connection', subscriptionsMax);
    const id = this.#number();
    this.#subscriptions.set(id, subscription);
    this.#write({ kind: 'subscribe', id, pattern });
    return id;
  }

  unsubscribe(id: number): void {
    if (this.#subscriptions.delete(id)) this.#write({ kind: 'cancel', id });
  }

  ping(): void {
    this.#write({ kind: 'ping' });
  }

  /** What a payload means; throws where no correct peer would send it, and then the connection is of no more use. */
  take(payload: Uint8Array): CallingEvent<Call, Stream, Subscription> | undefined {
    const packet = decodePacket(payload);
    switch (packet.kind) {
      case 'reply':
      case 'failure':
        return this.#answer(packet);
      case 'event': {
        const subscription = this.#subscriptions.get(packet.id);
        if (subscription === undefined) return undefined;
        return { kind: 'event', subscription, subject: packet.subject, body: packet.body };
      }
      case 'gap': {
        const subscription = this.#subscriptions.get(packet.id);
        return subscription && { kind: 'gap', subscription, missed: packet.missed };
      }
      case 'piece':
      case 'credit':
      case 'end':
      case 'abort':
        return this.streams.take(packet);
      case 'pong':
        return undefined;
      default:
        throw wrongSpeaker(packet.kind);
    }
  }

  /** The connection is gone: whoever waits for something on it. */
  lose(): { readonly calls: Call[]; readonly streams: Stream[]; readonly subscriptions: Subscription[] } {
    const calls = [...this.#calls.values()];
    const subscriptions = [...this.#subscriptions.values()];
    this.#calls.clear();
    this.#callBytes = 0;
    this.#subscriptions.clear();
    this.frames.reset();
    return { calls, streams: this.streams.lose(), subscriptions };
  }

  #answer(
    packet: Extract<Packet, { kind: 'reply' | 'failure' }>,
  ): CallingEvent<Call, Stream, Subscription> | undefined {
    const call = this.#forget(packet.id);
    if (call !== undefined) {
      if (packet.kind === 'reply') return { kind: 'reply', call, body: packet.body };
      return { kind: 'failure', call, error: packet.error };
    }
    const subscription = this.#subscriptions.get(packet.id);
    if (subscription === undefined) return undefined;
    if (packet.kind === 'reply') return { kind: 'confirmed', subscription };
    this.#subscriptions.delete(packet.id);
    return { kind: 'refused', subscription, error: packet.error };
  }

  #forget(id: number): Call | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#callBytes -= call.bytes;
    return call;
  }

  #number(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  #checkSize(what: string, name: string, bodyBytes: number): void {
    const limit = this.#terms.frameBytesMax - packetOverheadBytes;
    // A character takes three bytes at most; which it takes is looked at only where that decides.
    if (3 * name.length + bodyBytes <= limit) return;
    const bytes = utf8.encode(name).length + bodyBytes;
    if (bytes > limit) throw tooLarge(what, bytes, limit, 'not-applied');
  }

  #write(packet: Packet): void {
    this.frames.add((writer) => encodePacket(writer, packet));
  }
}

const utf8 = new TextEncoder();
