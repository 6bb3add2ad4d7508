/**
 * The lock that is held when most of several independent servers say so: none of them copies from another, so the
 * loss of a minority loses nothing, and no failover can give it twice. What it needs in return are clocks: the time
 * to live must pass at about the same rate here and there, and a holder that stands still for longer must not act
 * after it. It has no tokens. Where a mistake would cost more than doing a piece of work twice, use an engine that
 * fences.
 */
import {
  type Duration,
  durationMs,
  invalidOption,
  linkSignals,
  QuorateError,
  untilAborted,
} from '../../../base/index.ts';
import type { Clock, Random } from '../../../ports/index.ts';
import { checkRenewalShare, renewalShareDefault } from '../../port/index.ts';
import { randomWord } from '../random-word.ts';
import { MajorityHold, withdraw } from './majority-hold.ts';
import { poll } from './poll.ts';
import { grantScript } from './scripts.ts';
import type { Voter } from './voter.ts';

export interface MajorityAcquireOptions {
  /** How long the servers keep it for a holder that is not heard of any more. From 100 ms to a day. Default 10 s. */
  readonly ttl?: Duration;
  /** How long to try at most, before it rejects with `not-granted`. 0: once. Default: as long as `signal` lets it. */
  readonly wait?: Duration;
  readonly signal?: AbortSignal;
  /** When it is renewed, as a share of its time to live, from 0.05 to 0.7. Default a third. */
  readonly renewalShare?: number;
}

export interface MajorityLocksInit {
  readonly clock: Clock;
  readonly random: Random;
  readonly voters: readonly Voter[];
  readonly prefix: string;
}

interface Wanted {
  readonly keys: readonly string[];
  readonly places: readonly string[];
  readonly ttlMs: number;
  readonly share: number;
}

/** Of a server: one that is slower has not granted. */
const votingMsMax = 2_000;
const ttlMsMin = 100;
const ttlMsMax = 86_400_000;
const pauseMsMin = 50;
const pauseMsMax = 250;

