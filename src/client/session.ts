/**
 * One client's life line in a store: what it asks under a session is carried out once, however often it is
 * sent, and what hangs on the session vanishes with it. It is kept alive while its process lives and reaches
 * the cluster.
 *
 * Whether it still lives is a question of time, and the answer errs on the safe side: counted from when the
 * last renewal that was answered was *sent*, and shortened by what clocks may differ in rate. A process that
 * stood still finds out by looking at its clock, not by a timer that comes late.
 */
import { ByteWriter, isQuorateError, type Outcome, QuorateError, watchfulSignal } from '../base/index.ts';
import {
  type CommandBody,
  decodeReply,
  encodeCommand,
  type Fence,
  type Reply,
  refusalError,
} from '../mvcc/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import { type CallLimits, limitsOf } from './call-limits.ts';
import type { Answerer, CallOptions } from './call-options.ts';
import type { ClusterClient } from './cluster-client.ts';
import { RequestNumbers } from './request-numbers.ts';

export interface SessionOptions {
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly group: number;
  /** How long it lives without a sign of life. */
  readonly ttlMs: number;
  /** After which share of its time to live it is renewed. Default a third. */
  readonly renewalShare?: number;
  readonly opening?: CallOptions;
}

/**
 * `connected` at first. `suspended`: a renewal is not answered, and the session may end unheard. `reconnected`: one was
 * answered in time, and nothing was lost. `lost`: it is over, for good.
 */
export type SessionState = 'connected' | 'suspended' | 'reconnected' | 'lost';

export interface SessionCall extends Omit<CallOptions, 'isRepeatable'> {
  readonly fences?: readonly Fence[];
}

/** By which share the clocks of two machines may differ in rate; the same that leases of leaders count with. */
const clockDriftMax = 0.05;
const renewalShareDefault = 1 / 3;
/** A store that keeps as many answers as it may has room again when it has heard what was received. */
const fullPauseMs = 5;

export class StoreSession implements AsyncDisposable {
  readonly id: number;
  readonly #options: SessionOptions;
  readonly #over = new AbortController();
  readonly #numbers: RequestNumbers;
  readonly #signal: AbortSignal;
  #isOver = false;
  readonly #listeners = new Set<(state: SessionState) => void>();
  #state: SessionState = 'connected';
  /** Renewals whose answers have not come. */
  #renewals = 0;
  /** By the monotonic clock: until then nobody can have taken what this session holds. */
  #until: number;
  #timer: Timer | undefined;
  #closing: Promise<void> | undefined;

  static async open(options: SessionOptions): Promise<StoreSession> {
    const { client, clock, group, ttlMs, opening } = options;
    const sentAt = clock.now();
    const command = encoded({ kind: 'session-open', ttlMs });
    // One that was opened and never heard of ends by itself.
    const bytes = await client.command(group, command, { ...opening, isRepeatable: true });
    const { body } = checked(decodeReply(bytes));
    if (body.kind !== 'lease') throw new TypeError(`a session was answered with ${body.kind}`);
    return new StoreSession(options, body.lease, sentAt);
  }

