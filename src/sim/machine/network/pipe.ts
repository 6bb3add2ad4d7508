/**
 * One direction of one connection: the sender's kernel, the wire and the receiver's kernel. Bytes leave as
 * segments, each an event at its arrival, and arrive in order. What cannot arrive, because the link is cut or
 * the receiving machine is down, stays and is sent again when the way is free, at the moment a kernel with
 * doubling pauses would try; a sender whose bytes stay unacknowledged for too long gives the connection up.
 *
 * Acknowledgements cost no events of their own while all is well: what the receiver's program has taken makes
 * room in the window at once, and an event tells the sender only when it waits for that room.
 */
import { Deque } from '../../../base/index.ts';
import { ScheduledEvent, type Scheduler } from '../kernel/index.ts';
import type { Host } from './host.ts';
import type { Link } from './link.ts';

/** What a pipe has at each of its ends. */
export interface PipeEnd {
  readonly host: Host;
  /** True when the machine's kernel does not know this connection any more. */
  readonly gone: boolean;
  receive(bytes: Uint8Array): void;
  receiveEnd(): void;
  /** The sender's end has left, behind all bytes. */
  endSent(): void;
  /** There may be room for bytes that wait. */
  roomMade(): void;
  /** The connection is lost; `system` is the system's code. */
  lost(system: string): void;
}

export interface PipeSettings {
  readonly scheduler: Scheduler;
  /** Most bytes between the two programs; what is beyond waits at the sender. */
  readonly windowBytes: number;
  /** How long bytes may stay unacknowledged before the sender gives up. */
  readonly giveUpMs: number;
  /** How likely a segment arrives in two parts. */
  readonly splitChance: number;
  /** Pipes in which something could not pass. Whoever repairs a link or starts a machine retries them. */
  readonly stuck: Set<Pipe>;
}

export interface PipeInit {
  readonly settings: PipeSettings;
  readonly link: Link;
  readonly back: Link;
  readonly sender: PipeEnd;
  readonly receiver: PipeEnd;
  /** Nothing arrives before, because the handshake has not. */
  readonly notBeforeMs: number;
}

/** The most that one read brings. */
const readBytesMax = 65_536;

export class Pipe {
  readonly #settings: PipeSettings;
  readonly #scheduler: Scheduler;
  readonly #link: Link;
  readonly #back: Link;
  readonly #sender: PipeEnd;
  readonly #receiver: PipeEnd;
  readonly #waiting = new Deque<Uint8Array>();
  #waitingBytes = 0;
  #endWaits = false;
  readonly #flight = new Deque<Segment>();
  /** Sent, and not yet taken by the receiver's program. */
  #flightBytes = 0;
  #lastArrivalMs: number;
  #segmentsStuckSinceMs: number | undefined;
  #roomEventUnderWay = false;
  #roomEventStuck = false;
  #unacknowledgedSinceMs: number | undefined;
  /** The sender's kernel has forgotten the connection. */
  #sendsNothingAgain = false;

  constructor(init: PipeInit) {
    this.#settings = init.settings;
    this.#scheduler = init.settings.scheduler;
    this.#link = init.link;
    this.#back = init.back;
    this.#sender = init.sender;
    this.#receiver = init.receiver;
    this.#lastArrivalMs = init.notBeforeMs;
  }

  /** Bytes that the kernel has not taken yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  send(bytes: Uint8Array, nowMs: number): void {
    if (this.#waiting.size === 0 && this.#flightBytes + bytes.length <= this.#settings.windowBytes) {
      this.#transmit(bytes, nowMs);
      return;
    }
    this.#waiting.pushBack(bytes);
    this.#waitingBytes += bytes.length;
    this.#transmitWaiting(nowMs);
  }

  /** Sends an end behind everything. */
  sendEnd(nowMs: number): void {
    this.#endWaits = true;
    this.#transmitWaiting(nowMs);
  }

  /** The sending program is gone and its kernel resets the connection: a beginning of what is under way arrives. */
  sendReset(): void {
    this.#dropWaiting();
    this.#forgetFlight();
    const nowMs = this.#scheduler.nowMs;
    const arrivalMs = Math.max(this.#lastArrivalMs, nowMs + this.#link.passMs(0, nowMs));
    this.#scheduler.at(arrivalMs, () => {
      // A reset is sent once. Where it gets lost, the other side goes on with half a connection.
      if (!this.#link.isCut && this.#receiver.host.up) this.#receiver.lost('ECONNRESET');
    });
  }

