/**
 * The stream in which everything lies, and what is asked of it: publications, consumers, removals.
 * It also keeps watch over the stream itself. A sequence number that is acknowledged is larger than all that were
 * acknowledged before; where the server breaks that, or has made the stream anew, it has lost data, and every token
 * and every belief of this process with it.
 */
import { QuorateError } from '../../base/index.ts';
import type { Random } from '../../ports/index.ts';
import {
  type Acknowledgement,
  type Answer,
  asProtocolError,
  decodeAcknowledgement,
  decodeAnswer,
  isMessageMissing,
  isNoneFound,
  isStreamMissing,
  type JsonObject,
  readLeader,
  readStoredPlace,
  readStreamFacts,
  refusedError,
  type StoredPlace,
  type StreamFacts,
} from './answers.ts';
import type { Call } from './call.ts';
import { identityOf } from './identity.ts';
import type { Link } from './link.ts';
import { headerNames } from './stored-message.ts';

export interface Publication {
  readonly subject: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it changes something for anybody. */
  readonly isWrite: boolean;
}

export interface ConsumerRequest {
  readonly inbox: string;
  readonly filter: string;
  readonly from: number;
  readonly heartbeatMs: number;
  /** For so long its making is waited for. */
  readonly waitMs: number;
}

export interface MadeConsumer {
  /** The server that delivers, by its name; undefined where servers form no cluster. */
  readonly server: string | undefined;
}

/** Without a listener a consumer is gone after so long. */
const consumerIdleMs = 10_000;
const nothing = new Uint8Array(0);

export interface StreamInit {
  readonly link: Link;
  readonly random: Random;
  readonly name: string;
  /** What stands before the subjects of its requests, as `$JS.API`. */
  readonly api: string;
  readonly facts: StreamFacts;
  /** By which it is known again. */
  readonly identity: string;
  readonly onLost: (error: QuorateError) => void;
}

export class Stream {
  readonly link: Link;
  readonly name: string;
  readonly identity: string;
  readonly #random: Random;
  readonly #api: string;
  readonly #onLost: (error: QuorateError) => void;
  #newest: number;
  /** Of the last date that a server told of it, it is known that it is this one's. */
  #born: string;

  constructor({ link, random, name, api, facts, identity, onLost }: StreamInit) {
    this.link = link;
    this.name = name;
    this.identity = identity;
    this.#random = random;
    this.#born = facts.born;
    this.#api = api;
    this.#onLost = onLost;
    this.#newest = facts.lastSequence;
  }

  /**
   * Its sequence. What is not answered is published again, so it may be in the stream more than once. Whether a write
   * that has its sequence counts is still to be seen, so for its call it may have happened.
   */
  async publish({ subject, value, headers, isWrite }: Publication, call: Call): Promise<number> {
    const own = { ...headers, [headerNames.expectedStream]: this.name };
    const question = { subject, payload: value, headers: own, isWrite };
    let tries = 0;
    while (true) {
      tries += 1;
      const newest = this.#newest;
      const before = call.mayHaveHappened;
      const message = await this.link.attempt(question, call);
      if (message === undefined) await this.#checkThere(call);
      else {
        const answer = this.#read(message.data);
        if (answer.kind === 'taken') return this.#taken(answer.sequence, newest);
        // What is refused has not happened; of a try before it that was not answered, nobody knows.
        call.mayHaveHappened = before;
        const error = refusedError(answer.refusal, 'a publication', this.link.address);
        if (error !== undefined) throw error;
      }
      await call.pause(Math.min(100 * tries, 1_000));
    }
  }

