/**
 * The protocol by itself, without connections and time: two channels whose frames wait between them until a drawn
 * schedule lets them through, in any interleaving that a connection allows.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { crc32 } from '../../src/base/index.ts';
import { FrameReader } from '../../src/net/index.ts';
import { CallingChannel } from '../../src/net/messaging/calling-channel.ts';
import { callCancelled } from '../../src/net/messaging/refusals.ts';
import { ServingChannel } from '../../src/net/messaging/serving-channel.ts';
import { termsDefault } from '../../src/net/messaging/terms.ts';
import { patterned } from '../ports/expectations.ts';

interface Call {
  id: number;
  readonly bytes: number;
  readonly asks: string;
  ending: string | undefined;
  isCancelled: boolean;
}

interface End {
  id: number;
  readonly received: number[];
  readonly unread: Uint8Array[];
  isComplete: boolean;
  isAborted: boolean;
}

const windowBytes = 3_000;
const terms = { ...termsDefault, windowBytes, callsMax: 5, streamsMax: 3 };

/** What a schedule may do next, by number; what does not fit at that moment is passed over. */
const steps = fc.array(fc.tuple(fc.nat(9), fc.nat(2_000)), { maxLength: 200 });

/** The two sides, and what lies between them. */
class Pair {
  readonly calling = new CallingChannel<Call, End, string>({ checksum: crc32, windowBytes });
  readonly serving = new ServingChannel<Call, End, string>({ checksum: crc32, terms, peerTerms: terms });
  readonly calls: Call[] = [];
  readonly held: Call[] = [];
  readonly near: End[] = [];
  readonly far: End[] = [];
  readonly sent: number[] = [];
  refused = 0;
  readonly #there: Uint8Array[] = [];
  readonly #back: Uint8Array[] = [];
  readonly #thereFrames = new FrameReader({ payloadBytesMax: () => terms.frameBytesMax });
  readonly #backFrames = new FrameReader({ payloadBytesMax: () => terms.frameBytesMax });

  constructor() {
    this.calling.greeted(terms);
  }

  step(kind: number, size: number): void {
    switch (kind) {
      case 0:
        this.#ask(String(this.calls.length));
        return;
      case 1: {
        const call = this.held.splice(size % Math.max(1, this.held.length), 1)[0];
        if (call !== undefined) this.serving.reply(call, Buffer.from(`answer to ${call.asks}`));
        return;
      }
      case 2: {
        const call = this.calls[size % Math.max(1, this.calls.length)];
        if (call !== undefined && this.calling.giveUp(call.id)) call.ending = 'given up';
        return;
      }
      case 3:
        this.#open();
        return;
      case 4:
        this.#write(size);
        return;
      case 5:
        this.#read(size);
        return;
      case 6: {
        const end = this.near[size % Math.max(1, this.near.length)];
        if (end !== undefined && size % 7 === 0) this.calling.streams.end(end.id);
        return;
      }
      case 7: {
        const end = this.far[size % Math.max(1, this.far.length)];
        if (end === undefined || size % 5 > 0) return;
        if (this.serving.streams.abort(end.id, callCancelled())) end.isAborted = true;
        return;
      }
      case 8:
        this.#pass('there', size);
        return;
      default:
        this.#pass('back', size);
    }
  }

  /** Everything that is under way arrives, again and again, and everything that is held is answered. */
  settle(): void {
    for (let round = 0; round < 10_000; round += 1) {
      const before = JSON.stringify([this.calling.open, this.far.map(({ received }) => received.length)]);
      this.#pass('there', Number.POSITIVE_INFINITY);
      this.#pass('back', Number.POSITIVE_INFINITY);
      for (const call of this.held.splice(0)) this.serving.reply(call, Buffer.from(`answer to ${call.asks}`));
      for (const end of this.far) this.#readOne(end);
      const after = JSON.stringify([this.calling.open, this.far.map(({ received }) => received.length)]);
      if (before === after && this.#there.length + this.#back.length === 0 && round > 3) return;
    }
    assert.fail('it never came to rest');
  }

  #ask(asks: string): void {
    const body = Buffer.from(asks);
    const call: Call = { id: 0, bytes: body.length, asks, ending: undefined, isCancelled: false };
    try {
      call.id = this.calling.request('ask', body, undefined, call);
      this.calls.push(call);
    } catch {
      this.refused += 1;
    }
  }

