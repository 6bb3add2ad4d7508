/**
 * Calls with one deadline over all their tries. What may be repeated is repeated, on the next member if need be;
 * what may not is repeated only when it has certainly not been carried out, and otherwise fails with the truth.
 */
import { type Duration, isQuorateError, QuorateError, untilAborted } from '../../base/index.ts';
import { CallTime, deadlineMsOf, pauseBetweenTries, withOutcome } from '../port/index.ts';
import type { Header } from './answers.ts';
import { CallFailure, type Channel } from './http2/index.ts';
import type { Members } from './members.ts';
import type { EtcdSettings } from './options.ts';
import { judge, notUnderstood, type Verdict } from './refusals.ts';

export interface Limits {
  readonly deadlineMs: number;
  /** By the clock. */
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
}

export interface CallTerms {
  /** For errors, as in `etcd did not answer …`. */
  readonly what: string;
  readonly path: string;
  /** `unsure`: the earlier tries of which nobody knows what became, counted from 1. */
  readonly encode: (tryNumber: number, unsure: readonly number[]) => Uint8Array;
  /** True: it has no effect, so an answer that is missing leaves no doubt. */
  readonly isRead: boolean;
  /** True: it may be sent again though it may have been carried out. */
  readonly isRepeatable: boolean;
  /** Tries that were made elsewhere, of which nobody knows what became of them. */
  readonly unsureBefore?: readonly number[];
  /** Before it is sent again though it may have been carried out. */
  readonly prepareRepeat?: () => Promise<void>;
  /** True: a member that answers others but not this, twice in a row, is left for the next. */
  readonly movesWhenLate?: boolean;
  /** After which an answer is looked for elsewhere; only what may be repeated. */
  readonly tryMsMax?: number;
}

export interface Call<T> extends CallTerms {
  readonly decode: (bytes: Uint8Array) => T;
  /** Of answers that are linearizable: what they tell about the history. */
  readonly header?: (answer: T) => Header;
}

/** As the port's calls have them. */
interface LimitOptions {
  readonly deadline?: Duration | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How long an answer to what may be repeated is waited for, before it is sent again. */
export const tryMsDefault = 2_000;

export class Calls {
  readonly members: Members;
  readonly #settings: EtcdSettings;

  constructor(members: Members, settings: EtcdSettings) {
    this.members = members;
    this.#settings = settings;
  }

