/**
 * What is remembered of calls by their idempotency keys, as a port: in memory for one process, over an engine for
 * many. A key is claimed before its call is carried out, so that whoever comes second meets the claim, and the claim
 * ends in one of three ways: with an answer, as nothing that was done, or in doubt. A claim whose holder has died ends
 * in doubt as well: that nobody works on it any more does not say that nothing was done.
 */
import type { CallContext } from './call.ts';

export interface ClaimRequest {
  readonly key: string;
  /** Of the request, where the caller gave one; what is remembered keeps it. */
  readonly fingerprint: string | undefined;
  /** A call that is in doubt may be carried out again: the key is claimed as if it were free. */
  readonly repeatsDoubt: boolean;
}

/** A key that is ours. Exactly one of the three is called, once; it rejects where that could not be written down yet, and goes on trying. */
export interface AnswerClaim {
  /** What whoever comes with the key is given from now on. */
  answer(value: unknown): void | PromiseLike<void>;
  /** Nothing was done: the key is free again, or in doubt again where a doubt was claimed. */
  free(): void | PromiseLike<void>;
  /** Nobody knows whether it was done. */
  doubt(): void | PromiseLike<void>;
}

export type ClaimAnswer =
  | { readonly state: 'claimed'; readonly claim: AnswerClaim }
  | { readonly state: 'answered'; readonly fingerprint: string | undefined; readonly value: unknown }
  | { readonly state: 'pending'; readonly fingerprint: string | undefined }
  | { readonly state: 'in-doubt'; readonly fingerprint: string | undefined };

export interface AnswerStore {
  /**
   * In one step, whoever else asks at the same time. A key whose fingerprint is another one is told as it is and not
   * claimed. Rejects where it is not known what is there; then the key must not stay claimed.
   */
  claim(request: ClaimRequest, call: CallContext): ClaimAnswer | PromiseLike<ClaimAnswer>;
  /** Resolves when a claim of `key` is over, or may be. Rejects with the reason of the call's signal. */
  untilSettled(key: string, call: CallContext): PromiseLike<void>;
  /** Whoever has found out what became of a call in doubt frees its key. */
  forget(key: string): void | PromiseLike<void>;
}
