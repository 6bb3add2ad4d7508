/**
 * One hedged call: its tries, and which of them answers. The first success ends the race; the others are aborted, each
 * by a signal of its own, and their outcomes are nobody's. A failure ends only its own try, and the race when no other
 * one runs: who failed before there was a hedge is not hedged, because that would be a retry without a pause, without
 * a say in which failures are worth it, and beneath the one that has both.
 */
import { AbortableCall, type AbortWatcher, type Call, type Task } from './call.ts';
import type { Expiring, ExpiryLine } from './expiry-line.ts';
import { statedBy } from './failure.ts';

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
  readonly #task: Task<T>;
  readonly #call: Call;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #running: Try[] = [];
  #attempts = 0;
  #startedAtMs = 0;
  #isInLine = false;
  /** The first try has taken longer than the time after which another one is due. */
  #isLate = false;
  #hasFirstFailed = false;
  #isOver = false;
  #failure: { readonly error: unknown } | undefined;

  /** `call` must not be aborted. */
  constructor(
    terms: RaceTerms,
    task: Task<T>,
    call: Call,
    resolve: (value: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#terms = terms;
    this.#task = task;
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Called once. */
  begin(): void {
    this.#startedAtMs = this.#call.clock.now();
    this.#call.watch(this);
    this.#wait(this.#startedAtMs);
    this.#try();
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
    if (this.#isOver || isAborted) return;
    const nowMs = clock.now();
    if (nowMs >= deadline || !this.#terms.host.allows(this.#attempts + 1, this.#startedAtMs)) return;
    this.#try();
    if (this.#attempts <= this.#terms.maxHedges) this.#wait(nowMs);
  }

  #try(): void {
    this.#attempts += 1;
    const { clock, traits, attempt } = this.#call;
    const call = new AbortableCall(clock, traits, this.#call, undefined, attempt + this.#attempts - 1);
    const begun: Try = { attempt: this.#attempts, call, work: start(this.#task, call) };
    this.#running.push(begun);
    begun.work.then(
      (value) => this.#succeed(begun, value as T),
      (error: unknown) => this.#fail(begun, error),
    );
  }

  #succeed(winner: Try, value: T): void {
    if (this.#isOver) return;
    this.#end(winner);
    if (!this.#hasFirstFailed && !this.#call.isAborted) this.#sawFirst();
    if (this.#running.length > 0) this.#cancelLosers();
    this.#terms.host.succeeded(winner.attempt);
    this.#resolve(value);
  }

  #fail(failed: Try, error: unknown): void {
    if (this.#isOver) return;
    if (failed.attempt === 1) this.#hasFirstFailed = true;
    this.#failure = { error: this.#failure === undefined ? error : worse(this.#failure.error, error) };
    if (this.#running.length > 1) {
      this.#leave(failed);
      return;
    }
    this.#end(failed);
    this.#reject(this.#failure.error);
  }

  #end(last: Try): void {
    this.#isOver = true;
    this.#leaveLine();
    this.#call.unwatch(this);
    this.#leave(last);
  }

  #leave(ended: Try): void {
    this.#running.splice(this.#running.indexOf(ended), 1);
    ended.call.end();
  }

  #cancelLosers(): void {
    const reason = new DOMException('another try of this call has answered first', 'AbortError');
    for (const { call, work } of this.#running) {
      call.leaveBehind(work);
      call.abort(reason);
    }
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

/** A task that throws has rejected. */
async function start<T>(task: Task<T>, call: Call): Promise<T> {
  return await task(call);
}

/** The first failure speaks for all tries, unless it says that nothing was done where another one does not know. */
function worse(first: unknown, other: unknown): unknown {
  if (statedBy(first).outcome !== 'not-applied') return first;
  return statedBy(other).outcome === 'unknown' ? other : first;
}
