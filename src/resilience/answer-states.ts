/**
 * What is remembered of each key, in memory: the state machine behind the store of one process. Time is an argument.
 * Answers and doubts go after their time to live; looked at in the order in which they were written, which is the
 * order in which their time is over, so that nothing has to watch them.
 *
 * It is bounded. The oldest answer goes before its time where there are too many; what is under way or in doubt never
 * does, since a call that nobody remembers is carried out again, and where only such are left no key is taken.
 */
import { assert } from '../base/index.ts';
import type { ClaimRequest } from './answer-store.ts';

/** What a claim is known by: another claim of the same key is another object. */
export interface ClaimMark {
  readonly key: string;
  readonly fingerprint: string | undefined;
  /** What it tries again: if it does nothing, nobody knows any more of that than before. */
  readonly doubted: Doubt | undefined;
}

export type Found =
  | { readonly state: 'claimed'; readonly mark: ClaimMark }
  | { readonly state: 'pending'; readonly fingerprint: string | undefined }
  | { readonly state: 'answered'; readonly fingerprint: string | undefined; readonly value: unknown }
  | { readonly state: 'in-doubt'; readonly fingerprint: string | undefined }
  | { readonly state: 'full' };

interface Doubt {
  readonly fingerprint: string | undefined;
  readonly sinceMs: number;
}

interface Answer extends Doubt {
  readonly value: unknown;
}

export class AnswerStates {
  readonly #pending = new Map<string, ClaimMark>();
  /** Both in the order in which they were written; a doubt that was tried again in vain is behind younger ones. */
  readonly #answers = new Map<string, Answer>();
  readonly #doubts = new Map<string, Doubt>();
  readonly #keysMax: number;
  readonly #ttlMs: number;

  constructor(keysMax: number, ttlMs: number) {
    this.#keysMax = keysMax;
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#pending.size + this.#answers.size + this.#doubts.size;
  }

  claim({ key, fingerprint, repeatsDoubt }: ClaimRequest, nowMs: number): Found {
    this.#forgetOld(this.#answers, nowMs);
    this.#forgetOld(this.#doubts, nowMs);
    const pending = this.#pending.get(key);
    if (pending !== undefined) return { state: 'pending', fingerprint: pending.fingerprint };
    const answer = this.#answers.get(key);
    if (answer !== undefined)
      return { state: 'answered', fingerprint: answer.fingerprint, value: answer.value };
    const doubt = this.#doubtOf(key, nowMs);
    if (doubt !== undefined && !(repeatsDoubt && doubt.fingerprint === fingerprint))
      return { state: 'in-doubt', fingerprint: doubt.fingerprint };
    this.#doubts.delete(key);
    if (!this.#makeRoom()) return { state: 'full' };
    const mark: ClaimMark = { key, fingerprint, doubted: doubt };
    this.#pending.set(key, mark);
    return { state: 'claimed', mark };
  }

  answer(mark: ClaimMark, value: unknown, nowMs: number): void {
    this.#release(mark);
    this.#answers.set(mark.key, { fingerprint: mark.fingerprint, value, sinceMs: nowMs });
  }

  doubt(mark: ClaimMark, nowMs: number): void {
    this.#release(mark);
    this.#doubts.set(mark.key, { fingerprint: mark.fingerprint, sinceMs: nowMs });
  }

  /** As it was before. */
  free(mark: ClaimMark): void {
    this.#release(mark);
    if (mark.doubted !== undefined) this.#doubts.set(mark.key, mark.doubted);
  }

  /** Of what is under way it forgets nothing. */
  forget(key: string): void {
    this.#answers.delete(key);
    this.#doubts.delete(key);
  }

  isPending(key: string): boolean {
    return this.#pending.has(key);
  }

  #doubtOf(key: string, nowMs: number): Doubt | undefined {
    const doubt = this.#doubts.get(key);
    return doubt === undefined || nowMs - doubt.sinceMs >= this.#ttlMs ? undefined : doubt;
  }

  #release(mark: ClaimMark): void {
    assert(this.#pending.get(mark.key) === mark, 'a claim is settled once, by whoever has it');
    this.#pending.delete(mark.key);
  }

  #forgetOld(remembered: Map<string, Doubt>, nowMs: number): void {
    for (const [key, { sinceMs }] of remembered) {
      if (nowMs - sinceMs < this.#ttlMs) return;
      remembered.delete(key);
    }
  }

  #makeRoom(): boolean {
    if (this.size < this.#keysMax) return true;
    for (const key of this.#answers.keys()) return this.#answers.delete(key);
    return false;
  }
}