  /** What is told of it now. Throws `engine-data-lost` when it is not the stream that it was. */
  async check(call: Call): Promise<StreamFacts> {
    const before = this.#newest;
    const facts = await findStream(this.link, this.#api, this.name, call);
    if (facts === undefined) throw this.#lose(`the stream ${this.name} is gone`);
    if (facts.born !== this.#born) await this.#recognize(facts.born, call);
    // With more copies the one that answers may be behind, and what it lacks is not lost.
    if (facts.copies === 1 && facts.lastSequence < before)
      throw this.#lose(`the stream ${this.name} ends at ${facts.lastSequence}, and had come to ${before}`);
    return facts;
  }

  /**
   * A consumer that delivers to an inbox in order, and asks for no acknowledgement. Undefined when it is not known
   * whether it was made. Asked for once: two would deliver to the same inbox.
   */
  async consume(
    { inbox, filter, from, heartbeatMs, waitMs }: ConsumerRequest,
    call: Call,
  ): Promise<MadeConsumer | undefined> {
    const config = {
      deliver_subject: inbox,
      deliver_policy: 'by_start_sequence',
      opt_start_seq: from,
      filter_subject: filter,
      ack_policy: 'none',
      max_deliver: 1,
      replay_policy: 'instant',
      idle_heartbeat: heartbeatMs * 1e6,
      flow_control: true,
      inactive_threshold: consumerIdleMs * 1e6,
      mem_storage: true,
      num_replicas: 1,
    };
    const subject = `${this.#api}.CONSUMER.CREATE.${this.name}`;
    const payload = JSON.stringify({ stream_name: this.name, config });
    const body = await this.link.askOnce({ subject, payload, isWrite: false, waitMs }, call, (bytes) =>
      this.#bodyOf(decodeAnswer(bytes), subject),
    );
    return body && { server: readLeader(body) };
  }

  /** The first message from there on that the filter matches, as the leader has it; undefined for none. */
  async next(filter: string, from: number, call: Call): Promise<StoredPlace | undefined> {
    const found = await this.#find({ seq: from, next_by_subj: filter }, call);
    return found === 'none' ? undefined : found;
  }

  /** Whether the leader has a message of that sequence, under that subject, or under whatever subject. */
  async has(
    { sequence, subject }: { readonly sequence: number; readonly subject?: string },
    call: Call,
  ): Promise<boolean> {
    const filter = subject === undefined ? {} : { next_by_subj: subject };
    const found = await this.#find({ seq: sequence, ...filter }, call);
    return found !== 'none' && found.sequence === sequence;
  }

  /**
   * Takes one message out. Purges of a subject are not for a stream that is listened to: servers make its consumers
   * leave out messages of other subjects then, as 2.9.10 was seen to do.
   */
  async remove(sequence: number, call: Call): Promise<void> {
    const subject = `${this.#api}.STREAM.MSG.DELETE.${this.name}`;
    const payload = JSON.stringify({ seq: sequence, no_erase: true });
    await this.link.ask({ subject, payload, isWrite: false }, call, (bytes) => {
      const answer = decodeAnswer(bytes);
      return answer.kind === 'refused' && isMessageMissing(answer.refusal)
        ? {}
        : this.#bodyOf(answer, subject);
    });
  }

  async #find(message: object, call: Call): Promise<StoredPlace | 'none'> {
    const subject = `${this.#api}.STREAM.MSG.GET.${this.name}`;
    const question = { subject, payload: JSON.stringify(message), isWrite: false };
    return await this.link.ask(question, call, (bytes) => {
      const answer = decodeAnswer(bytes);
      if (answer.kind === 'refused' && isNoneFound(answer.refusal)) return 'none';
      const body = this.#bodyOf(answer, subject);
      return body && readStoredPlace(body);
    });
  }

  #bodyOf(answer: Answer, what: string): JsonObject | undefined {
    if (answer.kind === 'done') return answer.body;
    const error = refusedError(answer.refusal, what, this.link.address);
    if (error?.code === 'engine-data-lost') throw this.#lose(answer.refusal.description);
    if (error !== undefined) throw error;
    return undefined;
  }

  #taken(sequence: number, newest: number): number {
    if (sequence <= newest) throw this.#lose(`it gave out sequence ${sequence} again, behind ${newest}`);
    this.#newest = Math.max(this.#newest, sequence);
    return sequence;
  }

  #read(bytes: Uint8Array): Acknowledgement {
    try {
      return decodeAcknowledgement(bytes);
    } catch (error) {
      throw asProtocolError(error, this.link.address);
    }
  }

  /** A stream that is gone has nobody who listens to its subjects, which looks like one without a leader. */
  async #checkThere(call: Call): Promise<void> {
    if (this.link.isUp) await this.check(call);
  }

  /** A server that tells another date of the stream may mean another stream, or the same (`identity.ts`). */
  async #recognize(born: string, call: Call): Promise<void> {
    const own = { link: this.link, random: this.#random, api: this.#api, stream: this.name };
    if ((await identityOf(own, call)) !== this.identity)
      throw this.#lose(`the stream ${this.name} was made anew at ${born}`);
    this.#born = born;
  }

  #lose(problem: string): QuorateError<'engine-data-lost'> {
    const error = new QuorateError({
      code: 'engine-data-lost',
      message:
        `NATS at ${this.link.address} has lost data: ${problem}; sessions and tokens of before mean nothing any ` +
        'more: find out what happened, and open the engine anew',
      data: { engine: 'nats', problem },
    });
    this.#onLost(error);
    return error;
  }
}

/** So many messages of a subject are kept: far more than can be under way to it at once. */
export const keptMax = 1_024;

export const noValue: Uint8Array = nothing;

/** Undefined when there is no stream of that name. */
export async function findStream(
  link: Link,
  api: string,
  name: string,
  call: Call,
): Promise<StreamFacts | undefined> {
  const question = { subject: `${api}.STREAM.INFO.${name}`, payload: '', isWrite: false };
  const found = await link.ask(question, call, (bytes) => {
    const answer = decodeAnswer(bytes);
    if (answer.kind === 'done') return { facts: readStreamFacts(answer.body) };
    if (isStreamMissing(answer.refusal)) return { facts: undefined };
    const error = refusedError(answer.refusal, `asking for the stream ${name}`, link.address);
    if (error !== undefined) throw error;
    return undefined;
  });
  return found.facts;
}

export interface StreamWish {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly copies: number;
}

/** Makes it, or finds that somebody else has at the same moment. */
export async function makeStream(
  link: Link,
  api: string,
  { name, subjects, copies }: StreamWish,
  call: Call,
): Promise<StreamFacts> {
  const config = {
    name,
    subjects,
    retention: 'limits',
    storage: 'file',
    num_replicas: copies,
    max_msgs_per_subject: keptMax,
    discard: 'new',
    max_consumers: -1,
    max_msgs: -1,
    max_bytes: -1,
    max_age: 0,
    max_msg_size: -1,
  };
  const question = {
    subject: `${api}.STREAM.CREATE.${name}`,
    payload: JSON.stringify(config),
    isWrite: false,
  };
  return link.ask(question, call, (bytes) => {
    const answer = decodeAnswer(bytes);
    if (answer.kind === 'done') return readStreamFacts(answer.body);
    const error = refusedError(
      answer.refusal,
      `making the stream ${name} with ${copies} copies`,
      link.address,
    );
    if (error !== undefined) throw error;
    return undefined;
  });
}
