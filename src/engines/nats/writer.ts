/**
 * Carries out one operation: decides by the newest that is known, publishes under the condition that it still is the
 * newest, and begins again when it was not. Nothing that is written here can be written twice, nor over what somebody
 * else has written in between, however often it has to be sent.
 */
import { QuorateError } from '../../base/index.ts';
import type { Random } from '../../ports/index.ts';
import { type Condition, type Mark, type Operation, splitKey, type TransactAnswer } from '../port/index.ts';
import type { Call } from './call.ts';
import { conditionsHold, type Decision, decide, deleteDecision, type Draft, type Found } from './decision.ts';
import type { Directories } from './directories.ts';
import type { Directory } from './directory.ts';
import { randomId } from './random-id.ts';
import { NatsSession } from './session.ts';
import type { Entry } from './stored-message.ts';
import type { Stream } from './stream.ts';

export interface WriterInit {
  readonly stream: Stream;
  readonly directories: Directories;
  readonly random: Random;
  readonly keyBytesMax: number;
  readonly markOf: (sequence: number) => Mark;
  /** An item is gone, by our own doing. */
  readonly onDeleted: (path: string, name: string) => void;
}

interface Work {
  readonly directory: Directory;
  readonly name: string;
  readonly when: readonly Condition[];
  readonly decide: (found: Found) => Decision;
  readonly session: NatsSession | undefined;
}

export class Writer {
  readonly #init: WriterInit;
  /** Publications are told apart by this process's random part and a number. */
  readonly #identity: string;
  #published = 0;

  constructor(init: WriterInit) {
    this.#init = init;
    this.#identity = randomId(init.random);
  }

  /** One operation, and conditions about its key. */
  async transact(operation: Operation, when: readonly Condition[], call: Call): Promise<TransactAnswer> {
    const key =
      operation.kind === 'append'
        ? `${operation.directory}/${operation.label}-${operation.id}`
        : operation.key;
    const { directory: path, name } = splitKey(key, this.#init.keyBytesMax);
    const session = sessionOf(operation);
    const { directory, release } = this.#init.directories.use(path);
    try {
      session?.hold(path, name);
      const decideIt = (found: Found): Decision => decide(operation, key, found);
      const answer = await this.#carryOut({ directory, name, when, decide: decideIt, session }, call);
      if (operation.kind === 'delete' && answer.succeeded) this.#init.onDeleted(path, name);
      return answer;
    } catch (error) {
      throw call.toldWithOutcome(error);
    } finally {
      release();
    }
  }

  /** Deletes an item of that session, unless it belongs to another or to none by now. */
  async endItem(path: string, name: string, session: string, call: Call): Promise<void> {
    const { directory, release } = this.#init.directories.use(path);
    try {
      const decideIt = ({ newest }: Found): Decision => {
        const item = newest?.gone === undefined && newest?.session === session ? newest : undefined;
        return deleteDecision({ item, newest }, 'deleted');
      };
      await this.#carryOut({ directory, name, when: [], decide: decideIt, session: undefined }, call);
    } finally {
      release();
    }
  }

  /** Writes that what is left of an ended session is gone, unless it has changed. */
  async sweep(directory: Directory, entry: Entry, call: Call): Promise<void> {
    const ending = directory.endingOf(entry) ?? 'expired';
    const decision = deleteDecision({ item: entry, newest: entry }, ending);
    if (decision.kind !== 'write') return;
    const { value, headers } = decision.draft;
    const subject = directory.mirror.place.subjectOf(entry.name);
    await this.#init.stream.publish({ subject, value, headers, expectedLast: entry.sequence }, call);
  }

  async #carryOut(work: Work, call: Call): Promise<TransactAnswer> {
    const { directory, name, when, session } = work;
    const { mirror } = directory;
    await mirror.reach(0, call);
    let isFresh = false;
    for (;;) {
      await directory.proveSessions(call);
      const newest = mirror.newest(name);
      const item = directory.isThere(newest) ? newest : undefined;
      const decision: Decision = conditionsHold(when, item)
        ? work.decide({ item, newest })
        : { kind: 'refused', reason: 'condition' };
      if (decision.kind === 'write') {
        session?.check();
        const sequence = await this.#write(work, decision.draft, newest?.sequence ?? 0, call);
        if (sequence !== undefined) return this.#done([decision.draft.resultOf(sequence)], sequence);
      } else if (isFresh || (decision.kind === 'answer' && decision.isCertain)) {
        if (decision.kind === 'refused') return { succeeded: false, reason: decision.reason };
        return this.#done([decision.result], mirror.position);
      }
      if (decision.kind !== 'write') {
        await mirror.settle(call);
        isFresh = true;
      }
    }
  }

  #done(
    results: Extract<TransactAnswer, { succeeded: true }>['results'],
    sequence: number,
  ): TransactAnswer {
    return { succeeded: true, results, mark: this.#init.markOf(sequence) };
  }

  /** Its sequence; undefined when somebody else was first. */
  async #write(
    { directory: { mirror }, name }: Work,
    draft: Draft,
    expectedLast: number,
    call: Call,
  ): Promise<number | undefined> {
    const id = this.#nextId();
    const { value, headers } = draft;
    const publication = { subject: mirror.place.subjectOf(name), value, headers, expectedLast, id };
    const missed = mirror.missedCount;
    mirror.expectOwn(id);
    try {
      const published = await this.#init.stream.publish(publication, call);
      let sequence: number | undefined;
      if (published.kind === 'taken') ({ sequence } = published);
      else {
        await this.#learn(mirror, name, published.sequence, call);
        sequence = mirror.ownSequence(id);
        if (sequence === undefined && published.mayBeOwn && mirror.missedCount !== missed) throw notKnown();
      }
      call.mayHaveHappened = false;
      if (sequence !== undefined) mirror.noteOwn(entryOf(name, draft, sequence, expectedLast));
      return sequence;
    } finally {
      mirror.forgetOwn(id);
    }
  }

  /** Waits for the copy to hear of what was first. */
  async #learn(mirror: Directory['mirror'], name: string, last: number | undefined, call: Call): Promise<void> {
    if (last !== undefined && last > 0) await mirror.reach(last, call);
    const known = mirror.newest(name);
    if (last === 0 && known?.gone !== undefined) mirror.forget(known);
    else if (last === undefined || known?.sequence !== last) await mirror.settle(call);
  }

  #nextId(): string {
    this.#published += 1;
    return `${this.#identity}.${this.#published}`;
  }
}

function entryOf(name: string, draft: Draft, sequence: number, previous: number): Entry {
  const { value, session, gone, created = sequence } = draft;
  return { name, sequence, created, value, session, gone, previous, takenMs: 0 };
}

function sessionOf(operation: Operation): NatsSession | undefined {
  const session = 'session' in operation ? operation.session : undefined;
  return session === undefined ? undefined : NatsSession.of(session);
}

function notKnown(): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message:
      'the connection to NATS was lost behind a write, and what followed it is no longer in the stream, so nobody ' +
      'can say whether it was carried out; look before you do it again',
    data: { engine: 'nats', address: 'the servers that were given' },
    outcome: 'unknown',
  });
}