export class MajorityLocks implements AsyncDisposable {
  readonly #init: MajorityLocksInit;
  readonly #holds = new Set<MajorityHold>();
  readonly #over = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(init: MajorityLocksInit) {
    this.#init = init;
  }

  /** All of the keys or none. Rejects with `not-granted`, or with the signal's reason. */
  async acquire(
    keys: readonly string[],
    { ttl = 10_000, renewalShare = renewalShareDefault, ...limits }: MajorityAcquireOptions = {},
  ): Promise<MajorityHold> {
    const wanted = { ...this.#placesOf(keys), ttlMs: ttlMsOf(ttl), share: shareOf(renewalShare) };
    const { clock } = this.#init;
    const waitMs = limits.wait === undefined ? Number.POSITIVE_INFINITY : durationMs(limits.wait, 'wait');
    const beganAt = clock.now();
    while (true) {
      this.#over.signal.throwIfAborted();
      limits.signal?.throwIfAborted();
      const attempt = await this.#attempt(wanted, limits.signal);
      if (attempt instanceof MajorityHold) return await this.#handedOver(attempt, limits.signal);
      this.#over.signal.throwIfAborted();
      limits.signal?.throwIfAborted();
      const leftMs = waitMs - (clock.now() - beganAt);
      if (leftMs <= 0) throw notGranted(wanted.keys, clock.now() - beganAt, attempt);
      await this.#pause(leftMs, limits.signal);
    }
  }

  /**
   * In the manner of the package redlock: calls `task` while the keys are held for `milliseconds` and renewed, and
   * releases them behind it. The signal aborts when they are lost, by the clock of this process. Rejects with
   * `not-held` when that was before the task was over, whatever it has returned.
   */
  async using<T>(
    keys: readonly string[],
    milliseconds: number,
    task: (signal: AbortSignal) => T | Promise<T>,
    options: Omit<MajorityAcquireOptions, 'ttl'> = {},
  ): Promise<T> {
    await using hold = await this.acquire(keys, { ...options, ttl: milliseconds });
    const result = await task(hold.signal);
    hold.assertHeld();
    return result;
  }

  /** Releases what is held, and ends the connections. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const error = closed();
    this.#over.abort(error);
    await Promise.all([...this.#holds].map((hold) => hold.release()));
    await Promise.all(this.#init.voters.map((voter) => voter.close(error)));
  }

  /** A hold, or what kept it from being one. */
  async #attempt(
    { keys, places, ttlMs, share }: Wanted,
    signal: AbortSignal | undefined,
  ): Promise<MajorityHold | QuorateError | undefined> {
    const { clock, random, voters } = this.#init;
    const asking = new AbortController();
    using stopped = linkSignals(signal, this.#over.signal);
    stopped.signal.addEventListener('abort', () => asking.abort(), { once: true });
    if (stopped.signal.aborted) asking.abort();
    const value = randomWord(random);
    const sentAt = clock.now();
    const words = [value, String(ttlMs), ...places];
    // Who takes longer than that to answer leaves too little of the time for which it grants.
    const { isGranted, trouble } = await poll(voters, {
      script: grantScript,
      words,
      milliseconds: Math.min(ttlMs / 2, votingMsMax),
      signal: asking.signal,
    });
    if (isGranted) {
      const onOver = (): void => void this.#holds.delete(hold);
      const hold: MajorityHold = new MajorityHold({
        ...{ clock, random, voters, keys, places, value, ttlMs, share, sentAt, asking, onOver },
      });
      if (hold.isHeld) {
        this.#holds.add(hold);
        return hold;
      }
    }
    // A server that comes back would grant it to nobody, for as long as it would have lived.
    asking.abort();
    await withdraw(voters, { value, ttlMs, places });
    return trouble;
  }

  /** Whoever did not want it any more when it came does not keep it from others. */
  async #handedOver(hold: MajorityHold, signal: AbortSignal | undefined): Promise<MajorityHold> {
    if (signal?.aborted !== true && !this.#over.signal.aborted) return hold;
    await hold.release();
    throw signal?.aborted === true ? signal.reason : this.#over.signal.reason;
  }

  /** Random, so that those who hindered each other do not meet again. */
  async #pause(leftMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { clock, random } = this.#init;
    const span = (pauseMsMax - pauseMsMin) * (random.uint32() / 2 ** 32);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = clock.setTimer(Math.min(leftMs, pauseMsMin + span), resolve);
    try {
      const either = untilAborted(promise, this.#over.signal);
      await (signal === undefined ? either : untilAborted(either, signal));
    } finally {
      timer.cancel();
      resolve();
    }
  }

  #placesOf(keys: readonly string[]): Pick<Wanted, 'keys' | 'places'> {
    const isFit =
      keys.length > 0 && keys.length <= 128 && keys.every((key) => key !== '' && key.length <= 1_024);
    if (!isFit || new Set(keys).size < keys.length) {
      throw invalidOption('keys', keys, '1 to 128 different names that are not empty');
    }
    // In one order everywhere, for whoever reads the servers; each takes all of them or none.
    const sorted = keys.toSorted();
    return { keys: sorted, places: sorted.map((key) => `${this.#init.prefix}${key}`) };
  }
}

function ttlMsOf(ttl: Duration): number {
  const ttlMs = Math.ceil(durationMs(ttl, 'ttl'));
  if (ttlMs >= ttlMsMin && ttlMs <= ttlMsMax) return ttlMs;
  throw new QuorateError({
    code: 'ttl-out-of-range',
    message: `a time to live of ${ttlMs} ms is outside of ${ttlMsMin} to ${ttlMsMax} ms`,
    data: { ttlMs, limitMs: ttlMs < ttlMsMin ? ttlMsMin : ttlMsMax },
  });
}

function shareOf(share: number): number {
  checkRenewalShare(share);
  return share;
}

function notGranted(
  keys: readonly string[],
  waitedMs: number,
  cause: QuorateError | undefined,
): QuorateError<'not-granted'> {
  const what = `the majority lock ${keys.join(', ')}`;
  const why = cause === undefined ? 'somebody else holds it' : `a server did not vote: ${cause.message}`;
  return new QuorateError({
    code: 'not-granted',
    message: `${what} was not granted within ${Math.round(waitedMs)} ms; ${why}; try again, or wait longer`,
    data: { what, waitedMs: Math.round(waitedMs), holder: '' },
    ...(cause === undefined ? {} : { cause }),
  });
}

function closed(): QuorateError<'closed'> {
  const what = 'the majority locks on Redis';
  return new QuorateError({ code: 'closed', message: `${what} were closed`, data: { what } });
}
