/**
 * Everything that is written in one directory, in order and without a gap, for as long as somebody wants it. A
 * consumer of JetStream delivers it; whenever that one skips, falls silent or is lost with its server, another one
 * is made that goes on behind the last message.
 *
 * A consumer has caught up when it has delivered a message that was written since it was made. It tells with each
 * message how many more there are, but that is not to be relied on: behind the loss of a server of a cluster 2.9.10
 * miscounts, and told of 34 more for as long as we listened.
 *
 * What a feed cannot know is whether a consumer has passed over what it had to deliver (`witness.ts`), and whether the server has dropped messages in the meantime, because of a subject only so
 * many are kept. It says where each consumer has caught up, and its reader judges by what came until then.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Clock, Random, Timer } from '../../ports/index.ts';
import { Call, pause } from './call.ts';
import type { NatsMessage } from './nats-module.ts';
import { randomId } from './random-id.ts';
import { type Delivery, readDelivery } from './stored-message.ts';
import type { Stream } from './stream.ts';

export interface FeedReader {
  /** A consumer begins behind the last message. */
  begins(): void;
  receives(message: NatsMessage, delivery: Delivery): void;
  /** Has a message written that the consumer will deliver; its sequence. */
  mark(call: Call): Promise<number>;
  /** All that there was has been received; said once for each consumer. */
  hasCaughtUp(): void;
  /** It is over, by an error that trying again would not mend. */
  fails(error: unknown): void;
}

export interface FeedInit {
  readonly stream: Stream;
  readonly clock: Clock;
  readonly random: Random;
  readonly filter: string;
  readonly reader: FeedReader;
}

const heartbeatMs = 2_000;
const silenceMsMax = 3 * heartbeatMs;
/** For somebody who waits. */
const silenceMsWaited = heartbeatMs;
/** A server may lag behind and send heartbeats all the same. */
const standstillMsMax = 2 * heartbeatMs;
const startMsMax = 10_000;
/**
 * For so long the making of a consumer is waited for, each twice: one that is given to a server that was just lost is
 * asked for anew soon, and a busy cluster gets its time.
 */
const makingMs = [1_000, 1_000, 2_000, 2_000, 4_000];
/** What a server says while it goes down, and what an operator mends. */
const passingCodes: ReadonlySet<string> = new Set(['engine-failed', 'engine-full']);
const againMsMin = 200;
const againMsMax = 500;

export class Feed {
  readonly #init: FeedInit;
  readonly #end = new AbortController();
  readonly #unlisten: () => void;
  #last = 0;
  /** Of the consumer that is listened to: how much it has delivered. */
  #received = 0;
  /** It has caught up with the message of this sequence. */
  #markedAt = Number.POSITIVE_INFINITY;
  #hasCaughtUp = false;
  #generation = 0;
  #subscription: { unsubscribe(): void } | undefined;
  #silence: Timer | undefined;
  #heardAt = 0;
  /** When the last message came. */
  #deliveredAt = 0;
  #isTried = false;
  /** Consumers in a row that were asked for and not answered for. */
  #unmade = 0;
  #running: Promise<void> | undefined;
  #isWanted = false;

