/**
 * Carries out one operation: decides by the newest that is known, writes what is to replace it, and begins again when
 * somebody else has replaced it first. Nothing that is written here can count twice, nor over what somebody else has
 * written in between, however often it has to be sent.
 */
import {
  type Condition,
  type Mark,
  type Operation,
  splitKey,
  type TransactAnswer,
  Turns,
} from '../port/index.ts';
import type { Call } from './call.ts';
import { conditionsHold, type Decision, decide, deleteDecision, type Found } from './decision.ts';
import type { Directories } from './directories.ts';
import type { Directory } from './directory.ts';
import { NatsSession } from './session.ts';
import type { Entry } from './stored-message.ts';

export interface WriterInit {
  readonly directories: Directories;
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
  readonly #turns = new Turns();

  constructor(init: WriterInit) {
    this.#init = init;
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
      const work = { directory, name, when, decide: decideIt, session };
      const endTurn = await this.#turns.take([key], (before) => call.wait(before));
      const answer = await this.#carryOut(work, call).finally(endTurn);
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
    await directory.mirror.commit({ ...decision.draft, name: entry.name, previous: entry.sequence }, call);
  }

  async #carryOut(work: Work, call: Call): Promise<TransactAnswer> {
    const { directory, name, when, session } = work;
    const { mirror } = directory;
    await mirror.reach(0, call);
    let isFresh = false;
    while (true) {
      await directory.proveSessions(call);
      const newest = mirror.newest(name);
      const item = directory.isThere(newest) ? newest : undefined;
      const decision: Decision = conditionsHold(when, item)
        ? work.decide({ item, newest })
        : { kind: 'refused', reason: 'condition' };
      if (decision.kind === 'write') {
        session?.check();
        const change = { ...decision.draft, name, previous: newest?.sequence ?? 0 };
        const sequence = await mirror.commit(change, call);
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

  #done(results: Extract<TransactAnswer, { succeeded: true }>['results'], sequence: number): TransactAnswer {
    return { succeeded: true, results, mark: this.#init.markOf(sequence) };
  }
}

function sessionOf(operation: Operation): NatsSession | undefined {
  const session = 'session' in operation ? operation.session : undefined;
  return session === undefined ? undefined : NatsSession.of(session);
}