  #open(): void {
    const end: End = { id: 0, received: [], unread: [], isComplete: false, isAborted: false };
    try {
      end.id = this.calling.openStream('copy', end);
      this.near.push(end);
      this.sent.push(0);
    } catch {
      this.refused += 1;
    }
  }

  /** Each stream sends the same pattern, so that a receiver knows what comes next. */
  #write(size: number): void {
    const place = size % Math.max(1, this.near.length);
    const end = this.near[place];
    if (end === undefined || size === 0) return;
    const from = this.sent[place] as number;
    const piece = pattern.subarray(from, from + size);
    try {
      this.sent[place] = from + this.calling.streams.send(end.id, piece, 0);
    } catch (error) {
      // What is sent behind an end is an error of this program, which asserts that it does not.
      assert.match(String(error), /comes before the end/);
    }
  }

  #read(size: number): void {
    const end = this.far[size % Math.max(1, this.far.length)];
    if (end !== undefined) this.#readOne(end);
  }

  #readOne(end: End): void {
    const piece = end.unread.shift();
    if (piece === undefined) return;
    end.received.push(...piece);
    this.serving.streams.taken(end.id, piece.length);
  }

  #pass(way: 'there' | 'back', size: number): void {
    const channel = way === 'there' ? this.calling : this.serving;
    const queue = way === 'there' ? this.#there : this.#back;
    if (channel.frames.length > 0) queue.push(channel.frames.take());
    let left = size;
    while (queue.length > 0 && left > 0) {
      const first = queue[0] as Uint8Array;
      const piece = first.subarray(0, Math.min(first.length, left));
      left -= piece.length;
      if (piece.length === first.length) queue.shift();
      else queue[0] = first.subarray(piece.length);
      if (way === 'there') this.#thereFrames.push(piece, (payload) => this.#arrivedThere(payload));
      else this.#backFrames.push(piece, (payload) => this.#arrivedBack(payload));
    }
  }

  #arrivedThere(payload: Uint8Array): void {
    const event = this.serving.take(payload);
    if (event?.kind === 'request') {
      const { id, body } = event;
      const asks = Buffer.from(body).toString();
      const call: Call = { id, bytes: body.length, asks, ending: undefined, isCancelled: false };
      this.serving.begin(call);
      this.held.push(call);
      assert.ok(this.held.length <= terms.callsMax, 'no more are held than is allowed');
    } else if (event?.kind === 'opened') {
      const end: End = { id: event.id, received: [], unread: [], isComplete: false, isAborted: false };
      this.far.push(end);
      this.serving.beginStream(event.id, end);
      this.serving.streamHandled();
    } else if (event?.kind === 'piece') {
      event.stream.unread.push(event.body);
      const unread = event.stream.unread.reduce((bytes, { length }) => bytes + length, 0);
      assert.ok(unread <= windowBytes, 'no more waits to be read than was granted');
    } else if (event?.kind === 'ended') event.stream.isComplete = true;
  }

  #arrivedBack(payload: Uint8Array): void {
    const event = this.calling.take(payload);
    if (event?.kind === 'reply') {
      assert.equal(event.call.ending, undefined, 'a call has one ending');
      event.call.ending = Buffer.from(event.body).toString();
    } else if (event?.kind === 'failure') event.call.ending = event.error.code;
    else if (event?.kind === 'aborted') event.stream.isAborted = true;
  }
}

const pattern = patterned(500_000);

test('whatever the order, each call has its own ending once, and streams bring what was sent', () => {
  fc.assert(
    fc.property(steps, (schedule) => {
      const pair = new Pair();
      for (const [kind, size] of schedule) pair.step(kind, size);
      pair.settle();
      for (const { asks, ending } of pair.calls)
        assert.ok([`answer to ${asks}`, 'given up', 'queue-full'].includes(ending ?? ''), String(ending));
      for (const [place, end] of pair.near.entries()) {
        const far = pair.far.find(({ id }) => id === end.id);
        // One that the other side had no room for.
        if (far === undefined) continue;
        const sent = pair.sent[place] as number;
        const whole = pattern.subarray(0, far.received.length);
        assert.deepEqual(far.received, [...whole], 'what came is a beginning of what was sent');
        if (!far.isAborted) assert.equal(far.received.length, sent);
      }
      assert.equal(pair.serving.calls.size, 0);
    }),
    { numRuns: 300 },
  );
});