  limits({ deadline, signal }: LimitOptions): Limits {
    const deadlineMs = deadlineMsOf(deadline, this.#settings.deadlineMs);
    return { deadlineMs, deadlineAt: this.#settings.clock.now() + deadlineMs, signal };
  }

  async run<T>(call: Call<T>, limits: Limits): Promise<T> {
    const { members } = this;
    const unsure: number[] = [...(call.unsureBefore ?? [])];
    if (unsure.length > 0) await this.#prepare(call);
    let lastError: QuorateError | undefined;
    let lates = 0;
    for (let tryNumber = 1; ; tryNumber += 1) {
      const channel = members.ready ?? (await this.#channel(call, limits, unsure));
      const now = this.#settings.clock.now();
      if (now >= limits.deadlineAt) throw late(call, limits, unsure.length > 0, lastError);
      const seen = members.history.revision;
      try {
        return this.#understood(call, seen, await this.#send(call, channel, limits, now, tryNumber, unsure));
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        lates = error.kind === 'late' ? lates + 1 : 0;
        if (lates === 2 && call.movesWhenLate === true) members.retire(channel);
        const verdict = await this.#afterFailure(error, call, channel, now);
        if (!verdict.isUnsent && !call.isRead) unsure.push(tryNumber);
        if (!this.#mayRepeat(verdict, call)) throw this.#final(error, verdict, call, limits, unsure);
        lastError = verdict.error;
      }
      await this.#pause(tryNumber, limits);
      limits.signal?.throwIfAborted();
      if (unsure.length > 0) await this.#prepare(call);
    }
  }

  /** What something of our own waits for, within the limits of its call; nothing was sent. */
  within<T>(promise: Promise<T>, what: string, limits: Limits): Promise<T> {
    const { deadlineAt, signal } = limits;
    const { clock } = this.#settings;
    const time = new CallTime({
      clock,
      deadlineMs: deadlineAt - clock.now(),
      signals: [signal, this.members.over],
      late: () => late({ what, isRead: true }, limits, false, undefined),
    });
    return untilAborted(promise, time.signal).finally(() => time[Symbol.dispose]());
  }

  async #channel(call: CallTerms, limits: Limits, unsure: readonly number[]): Promise<Channel> {
    try {
      return await this.members.channel(call.what, limits);
    } catch (error) {
      // Not sent this time; but what became of an earlier try is as unknown as before.
      if (unsure.length === 0 || !isQuorateError(error)) throw error;
      throw withOutcome(error, 'unknown');
    }
  }

  async #prepare(call: CallTerms): Promise<void> {
    try {
      await call.prepareRepeat?.();
    } catch (error) {
      throw isQuorateError(error) ? withOutcome(error, 'unknown') : error;
    }
  }

  #send(
    call: CallTerms,
    channel: Channel,
    limits: Limits,
    now: number,
    tryNumber: number,
    unsure: readonly number[],
  ): Promise<Uint8Array> {
    const leftMs = limits.deadlineAt - now;
    const tryMsMax = call.isRepeatable ? (call.tryMsMax ?? tryMsDefault) : leftMs;
    return channel.unary({
      path: call.path,
      message: call.encode(tryNumber, unsure),
      timeoutMs: Math.min(leftMs, tryMsMax),
      signal: limits.signal,
    });
  }

  #understood<T>(call: Call<T>, seen: number, bytes: Uint8Array): T {
    let answer: T;
    try {
      answer = call.decode(bytes);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      throw notUnderstood(call.what, this.members.addresses, error);
    }
    if (call.header === undefined) return answer;
    const header = call.header(answer);
    try {
      this.members.history.member(header);
      this.members.history.linearizable(header, seen);
    } catch (error) {
      this.members.check(error);
      throw error;
    }
    return answer;
  }

  async #afterFailure(
    failure: CallFailure,
    call: CallTerms,
    channel: Channel,
    sentAt: number,
  ): Promise<Verdict> {
    if (failure.kind === 'late' && channel.heardAt < sentAt)
      this.members.distrust(channel, `it has been silent since it was asked for ${call.what}`);
    const verdict = judge(failure, call.what, channel.address);
    if (verdict.next !== 'login') return verdict;
    try {
      await this.members.login(channel);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      return { next: error.retryable ? 'again' : 'fail', isUnsent: true, error };
    }
    return { ...verdict, next: 'again' };
  }

  #mayRepeat({ next, isUnsent }: Verdict, { isRepeatable }: CallTerms): boolean {
    return next === 'again' && (isUnsent || isRepeatable) && !this.members.over.aborted;
  }

  #final(
    failure: CallFailure,
    { error }: Verdict,
    call: CallTerms,
    limits: Limits,
    unsure: readonly number[],
  ): QuorateError {
    const isUnsure = unsure.length > 0;
    if (this.members.over.aborted) {
      const { reason } = this.members.over;
      return isUnsure ? withOutcome(reason, 'unknown') : reason;
    }
    if (failure.kind === 'late') return late(call, limits, isUnsure, error);
    if (isUnsure) return withOutcome(error, 'unknown');
    return call.isRead && error.outcome === 'unknown' ? withOutcome(error, 'not-applied') : error;
  }

  #pause(before: number, { deadlineAt, signal }: Limits): Promise<void> {
    const { clock, random } = this.#settings;
    return pauseBetweenTries({ clock, random, before, until: deadlineAt, signal });
  }
}

/** The error of a call whose time is over. */
export function late(
  { what, isRead }: Pick<CallTerms, 'what' | 'isRead'>,
  { deadlineMs }: Limits,
  isUnsure: boolean,
  cause: QuorateError | undefined,
): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `etcd did not answer ${what} within ${deadlineMs} ms; see that it runs and has a leader, or give it longer`,
    data: { milliseconds: deadlineMs },
    outcome: isUnsure && !isRead ? 'unknown' : 'not-applied',
    cause,
  });
}