  /** The sending program is gone; its kernel sends what it has, and an end behind it. */
  sendEndOfDead(): void {
    this.#dropWaiting();
    this.sendEnd(this.#scheduler.nowMs);
  }

  /** The sending machine is gone. A beginning of what is under way arrives; nothing is sent again. */
  loseSender(): void {
    this.#dropWaiting();
    this.#forgetFlight();
    this.#settings.stuck.delete(this);
  }

  /** The sender's end of the connection is over: nothing more leaves it. */
  stop(): void {
    this.#dropWaiting();
    this.#dropFlight();
    this.#unacknowledgedSinceMs = undefined;
    this.#settings.stuck.delete(this);
  }

  /** The receiving program took so many bytes. */
  taken(bytes: number): void {
    this.#flightBytes -= bytes;
    if (this.#back.isCut) this.#holdRoomEvent();
    else if (this.#waiting.size > 0 && !this.#roomEventUnderWay) this.#sendRoomEvent(0);
  }

  /** The way may be free again. */
  retry(): void {
    const nowMs = this.#scheduler.nowMs;
    const stuckSinceMs = this.#segmentsStuckSinceMs;
    if (stuckSinceMs !== undefined && this.#passable()) {
      this.#segmentsStuckSinceMs = undefined;
      this.#sendAgain(nowMs + this.#link.nextAttemptMs(nowMs - stuckSinceMs) + this.#link.passMs(0, nowMs));
    }
    if (this.#roomEventStuck && !this.#back.isCut) {
      this.#roomEventStuck = false;
      this.#sendRoomEvent(this.#back.nextAttemptMs(nowMs - (this.#unacknowledgedSinceMs ?? nowMs)));
    }
    if (this.#segmentsStuckSinceMs === undefined && !this.#roomEventStuck) this.#settings.stuck.delete(this);
  }

  /** A segment's time has come. Those before it may still be on their way, and then they bring it along. */
  arrive(): void {
    const segment = this.#flight.front();
    const nowMs = this.#scheduler.nowMs;
    if (segment === undefined || segment.arrivalMs > nowMs) return;
    if (!this.#passable()) return this.#getStuck(nowMs);
    if (this.#receiver.gone) return this.#refuse();
    if (!this.#roomEventStuck) this.#unacknowledgedSinceMs = undefined;
    if (segment.isEnd) {
      this.#flight.popFront();
      this.#receiver.receiveEnd();
      return;
    }
    const length = this.#link.splitLength(segment.left, this.#settings.splitChance);
    const isSplit = length < segment.left;
    const bytes = segment.take(length);
    if (segment.left === 0) this.#flight.popFront();
    else if (isSplit) this.#delay(segment, nowMs + this.#link.gapMs());
    const next = this.#flight.front();
    if (next !== undefined && next.arrivalMs <= nowMs) this.#scheduler.soon(() => this.arrive());
    this.#receiver.receive(bytes);
  }

  #passable(): boolean {
    return !this.#link.isCut && this.#receiver.host.up;
  }

  #delay(segment: Segment, arrivalMs: number): void {
    segment.arrivalMs = arrivalMs;
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs);
    this.#scheduler.add(segment, arrivalMs);
  }

  #transmitWaiting(nowMs: number): void {
    for (let chunk = this.#waiting.popFront(); chunk !== undefined; chunk = this.#waiting.popFront()) {
      const room = this.#settings.windowBytes - this.#flightBytes;
      if (room < chunk.length) this.#waiting.pushFront(chunk.subarray(Math.max(0, room)));
      if (room <= 0) return;
      const sent = room < chunk.length ? chunk.subarray(0, room) : chunk;
      this.#waitingBytes -= sent.length;
      this.#transmit(sent, nowMs);
    }
    if (!this.#endWaits) return;
    this.#endWaits = false;
    this.#launch(new Segment(this, new Uint8Array(0), nowMs, true), nowMs);
    this.#sender.endSent();
  }

  #transmit(bytes: Uint8Array, nowMs: number): void {
    this.#flightBytes += bytes.length;
    const last = this.#flight.back();
    if (last !== undefined && last.sentAtMs === nowMs && !last.isEnd) last.add(bytes);
    else this.#launch(new Segment(this, bytes, nowMs, false), nowMs);
  }

  #launch(segment: Segment, nowMs: number): void {
    this.#flight.pushBack(segment);
    if (this.#segmentsStuckSinceMs !== undefined) return;
    segment.arrivalMs = Math.max(this.#lastArrivalMs, nowMs + this.#link.passMs(segment.left, nowMs));
    this.#lastArrivalMs = segment.arrivalMs;
    this.#scheduler.add(segment, segment.arrivalMs);
  }

  #sendAgain(arrivalMs: number): void {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, arrivalMs);
    for (const segment of this.#flight) segment.arrivalMs = this.#lastArrivalMs;
    this.#scheduler.at(this.#lastArrivalMs, () => this.arrive());
  }

  #getStuck(nowMs: number): void {
    if (this.#sendsNothingAgain) return this.#dropFlight();
    for (const segment of this.#flight) segment.arrivalMs = Number.POSITIVE_INFINITY;
    this.#segmentsStuckSinceMs = nowMs;
    this.#waitForAcknowledgement(nowMs);
  }

  #holdRoomEvent(): void {
    if (this.#roomEventStuck || this.#sendsNothingAgain) return;
    this.#roomEventStuck = true;
    this.#waitForAcknowledgement(this.#scheduler.nowMs);
  }

  #waitForAcknowledgement(nowMs: number): void {
    this.#settings.stuck.add(this);
    this.#unacknowledgedSinceMs ??= nowMs;
    const sinceMs = this.#unacknowledgedSinceMs;
    this.#scheduler.at(sinceMs + this.#settings.giveUpMs, () => {
      if (this.#unacknowledgedSinceMs !== sinceMs) return;
      this.stop();
      this.#sender.lost('ETIMEDOUT');
    });
  }

  #sendRoomEvent(waitMs: number): void {
    const nowMs = this.#scheduler.nowMs;
    this.#roomEventUnderWay = true;
    this.#scheduler.at(nowMs + waitMs + this.#back.passMs(0, nowMs), () => {
      this.#roomEventUnderWay = false;
      if (this.#back.isCut) return this.#holdRoomEvent();
      if (this.#segmentsStuckSinceMs === undefined) this.#unacknowledgedSinceMs = undefined;
      this.#transmitWaiting(this.#scheduler.nowMs);
      this.#sender.roomMade();
    });
  }

  /** The receiver's kernel does not know the connection and says so. */
  #refuse(): void {
    this.#dropFlight();
    if (this.#sender.gone) return;
    const nowMs = this.#scheduler.nowMs;
    this.#scheduler.at(nowMs + this.#back.passMs(0, nowMs), () => {
      if (!this.#back.isCut && this.#sender.host.up) this.#sender.lost('ECONNRESET');
    });
  }

  #dropWaiting(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  /** What is on the wire arrives, what was still in the sender's kernel does not, and where one ends is luck. */
  #forgetFlight(): void {
    this.#sendsNothingAgain = true;
    if (this.#segmentsStuckSinceMs !== undefined) return this.#dropFlight();
    const flight = [...this.#flight];
    const underWay = flight.reduce((bytes, segment) => bytes + segment.left, 0);
    let onWire = this.#link.cutLength(underWay);
    const isWhole = onWire === underWay;
    this.#flight.clear();
    for (const segment of flight) {
      segment.shorten(Math.min(segment.left, onWire));
      onWire -= segment.left;
      if (segment.left > 0 || (segment.isEnd && isWhole)) this.#flight.pushBack(segment);
      else segment.cancelled = true;
    }
  }

  #dropFlight(): void {
    for (const segment of this.#flight) segment.cancelled = true;
    this.#flight.clear();
    this.#flightBytes = 0;
  }
}

/** Bytes that left together. */
class Segment extends ScheduledEvent {
  readonly sentAtMs: number;
  readonly isEnd: boolean;
  arrivalMs = Number.POSITIVE_INFINITY;
  readonly #pipe: Pipe;
  #bytes: Uint8Array;
  #more: Uint8Array[] | undefined;
  #length: number;
  #offset = 0;

  constructor(pipe: Pipe, bytes: Uint8Array, sentAtMs: number, isEnd: boolean) {
    super();
    this.#pipe = pipe;
    this.#bytes = bytes;
    this.#length = bytes.length;
    this.sentAtMs = sentAtMs;
    this.isEnd = isEnd;
  }

  /** How many bytes have not arrived. */
  get left(): number {
    return this.#length - this.#offset;
  }

  add(bytes: Uint8Array): void {
    this.#more ??= [];
    this.#more.push(bytes);
    this.#length += bytes.length;
  }

  /** The next bytes, at most `length` and at most what one read brings. */
  take(length: number): Uint8Array {
    if (this.#more !== undefined) this.#join(this.#more);
    const from = this.#offset;
    this.#offset += Math.min(length, readBytesMax);
    if (from === 0 && this.#offset === this.#bytes.length) return this.#bytes;
    return this.#bytes.subarray(from, this.#offset);
  }

  /** Leaves only the next `left` bytes. */
  shorten(left: number): void {
    if (this.#more !== undefined) this.#join(this.#more);
    this.#length = this.#offset + left;
  }

  fire(): void {
    this.#pipe.arrive();
  }

  #join(more: readonly Uint8Array[]): void {
    const joined = new Uint8Array(this.#length);
    joined.set(this.#bytes);
    let at = this.#bytes.length;
    for (const bytes of more) {
      joined.set(bytes, at);
      at += bytes.length;
    }
    this.#bytes = joined;
    this.#more = undefined;
  }
}
