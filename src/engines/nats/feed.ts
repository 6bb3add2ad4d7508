/**
 * Everything that is written in one directory, in order and without a gap, for as long as somebody wants it. A
 * consumer of JetStream delivers it; whenever that one skips, falls silent or is lost with its server, another one
 * is made that goes on behind the last message.
 *
 * A consumer has caught up when it has delivered a message that was written since it was made. It tells with each
 * message how many more there are, but that is not to be relied on: behind the loss of a server of a cluster 2.9.10
 * miscounts, and told of 34 more for as long as we listened.
 *
 * A consumer delivers from the copy of the server that it is on, which nobody can choose. It must not be the one that
 * leads, because its copy is held against the leader's (`witness.ts`); so what comes is kept back until the server has
 * said where the consumer is, and one in the wrong place is replaced. Another may lead later: who compares asks about
 * that (`isApart`).
 *
 * What a feed cannot know is whether the copy is right, and whether the server has dropped messages in the meantime,
 * because of a subject only so many are kept. It says where each consumer has caught up, and its reader judges by
 * what came until then.
 */
import { isQuorateError } from '../../base/index.ts';
import { type Clock, pause, type Random, type Timer } from '../../ports/index.ts';
import { Call } from './call.ts';
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
/** So many consumers in a row may be where they are not wanted; then one will do that is not on the leader. */
const misplacedMax = 6;
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
  /** The server that the consumer is on; undefined where servers form no cluster, or while that is not known. */
  #server: string | undefined;
  /** What came before that was known: as much as a server sends that is not told that it arrives. */
  #keptBack: NatsMessage[] | undefined;
  /** All that this consumer brought to catch up was held against the copy of another server. */
  #isApart = false;
  /** Its copy was found to differ from the leader's. */
  #avoided: string | undefined;
  #misplaced = 0;
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

  /** The server that the consumer is on, where there are several. */
  get server(): string | undefined {
    return this.#server;
  }

  /** What came is not to be believed: another consumer, on another server, delivers everything from the beginning. */
  startOver(): void {
    this.#last = 0;
    this.#avoided = this.#server;
    this.#misplaced = 0;
    this.#restart();
  }

  /** Another one with each consumer. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Whether the consumer is on another server than the one that leads now, and was asked. `isWhole`: about all that
   * it brought so far; what comes later its server was told by a leader, or acknowledges as one, and nobody asks again.
   */
  async isApart(isWhole: boolean, call: Call): Promise<boolean> {
    const server = this.#server;
    if (server === undefined || this.#isApart) return true;
    const own = this.#generation;
    let leader: string | undefined;
    while (leader === undefined) {
      leader = (await this.#init.stream.check(call)).leader;
      if (leader === undefined) await call.pause(againMsMin);
    }
    if (leader === server || own !== this.#generation) return false;
    if (isWhole) {
      this.#isApart = true;
      this.#avoided = undefined;
    }
    return true;
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
        const outcome = await this.#start();
        if (outcome === 'made') continue;
        if (outcome === 'misplaced' && this.#misplaced <= misplacedMax) {
          this.#isWanted = true;
          continue;
        }
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
      await pause(clock, againMs, this.#end.signal, { background: true }).catch(() => undefined);
      againMs = Math.min(2 * againMs, againMsMax);
    }
  }

  /**
   * `unmade` when nobody has said that there is a consumer. There may be one nevertheless, or may be one day, when the
   * server that it was given to is back; so the next one delivers to another inbox.
   */
  async #start(): Promise<'made' | 'unmade' | 'misplaced'> {
    const { stream, clock, filter, reader } = this.#init;
    const signals = [this.#end.signal];
    using call = new Call({ clock, what: `listening to ${filter}`, deadlineMs: startMsMax, signals });
    const { leader, copies } = await stream.check(call);
    this.#drop();
    this.#generation += 1;
    const own = this.#generation;
    const inbox = `_INBOX.${randomId(this.#init.random)}`;
    this.#received = 0;
    this.#markedAt = Number.POSITIVE_INFINITY;
    this.#hasCaughtUp = false;
    this.#server = undefined;
    this.#isApart = false;
    this.#keptBack = [];
    reader.begins();
    this.#subscription = stream.link.subscribe(inbox, (error, message) => {
      if (own !== this.#generation) return;
      if (error !== null) this.#restart();
      else if (this.#keptBack === undefined) this.#receive(message);
      else this.#keptBack.push(message);
    });
    this.#heardAt = clock.now();
    this.#listenForSilence();
    const waitMs = makingMs[Math.min(this.#unmade, makingMs.length - 1)] as number;
    const made = await stream.consume({ inbox, filter, from: this.#last + 1, heartbeatMs, waitMs }, call);
    this.#unmade = made === undefined ? this.#unmade + 1 : 0;
    if (made === undefined) return 'unmade';
    if (own !== this.#generation) return 'made';
    // Of one copy there is nothing to compare.
    if (copies > 1 && this.#isMisplaced(made.server, leader)) return 'misplaced';
    this.#server = copies > 1 ? made.server : undefined;
    this.#receiveKeptBack();
    const markedAt = await reader.mark(call);
    if (own !== this.#generation) return 'made';
    // A cluster that has just lost a server is slow to make one, and the new one is not to be doubted for that.
    this.#heardAt = clock.now();
    this.#deliveredAt = clock.now();
    this.#markedAt = markedAt;
    this.#catchUp();
    return 'made';
  }

  #isMisplaced(server: string | undefined, leader: string | undefined): boolean {
    if (server === undefined) return false;
    const isAvoided = server === this.#avoided && this.#misplaced < misplacedMax;
    if (server !== leader && !isAvoided) {
      this.#misplaced = 0;
      return false;
    }
    this.#misplaced += 1;
    return true;
  }

  #receiveKeptBack(): void {
    const own = this.#generation;
    const messages = this.#keptBack ?? [];
    this.#keptBack = undefined;
    // One of them may end it.
    for (const message of messages) if (own === this.#generation) this.#receive(message);
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
