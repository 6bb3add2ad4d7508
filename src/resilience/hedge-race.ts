/**
 * One hedged call: its tries, and which of them answers. The first success ends the race; the others are aborted, each
 * by a signal of its own, and their outcomes are nobody's. A failure ends only its own try, and the race when no other
 * one runs: who failed before there was a hedge is not hedged, because that would be a retry without a pause, without
 * a say in which failures are worth it, and beneath the one that has both.
 */
import { AbortableCall, type AbortWatcher, type Call, type Task } from './call.ts';
import type { Expiring, ExpiryLine } from './expiry-line.ts';
import { statedBy } from './failure.ts';
import { started } from './started.ts';

/** Known by its name, as aborts are; not every place that runs this has a `DOMException`. */
class RaceLost extends Error {
  override readonly name = 'AbortError';
}

/**
 * Why a loser is aborted: one for all, made where no call is. The stack of an error holds the functions on it, so one
 * made for each race would let a loser that never ends hold the answer of the winner.
 */
const lost: RaceLost = /* @__PURE__ */ new RaceLost('another try of this call has answered first');

/** Who decides and hears what is more than one call's. */
export interface RaceHost {
  /** Whether a hedge may be sent, as try number `attempt`; tells so either way. */
  allows(attempt: number, startedAtMs: number): boolean;
  /** The first try has taken until now, or longer where another one was faster or nobody waits any more. */
  sawFirst(startedAtMs: number): void;
  /** Try number `attempt` has answered. */
  succeeded(attempt: number): void;
}

/** The same for all calls that begin between two changes of them. */
export interface RaceTerms {
  readonly host: RaceHost;
  /** As long as a try may take before the next one is sent. */
  readonly line: ExpiryLine;
  readonly maxHedges: number;
}

/** What is asked, and who waits for the answer. */
export interface Question<T> {
  readonly task: Task<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

interface Try {
  readonly attempt: number;
  readonly call: AbortableCall;
  readonly work: Promise<unknown>;
}

export class Race<T> implements Expiring, AbortWatcher {
  expiresAt = 0;
  before: Expiring | undefined;
  behind: Expiring | undefined;
  readonly #terms: RaceTerms;
  readonly #call: Call;
  /** Gone when it is answered: a loser that never ends would hold the answer for ever. */
  #question: Question<T> | undefined;
  readonly #running: Try[] = [];
  #attempts = 0;
  #startedAtMs = 0;
  #isInLine = false;
  /** The first try has taken longer than the time after which another one is due. */
  #isLate = false;
  #hasFirstFailed = false;
  #failure: { readonly error: unknown } | undefined;

  /** `call` must not be aborted. */
  constructor(terms: RaceTerms, call: Call, question: Question<T>) {
    this.#terms = terms;
    this.#call = call;
    this.#question = question;
  }

  /** Called once. */
  begin(): void {
    this.#startedAtMs = this.#call.clock.now();
    this.#call.watch(this);
    this.#wait(this.#startedAtMs);
    if (this.#question !== undefined) this.#try(this.#question);
  }

  /**
   * Another try is due. Answers that came while this process stood still are read first, in the rest of the turn:
   * without that a pause of the own process would hedge every call that is under way.
   */
  expire(): void {
    this.#isInLine = false;
    this.#isLate = true;
    this.#call.clock.afterTurn(() => this.#hedge());
  }

  /** No further try follows. Those that run hear it by their own calls, and how they end is how this ends. */
  onAbort(): void {
    this.#leaveLine();
    if (this.#isLate) this.#sawFirst();
  }

  #hedge(): void {
    const { clock, deadline, isAborted } = this.#call;
    const question = this.#question;
    if (question === undefined || isAborted) return;
    const nowMs = clock.now();
    if (nowMs >= deadline || !this.#terms.host.allows(this.#attempts + 1, this.#startedAtMs)) return;
    this.#try(question);
    if (this.#attempts <= this.#terms.maxHedges) this.#wait(nowMs);
  }

  #try({ task }: Question<T>): void {
    this.#attempts += 1;
    const { clock, traits, attempt } = this.#call;
    const call = new AbortableCall(clock, traits, this.#call, undefined, attempt + this.#attempts - 1);
    const begun: Try = { attempt: this.#attempts, call, work: started(task, call) };
    this.#running.push(begun);
    begun.work.then(
      (value) => this.#succeed(begun, value as T),
      (error: unknown) => this.#fail(begun, error),
    );
  }

  #succeed(winner: Try, value: T): void {
    const question = this.#question;
    if (question === undefined) return;
    this.#end(winner);
    if (!this.#hasFirstFailed && !this.#call.isAborted) this.#sawFirst();
    if (this.#running.length > 0) this.#cancelLosers();
    this.#terms.host.succeeded(winner.attempt);
    question.resolve(value);
  }

  #fail(failed: Try, error: unknown): void {
    const question = this.#question;
    if (question === undefined) return;
    if (failed.attempt === 1) this.#hasFirstFailed = true;
    const failure = this.#failure === undefined ? error : worse(this.#failure.error, error);
    if (this.#running.length > 1) {
      this.#failure = { error: failure };
      this.#leave(failed);
      return;
    }
    this.#end(failed);
    question.reject(failure);
  }

  #end(last: Try): void {
    this.#question = undefined;
    this.#failure = undefined;
    this.#leaveLine();
    this.#call.unwatch(this);
    this.#leave(last);
  }

  #leave(ended: Try): void {
    this.#running.splice(this.#running.indexOf(ended), 1);
    ended.call.end();
  }

  #cancelLosers(): void {
    for (const { call, work } of this.#running) {
      call.leaveBehind(work);
      call.abort(lost);
    }
    this.#running.length = 0;
  }

  #sawFirst(): void {
    this.#terms.host.sawFirst(this.#startedAtMs);
  }

  #wait(nowMs: number): void {
    this.#terms.line.add(this, nowMs);
    this.#isInLine = true;
  }

  #leaveLine(): void {
    if (this.#isInLine) this.#terms.line.remove(this);
    this.#isInLine = false;
  }
}

/** The first failure speaks for all tries, unless it says that nothing was done where another one does not say so. */
function worse(first: unknown, other: unknown): unknown {
  if (statedBy(first).outcome !== 'not-applied') return first;
  return statedBy(other).outcome === 'not-applied' ? first : other;
}
