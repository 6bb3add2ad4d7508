/**
 * An answer instead of a failure: a value, or what a function makes of the failure and the call. It hides what it is
 * told to hide and two things never: that the caller has given up himself, and an assertion that failed.
 *
 * Where the function fails as well, what it threw is thrown. If that is an error of this package it says the first
 * failure as its cause, and that the outcome is unknown unless that is known of both: who hears "nothing was done"
 * from a fallback would try again what the task may have done.
 */
import { AssertionFailure, invalidOption, isQuorateError, QuorateError } from '../base/index.ts';
import type { Call, CallContext, Task } from './call.ts';
import { statedBy } from './failure.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export type FallbackAnswer<Alternative> = (
  error: unknown,
  call: CallContext,
) => Alternative | PromiseLike<Alternative>;

interface FallbackRules extends PolicyOptions {
  /** Whether it is for this failure. Default: for each. */
  readonly when?: (error: unknown, call: CallContext) => boolean;
  /** Only for errors with one of these as their `code`. Where `when` is there as well, both must hold. */
  readonly codes?: readonly string[];
}

export type FallbackOptions<Alternative> = FallbackRules &
  (
    | { readonly value: Alternative; readonly answer?: never }
    | { readonly answer: FallbackAnswer<Alternative>; readonly value?: never }
  );

/** What may be given as it is; an object is given as `{ value }`, since options are one themselves. */
export type PlainAnswer = string | number | boolean | bigint | symbol | null | undefined | readonly unknown[];

export function fallback<Alternative extends PlainAnswer>(value: Alternative): FallbackPolicy<Alternative>;
export function fallback<Alternative>(
  answer: FallbackAnswer<Alternative> | FallbackOptions<Alternative>,
): FallbackPolicy<Alternative>;
export function fallback<Alternative>(
  given: Alternative | FallbackAnswer<Alternative> | FallbackOptions<Alternative>,
): FallbackPolicy<Alternative> {
  if (typeof given === 'function')
    return new FallbackPolicy({ answer: given as FallbackAnswer<Alternative> });
  const isPlain = typeof given !== 'object' || given === null || Array.isArray(given);
  return new FallbackPolicy(
    isPlain ? { value: given as Alternative } : (given as FallbackOptions<Alternative>),
  );
}

export class FallbackPolicy<Alternative> extends Policy<'fallback', Alternative> {
  #rules: Rules<Alternative>;

  constructor(options: FallbackOptions<Alternative>) {
    super(['fallback'], options.name ?? 'fallback', options.clock);
    this.#rules = rulesOf(options);
  }

  /** For failures from now on. */
  configure(options: FallbackOptions<Alternative>): void {
    this.#rules = rulesOf(options);
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T | Alternative> {
    try {
      return await task(call);
    } catch (error) {
      if (call.isAborted || error instanceof AssertionFailure || !this.#rules.isFor(error, call)) throw error;
      return await this.#answer(error, call);
    }
  }

  async #answer(error: unknown, call: Call): Promise<Alternative> {
    const { name: policy } = this;
    try {
      const answer = await this.#rules.answer(error, call);
      this.tell(() => ({ type: 'fell-back', kind: 'fallback', policy, error }));
      return answer;
    } catch (failure) {
      this.tell(() => ({ type: 'fallback-failed', kind: 'fallback', policy, error, failure }));
      throw withCause(failure, error);
    }
  }
}

interface Rules<Alternative> {
  readonly answer: FallbackAnswer<Alternative>;
  readonly isFor: (error: unknown, call: CallContext) => boolean;
}

function rulesOf<Alternative>(options: FallbackOptions<Alternative>): Rules<Alternative> {
  const { when, codes, answer } = options;
  if ('value' in options === (answer !== undefined))
    throw invalidOption('fallback', options, 'given either a value or an answer; an object as { value: … }');
  if (answer !== undefined && typeof answer !== 'function')
    throw invalidOption('answer', answer, 'a function of the error and the call');
  if (when !== undefined && typeof when !== 'function')
    throw invalidOption('when', when, 'a function of the error and the call');
  if (codes !== undefined && !(Array.isArray(codes) && codes.length > 0))
    throw invalidOption('codes', codes, 'a list of at least one code, or left out');
  const value = options.value as Alternative;
  const known = codes === undefined ? undefined : new Set<unknown>(codes);
  return {
    answer: answer ?? (() => value),
    isFor: (error, call) =>
      (known === undefined || known.has(codeOf(error))) && (when === undefined || when(error, call)),
  };
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

function withCause(failure: unknown, cause: unknown): unknown {
  if (!isQuorateError(failure) || failure.cause !== undefined || failure === cause) return failure;
  const { code, message, data, retryable } = failure;
  const isNothing = failure.outcome === 'not-applied' && statedBy(cause).outcome === 'not-applied';
  const outcome = isNothing ? 'not-applied' : 'unknown';
  return new QuorateError({ code, message, data, retryable, outcome, cause });
}
