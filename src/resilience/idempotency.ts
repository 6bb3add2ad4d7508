/**
 * Calls that are carried out once for a key, however often they are made: the second one is given the answer of the
 * first. What matters is what happens otherwise. While the first is under way the second waits. A failure that says
 * that nothing was done frees the key. Any other one leaves it in doubt, and a call in doubt is never carried out
 * again silently: it is refused until somebody has found out, unless its caller says that twice does no harm.
 */
import { AssertionFailure, invalidOption, isQuorateError, QuorateError } from '../base/index.ts';
import type { AnswerClaim, AnswerStore, ClaimAnswer, ClaimRequest } from './answer-store.ts';
import { Call, type CallContext, type Task } from './call.ts';
import { type KeyChoice, keyChooser } from './call-key.ts';
import { statedBy } from './failure.ts';
import { MemoryAnswers } from './memory-answers.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface IdempotencyOptions extends PolicyOptions {
  /** Default: in the memory of the process. `engineAnswers` remembers for many processes. */
  readonly store?: AnswerStore;
  /** Default: the key of the call. A call without one is carried out as it is. */
  readonly key?: KeyChoice;
  /** What becomes of a call whose key is under way: it waits, as long as its caller does, or is refused. Default `wait`. */
  readonly whilePending?: 'wait' | 'refuse';
  /** Failures that say for sure that nothing was done. Default: those that say so themselves, by `outcome: 'not-applied'`. */
  readonly isNotApplied?: (error: unknown) => boolean;
}

/** How soon whoever was refused may ask again. */
const retryAfterMs = 1_000;

export function idempotencyKeys(options: IdempotencyOptions = {}): IdempotencyPolicy {
  return new IdempotencyPolicy(options);
}

interface Rules {
  readonly keyOf: (call: CallContext) => string | undefined;
  readonly waits: boolean;
  readonly isNotApplied: (error: unknown) => boolean;
}

export class IdempotencyPolicy extends Policy<'idempotency'> {
  readonly #store: AnswerStore;
  #rules: Rules;

  constructor(options: IdempotencyOptions) {
    super(['idempotency'], options.name ?? 'idempotency', options.clock);
    this.#rules = rulesOf(options);
    this.#store = checkStore(options.store ?? new MemoryAnswers({ clock: this.clock }));
  }

  /** For calls from now on; what is remembered stays. */
  configure(options: Omit<IdempotencyOptions, keyof PolicyOptions | 'store'>): void {
    this.#rules = rulesOf(options);
  }

  /** Frees a key, for who has found out that its call was not carried out, or that another time does no harm. */
  async forget(key: string): Promise<void> {
    await this.#store.forget(key);
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    const { keyOf, waits } = this.#rules;
    const key = keyOf(call);
    if (key === undefined) return await task(call);
    const { fingerprint, idempotent: repeatsDoubt } = call;
    while (true) {
      call.throwIfAborted();
      const found = await this.#claim({ key, fingerprint, repeatsDoubt }, call);
      if (found.state === 'claimed') {
        if (call.isAborted) await this.#write(key, () => found.claim.free());
        call.throwIfAborted();
        return await this.#carryOut(key, found.claim, task, call);
      }
      if (found.fingerprint !== fingerprint) throw reused(key);
      if (found.state === 'answered') {
        this.tell(() => ({ type: 'answer-repeated', kind: 'idempotency', policy: this.name, key }));
        return found.value as T;
      }
      if (found.state === 'in-doubt') throw inDoubt(key);
      if (!waits) throw pending(key);
      this.tell(() => ({ type: 'answer-awaited', kind: 'idempotency', policy: this.name, key }));
      await this.#store.untilSettled(key, call);
    }
  }

  /** What fails here was not begun, whatever the store says of its own request. */
  async #claim(request: ClaimRequest, call: Call): Promise<ClaimAnswer> {
    try {
      return await this.#store.claim(request, call);
    } catch (error) {
      throw call.isAborted ? error : notBegun(error);
    }
  }

  async #carryOut<T>(key: string, claim: AnswerClaim, task: Task<T>, call: Call): Promise<T> {
    const own = new Call(call.clock, call.traits, call);
    let answer: T;
    try {
      answer = await task(own);
    } catch (error) {
      await this.#giveUp(key, claim, own, error);
      throw error;
    }
    await this.#write(key, () => claim.answer(answer));
    return answer;
  }

  /** The error of a call that was aborted, or of which something is still under way, tells of its end only. */
  async #giveUp(key: string, claim: AnswerClaim, call: Call, error: unknown): Promise<void> {
    let isNothing = false;
    try {
      const isOver = !call.isAborted && call.whenSettled() === undefined;
      isNothing = isOver && this.#rules.isNotApplied(error);
    } finally {
      if (!isNothing)
        this.tell(() => ({ type: 'answer-in-doubt', kind: 'idempotency', policy: this.name, key, error }));
      await this.#write(key, () => (isNothing ? claim.free() : claim.doubt()));
    }
  }

  /** The call is over and its outcome stands, so what cannot be written down yet is told and does not change it. */
  async #write(key: string, write: () => void | PromiseLike<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      if (error instanceof AssertionFailure) throw error;
      this.tell(() => ({ type: 'answer-not-kept', kind: 'idempotency', policy: this.name, key, error }));
    }
  }
}

function rulesOf(options: Omit<IdempotencyOptions, keyof PolicyOptions | 'store'>): Rules {
  const { key, whilePending = 'wait', isNotApplied = saysNotApplied } = options;
  if (whilePending !== 'wait' && whilePending !== 'refuse')
    throw invalidOption('whilePending', whilePending, "'wait' or 'refuse'");
  if (typeof isNotApplied !== 'function')
    throw invalidOption('isNotApplied', isNotApplied, 'a function of the error');
  return { keyOf: keyChooser(key), waits: whilePending === 'wait', isNotApplied };
}

function checkStore(store: AnswerStore): AnswerStore {
  const isStore = (['claim', 'untilSettled', 'forget'] as const).every(
    (name) => typeof store?.[name] === 'function',
  );
  if (isStore) return store;
  throw invalidOption('store', store, 'an object with the functions claim, untilSettled and forget');
}

function saysNotApplied(error: unknown): boolean {
  return statedBy(error).outcome === 'not-applied';
}

function notBegun(error: unknown): unknown {
  if (!isQuorateError(error) || error.outcome === 'not-applied') return error;
  const { code, message, data, retryable } = error;
  return new QuorateError({ code, message, data, retryable, outcome: 'not-applied', cause: error });
}

function pending(key: string): QuorateError<'answer-pending'> {
  return new QuorateError({
    code: 'answer-pending',
    message: `a call with the key ${JSON.stringify(key)} is under way; ask for its answer later`,
    data: { key, state: 'pending', retryAfterMs },
  });
}

/** Asking again does not help, so it does not say that it may be tried again. */
function inDoubt(key: string): QuorateError<'answer-pending'> {
  return new QuorateError({
    code: 'answer-pending',
    message:
      `nobody knows whether the call with the key ${JSON.stringify(key)} was carried out; find out and forget the ` +
      'key, or say idempotent: true where twice does no harm',
    data: { key, state: 'in-doubt', retryAfterMs: null },
    retryable: false,
  });
}

function reused(key: string): QuorateError<'key-reused'> {
  return new QuorateError({
    code: 'key-reused',
    message: `the key ${JSON.stringify(key)} stands for a request with another fingerprint; give each request a key of its own`,
    data: { key },
  });
}