  constructor(init: FeedInit) {
    this.#init = init;
    this.#unlisten = init.stream.link.subscribeToState((isUp) => {
      if (isUp) this.#restart();
    });
    this.#restart();
  }

  /** Somebody has waited that long for what is in the stream; a consumer that brings nothing is replaced. */
  doubt(waitedMs: number): void {
    if (this.#running !== undefined) return;
    const now = this.#init.clock.now();
    const isSilent = this.#heardAt + silenceMsWaited <= now;
    const standsStill = waitedMs >= standstillMsMax && this.#deliveredAt + standstillMsMax <= now;
    if (isSilent || standsStill) this.#restart();
  }

  /** A consumer has left something out: another one delivers everything from the beginning. */
  startOver(): void {
    this.#last = 0;
    this.#restart();
  }

  async close(): Promise<void> {
    if (this.#end.signal.aborted) return;
    this.#unlisten();
    this.#end.abort();
    this.#drop();
    await this.#running;
  }

  /** Another consumer in place of the one there is. While one is being made, one more is made behind it. */
  #restart(): void {
    if (this.#end.signal.aborted) return;
    this.#drop();
    this.#isWanted = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { clock, reader } = this.#init;
    let againMs = againMsMin;
    while (this.#isWanted && !this.#end.signal.aborted) {
      this.#isWanted = false;
      try {
        if (await this.#start()) continue;
      } catch (error) {
        if (this.#end.signal.aborted) return;
        if (!this.#mayPass(error)) {
          this.#drop();
          reader.fails(error);
          return;
        }
      }
      this.#drop();
      this.#isWanted = true;
      await pause(clock, againMs, this.#end.signal).catch(() => undefined);
      againMs = Math.min(2 * againMs, againMsMax);
    }
  }

  /**
   * False when nobody has said that there is a consumer. There may be one nevertheless, or may be one day, when the
   * server that it was given to is back; so the next one delivers to another inbox.
   */
  async #start(): Promise<boolean> {
    const { stream, clock, filter, reader } = this.#init;
    const signals = [this.#end.signal];
    using call = new Call({ clock, what: `listening to ${filter}`, deadlineMs: startMsMax, signals });
    await stream.check(call);
    this.#drop();
    this.#generation += 1;
    const own = this.#generation;
    const inbox = `_INBOX.${randomId(this.#init.random)}`;
    this.#received = 0;
    this.#markedAt = Number.POSITIVE_INFINITY;
    this.#hasCaughtUp = false;
    reader.begins();
    this.#subscription = stream.link.subscribe(inbox, (error, message) => {
      if (own !== this.#generation) return;
      if (error === null) this.#receive(message);
      else this.#restart();
    });
    this.#heardAt = clock.now();
    this.#listenForSilence();
    const waitMs = makingMs[Math.min(this.#unmade, makingMs.length - 1)] as number;
    const isMade = await stream.consume({ inbox, filter, from: this.#last + 1, heartbeatMs, waitMs }, call);
    this.#unmade = isMade ? 0 : this.#unmade + 1;
    if (!isMade) return false;
    const markedAt = await reader.mark(call);
    if (own !== this.#generation) return true;
    // A cluster that has just lost a server is slow to make one, and the new one is not to be doubted for that.
    this.#heardAt = clock.now();
    this.#deliveredAt = clock.now();
    this.#markedAt = markedAt;
    this.#catchUp();
    return true;
  }

  #receive(message: NatsMessage): void {
    this.#heardAt = this.#init.clock.now();
    if (message.headers?.code === 100) {
      this.#receiveStatus(message);
      return;
    }
    let delivery: Delivery;
    try {
      delivery = readDelivery(message.reply ?? '');
    } catch {
      // Not from our consumer; whatever it is, it is not to be believed, and neither is this inbox.
      this.#restart();
      return;
    }
    if (delivery.consumerSequence !== this.#received + 1) {
      this.#restart();
      return;
    }
    this.#received = delivery.consumerSequence;
    this.#last = delivery.sequence;
    this.#deliveredAt = this.#heardAt;
    this.#init.reader.receives(message, delivery);
    this.#catchUp();
  }

  /** A heartbeat, which tells how much was delivered, or the question whether we keep up, which wants an answer. */
  #receiveStatus(message: NatsMessage): void {
    if (message.reply !== undefined && message.reply !== '') message.respond();
    const delivered = message.headers?.get('Nats-Last-Consumer') ?? '';
    if (delivered !== '' && Number(delivered) !== this.#received) this.#restart();
  }

  #catchUp(): void {
    if (this.#hasCaughtUp || this.#last < this.#markedAt) return;
    this.#hasCaughtUp = true;
    this.#isTried = true;
    this.#init.reader.hasCaughtUp();
  }

  #listenForSilence(): void {
    const { clock } = this.#init;
    const leftMs = this.#heardAt + silenceMsMax - clock.now();
    if (leftMs <= 0) this.#restart();
    else this.#silence = clock.setTimer(leftMs, () => this.#listenForSilence(), { background: true });
  }

  #drop(): void {
    this.#generation += 1;
    this.#silence?.cancel();
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  /** False for what would be the same the next time. */
  #mayPass(error: unknown): boolean {
    if (!isQuorateError(error)) return false;
    return error.retryable || (this.#isTried && passingCodes.has(error.code));
  }
}