  private constructor(options: SessionOptions, id: number, sentAt: number) {
    this.#options = options;
    this.#numbers = new RequestNumbers(options.clock);
    this.id = id;
    this.#until = sentAt + this.#beliefMs;
    this.#signal = watchfulSignal(this.#over.signal, () => {
      if (!this.isLive) this.#end(overError(this.id, 'its time ran out'));
    });
    this.#plan();
  }

  /** False: somebody else may hold by now what this session held. */
  get isLive(): boolean {
    return !this.#isOver && this.#options.clock.now() < this.#until;
  }

  /** By the monotonic clock, how long it may still be relied on. */
  get remainingMs(): number {
    return this.#isOver ? 0 : Math.max(0, this.#until - this.#options.clock.now());
  }

  /**
   * Aborts when the session is over, with the reason. To read it is to look at the clock, so a process that stood
   * still is told the truth at once.
   */
  get over(): AbortSignal {
    return this.#signal;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Hears of each change of state, until the function that it returns is called. */
  subscribe(listener: (state: SessionState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Carries `body` out exactly once, whatever happens on the way. Rejects with the refusal as users see it. */
  async call(body: CommandBody, { fences = [], ...options }: SessionCall = {}): Promise<Reply> {
    const { client, clock } = this.#options;
    const { timeoutMs = client.timeoutMs, signal } = options;
    const dueMs = clock.now() + timeoutMs;
    const taken = this.#numbers.take({ dueMs, timeoutMs, signal });
    let request = typeof taken === 'number' ? taken : await taken;
    try {
      this.#checkLive();
      for (let leftMs = dueMs - clock.now(); ; leftMs = dueMs - clock.now()) {
        const asked = { ...options, timeoutMs: Math.max(1, leftMs) };
        const { reply, isOnlyTry } = await this.#try(request, body, fences, asked);
        if (reply.body.kind !== 'refused') return reply;
        const error = refusalError(reply.body.refusal);
        if (error.code === 'session-expired') this.#end(error);
        if (error.code !== 'session-full' || clock.now() + fullPauseMs >= dueMs) throw error;
        // It may be the oldest of all, for which every answer that was given since then is kept.
        if (isOnlyTry) request = this.#numbers.renumber(request);
        await this.#pause(fullPauseMs);
        signal?.throwIfAborted();
        this.#checkLive();
      }
    } finally {
      this.#numbers.end(request);
    }
  }

  /**
   * Resolves when what became of every request of before is decided, also where nobody heard of it: what was not carried
   * out by then never will be. So whoever looks behind that sees whether a request was carried out.
   */
  async seal(limits: CallLimits = {}): Promise<void> {
    const { clock, client } = this.#options;
    const { signal, timeoutMs = client.timeoutMs } = limitsOf(limits);
    const dueMs = clock.now() + timeoutMs;
    await this.#numbers.untilEnded({ dueMs, timeoutMs, signal });
    const leftMs = Math.max(1, dueMs - clock.now());
    const body = { kind: 'transaction', compares: [], onSuccess: [], onFailure: [] } as const;
    await this.call(body, { timeoutMs: leftMs, ...(signal === undefined ? {} : { signal }) });
  }

  /** Gives up what hangs on it. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** How long after a renewal was sent it may be relied on. */
  get #beliefMs(): number {
    return this.#options.ttlMs * (1 - clockDriftMax);
  }

  /** `isOnlyTry`: the request was sent once, so that its answer is the last word on it. */
  async #try(
    request: number,
    body: CommandBody,
    fences: readonly Fence[],
    options: CallOptions,
  ): Promise<{ readonly reply: Reply; readonly isOnlyTry: boolean }> {
    const { client, group } = this.#options;
    const { acknowledged } = this.#numbers;
    const writer = new ByteWriter(256);
    encodeCommand(writer, { session: { session: this.id, request, acknowledged }, fences, body });
    let isOnlyTry = false;
    const answered = (by: Answerer): void => {
      isOnlyTry = by.tries === 1;
      options.answered?.(by);
    };
    const bytes = await client.command(group, writer.copy(), { ...options, answered, isRepeatable: true });
    return { reply: decodeReply(bytes), isOnlyTry };
  }

  async #close(): Promise<void> {
    if (this.#isOver) return;
    this.#end(overError(this.id, 'it was closed'));
    const { client, group } = this.#options;
    const command = encoded({ kind: 'session-close', session: this.id });
    try {
      await client.command(group, command, { isRepeatable: true });
    } catch (error) {
      // It ends by itself when its time is over: nobody waits longer for that than for a process that died.
      if (!isQuorateError(error)) throw error;
    }
  }

  #plan(): void {
    const { clock, ttlMs, renewalShare = renewalShareDefault } = this.#options;
    const dueMs = Math.min(ttlMs * renewalShare, this.#until - clock.now());
    this.#timer = clock.setTimer(Math.max(1, dueMs), () => void this.#renew(), { background: true });
  }

  async #renew(): Promise<void> {
    const { client, clock, group } = this.#options;
    const sentAt = clock.now();
    if (sentAt >= this.#until) {
      this.#end(overError(this.id, 'no renewal was answered in time'));
      return;
    }
    // The next one does not wait for this one: an answer that hangs must not cost the session its life.
    this.#plan();
    if (this.#renewals > 0) this.#become('suspended');
    const command = encoded({ kind: 'lease-keep-alive', lease: this.id });
    this.#renewals += 1;
    try {
      const options = { isRepeatable: true, signal: this.#signal };
      checked(decodeReply(await client.command(group, command, options)));
      this.#until = Math.max(this.#until, sentAt + this.#beliefMs);
      if (this.#state === 'suspended') this.#become('reconnected');
    } catch (error) {
      if (this.#isOver) return;
      if (!isQuorateError(error)) throw error;
      if (error.code === 'lease-not-found') this.#end(error);
      else this.#become('suspended');
    } finally {
      this.#renewals -= 1;
    }
  }

  #become(state: SessionState): void {
    if (this.#state === state || this.#state === 'lost') return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  #checkLive(): void {
    if (this.isLive) return;
    this.#end(overError(this.id, 'its time ran out'));
    // Nothing of this request has left.
    throw overError(this.id, 'nothing more is sent under it', {
      outcome: 'not-applied',
      cause: this.#signal.reason,
    });
  }

  #end(reason: QuorateError): void {
    this.#timer?.cancel();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.abort(reason);
    this.#become('lost');
    this.#listeners.clear();
  }

  #pause(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.setTimer(forMs, resolve);
    });
  }
}

function encoded(body: CommandBody): Uint8Array {
  const writer = new ByteWriter(64);
  encodeCommand(writer, { session: undefined, fences: [], body });
  return writer.copy();
}

function checked(reply: Reply): Reply {
  if (reply.body.kind === 'refused') throw refusalError(reply.body.refusal);
  return reply;
}

function overError(
  session: number,
  reason: string,
  more: { readonly outcome?: Outcome; readonly cause?: unknown } = {},
): QuorateError<'session-expired'> {
  return new QuorateError({
    code: 'session-expired',
    message: `session ${session} is over: ${reason}; open a new one, and take nothing for granted that it held`,
    data: { session },
    ...more,
  });
}
