/**
 * A session is one lease. Each renewal is a call of its own with a time of its own, and not a message in a long
 * stream: a stream that stays open while no answers come looks well for as long as one likes.
 */
import { isQuorateError, QuorateError } from '../../base/index.ts';
import type { Clock, Timer } from '../../ports/index.ts';
import { LivingSession, renewalShareDefault, type SessionOptions, sessionOver } from '../port/index.ts';
import { decodeLeaseAnswer } from './answers.ts';
import type { Calls } from './calls.ts';
import { encodeGrant, encodeLease, paths } from './requests.ts';

/** What etcd grants at the least with its default election timeout of 1 s; with a longer one it is more. */
export const ttlMsMin = 2_000;
/** etcd's own bound is 9,000,000,000 s; timers of JavaScript end after 24 days. */
export const ttlMsMax: number = 24 * 3_600_000;

/**
 * A renewal that comes at a third of the life has about as long to be answered, and is sent three times in it: the
 * second and the third one elsewhere if the member is silent, the third if it answers others only.
 */
const renewalTries = 3;
/** Of its life; behind that the session is given up. */
const usableShare = 0.95;
/** Before one that was not answered at all is followed by the next. */
const retryMsMin = 100;

export interface OpenSessionOptions {
  readonly calls: Calls;
  readonly clock: Clock;
  /** Whole, above 0, within 53 bits. */
  readonly newLease: () => number;
  readonly options: SessionOptions;
  readonly onEnd: (session: EtcdSession) => void;
}

export async function openSession({
  calls,
  clock,
  newLease,
  options,
  onEnd,
}: OpenSessionOptions): Promise<EtcdSession> {
  const { ttlMs: asked, renewalShare: share = renewalShareDefault } = options;
  const ttlSeconds = Math.ceil(asked / 1_000);
  let lease = 0;
  let sentAt = 0;
  const { ttlSeconds: granted } = await calls.run(
    {
      what: 'a new session',
      path: paths.grant,
      // Another lease with each try: one that was granted unheard holds nothing, and expires.
      encode: () => {
        lease = newLease();
        sentAt = clock.now();
        return encodeGrant(lease, ttlSeconds);
      },
      decode: decodeLeaseAnswer,
      isRead: false,
      isRepeatable: true,
    },
    calls.limits(options),
  );
  const ttlMs = ttlSeconds * 1_000;
  const session = new EtcdSession({ calls, clock, lease, ttlMs, sentAt, share, onEnd });
  if (granted === ttlSeconds) return session;
  await session.close();
  throw outOfRange(asked, granted * 1_000);
}

interface EtcdSessionOptions {
  readonly calls: Calls;
  readonly clock: Clock;
  readonly lease: number;
  readonly ttlMs: number;
  readonly sentAt: number;
  readonly share: number;
  readonly onEnd: (session: EtcdSession) => void;
}

export class EtcdSession extends LivingSession {
  readonly #calls: Calls;
  readonly #clock: Clock;
  readonly #lease: number;
  readonly #share: number;
  /** Until a renewal that failed is tried again. */
  #retry: Timer | undefined;

  constructor({ calls, clock, lease, ttlMs, sentAt, share, onEnd }: EtcdSessionOptions) {
    super({ clock, id: lease.toString(16), ttlMs, share, sentAt, onEnd: () => onEnd(this) });
    this.#calls = calls;
    this.#clock = clock;
    this.#lease = lease;
    this.#share = share;
    this.whenOver(() => this.#retry?.cancel());
  }

  /** For a request within it; throws `session-expired`. */
  get lease(): number {
    this.check();
    return this.#lease;
  }

  /** The server has said so of a request within it; what to tell whoever made it. */
  expired(cause: QuorateError): QuorateError {
    const reason = 'etcd does not know its lease any more';
    this.lose(reason, cause);
    return sessionOver(this.id, reason, cause);
  }

  protected override async farewell(leftMs: number): Promise<void> {
    if (leftMs <= 0) return;
    await this.#calls.run(
      {
        what: `the end of session ${this.id}`,
        path: paths.revoke,
        encode: () => encodeLease(this.#lease),
        decode: () => undefined,
        isRead: false,
        isRepeatable: true,
      },
      this.#calls.limits({ deadline: Math.min(leftMs, this.#calls.limits({}).deadlineMs) }),
    );
  }

  protected override async renew(signal: AbortSignal): Promise<void> {
    const deadline = this.ttlMs * Math.min(this.#share, (usableShare - this.#share) / 2);
    try {
      const { ttlSeconds } = await this.#calls.run(
        {
          what: `the renewal of session ${this.id}`,
          path: paths.keepAlive,
          encode: () => encodeLease(this.#lease),
          decode: decodeLeaseAnswer,
          isRead: true,
          isRepeatable: true,
          movesWhenLate: true,
          tryMsMax: deadline / renewalTries,
        },
        this.#calls.limits({ deadline, signal }),
      );
      if (ttlSeconds <= 0) throw sessionOver(this.id, 'etcd does not know its lease any more');
    } catch (error) {
      if (isQuorateError(error) && error.code !== 'session-expired') this.#renewSoon(deadline);
      throw error;
    }
  }

  #renewSoon(deadlineMs: number): void {
    this.#retry?.cancel();
    const delayMs = Math.max(retryMsMin, deadlineMs / renewalTries);
    this.#retry = this.#clock.setTimer(delayMs, () => this.renewal.now(), { background: true });
  }
}

/** Its election timeout is longer than usual, and so is the least that it grants. */
function outOfRange(ttlMs: number, limitMs: number): QuorateError<'ttl-out-of-range'> {
  return new QuorateError({
    code: 'ttl-out-of-range',
    message: `a session is to live for ${ttlMs} ms, but this etcd grants at least ${limitMs} ms; ask for that`,
    data: { ttlMs, limitMs },
  });
}
