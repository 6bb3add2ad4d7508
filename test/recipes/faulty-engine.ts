/**
 * An engine on a real store whose connection and time a test has in its hands: requests that do not arrive, answers
 * that are lost or late, renewals that nobody answers, a process that stands still. Sessions live by the parts that
 * every engine uses, on the clock of the test; what they hold is in the store, and ends there when the test says so.
 */
import { durationMs, isQuorateError, QuorateError, untilAborted } from '../../src/base/index.ts';
import {
  type CallOptions,
  CallTime,
  type Capability,
  type Engine,
  type EngineLimits,
  type EngineSession,
  type Item,
  Life,
  type Listing,
  type ListOptions,
  Renewal,
  type SessionOptions,
  type SessionState,
  type TransactAnswer,
  type TransactRequest,
  type Watch,
  type WatchBatch,
  type WatchOptions,
  type WatchTarget,
} from '../../src/engines/port/index.ts';
import type { Random } from '../../src/ports/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

/** Of a call that does not name one. */
const deadlineMsDefault = 5_000;

export class FaultyEngine implements Engine<Capability> {
  readonly kind = 'quorate';
  readonly clock: ManualClock = new ManualClock();
  readonly provides: Engine<Capability>['provides'];
  readonly limits: EngineLimits;
  readonly random: Random;
  readonly sessions: FaultySession[] = [];
  /** What was watched, in order, and how many batches of changes came of all watches. */
  readonly watched: WatchTarget[] = [];
  changes = 0;
  /** Requests that the server has carried out. */
  transacted: TransactRequest[] = [];
  /**
   * `lost`: carried out, and nobody hears. `refused`: it does not arrive. `unheard` and `silent`: the same, and the
   * caller is not told but waits, for as long as he has patience.
   */
  fault: 'none' | 'lost' | 'refused' | 'unheard' | 'silent' = 'none';
  /** Renewals are answered. */
  isHeard = true;
  /** Watches tell how they begin, and nothing behind that. */
  isSilent = false;
  /** Called with what was asked, behind each answer: for a story that goes on from there. */
  onAnswer: (asked: 'get' | 'list' | 'transact' | 'session', where: string) => void = () => undefined;
  /** While it is there, answers to transactions wait for it. */
  gate: Promise<void> | undefined;
  readonly #inner: Engine<Capability>;
  /** By their names, appends that were carried out and not heard of: asked for again, they are not made anew. */
  readonly #unheard = new Map<string, TransactAnswer>();

  constructor(inner: Engine<Capability>) {
    this.#inner = inner;
    this.provides = inner.provides;
    this.limits = inner.limits;
    this.random = inner.random;
  }

  async get(key: string, options?: CallOptions): Promise<Item | undefined> {
    await this.#reach(options);
    const item = await this.#inner.get(key, options);
    this.onAnswer('get', key);
    return item;
  }

  async list(directory: string, options?: ListOptions): Promise<Listing> {
    await this.#reach(options);
    const listing = await this.#inner.list(directory, options);
    this.onAnswer('list', directory);
    return listing;
  }

  async transact(request: TransactRequest): Promise<TransactAnswer> {
    await this.#reach(request);
    const { gate, fault } = this;
    const operations = request.operations.map((operation) =>
      'session' in operation && operation.session instanceof FaultySession
        ? { ...operation, session: operation.session.inner }
        : operation,
    );
    const [only] = operations;
    const append = only?.kind === 'append' ? `${only.directory}/${only.id}` : '';
    const earlier = this.#unheard.get(append);
    if (earlier !== undefined) return earlier;
    const answer = await this.#inner.transact({ ...request, operations }).catch((error: unknown) => {
      for (const operation of request.operations)
        if ('session' in operation && operation.session instanceof FaultySession)
          operation.session.hear(error);
      throw error;
    });
    this.transacted.push(request);
    await gate;
    if (fault !== 'lost' && fault !== 'unheard') {
      this.onAnswer('transact', append);
      return answer;
    }
    if (append !== '') this.#unheard.set(append, answer);
    if (fault === 'unheard') await this.#unanswered(request);
    throw unreachable('unknown');
  }

  async *#counted(watch: Watch): AsyncGenerator<WatchBatch, undefined> {
    for await (const batch of watch) {
      if (this.isSilent && batch.kind === 'changes') continue;
      if (batch.kind === 'changes') this.changes += 1;
      yield batch;
    }
  }

  watch(target: WatchTarget, options?: WatchOptions): Watch {
    this.watched.push(target);
    const watch = this.#inner.watch(target, options);
    const counted = this.#counted(watch);
    return {
      next: () => counted.next(),
      return: async () => {
        await watch.return();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
      [Symbol.asyncDispose]: async () => {
        await watch.return();
      },
    };
  }

  async session({ ttlMs, ...call }: SessionOptions): Promise<EngineSession> {
    await this.#reach(call);
    const inner = await this.#inner.session({ ttlMs: ttlMs * 10 });
    const session = new FaultySession(this, inner, ttlMs);
    this.sessions.push(session);
    this.onAnswer('session', session.id);
    return session;
  }

  async close(): Promise<void> {
    for (const session of this.sessions) await session.close();
    await this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Time passes in steps in which answers come. */
  async pass(milliseconds: number, stepMs = 100): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, milliseconds - passed));
      await turn();
    }
  }

  async #reach(call: CallOptions = {}): Promise<void> {
    if (this.fault === 'refused') throw unreachable('not-applied');
    if (this.fault === 'silent') await this.#unanswered(call);
  }

  /** Rejects when the caller has no patience any more. */
  async #unanswered({ signal, deadline = deadlineMsDefault }: CallOptions): Promise<never> {
    const deadlineMs = durationMs(deadline, 'deadline');
    const late = (): unknown => unanswered(deadlineMs);
    using time = new CallTime({ clock: this.clock, deadlineMs, signals: [signal], late });
    return await untilAborted(new Promise<never>(() => undefined), time.signal);
  }
}

export class FaultySession implements EngineSession {
  readonly inner: EngineSession;
  readonly ttlMs: number;
  readonly #life: Life;
  readonly #renewal: Renewal;

  constructor(engine: FaultyEngine, inner: EngineSession, ttlMs: number) {
    const { clock } = engine;
    this.inner = inner;
    this.ttlMs = ttlMs;
    this.#life = new Life({ clock, name: inner.id, ttlMs, sentAt: clock.now() });
    const renew = (): Promise<void> =>
      engine.isHeard ? Promise.resolve() : Promise.reject(unreachable('unknown'));
    this.#renewal = new Renewal({ clock, life: this.#life, ttlMs, share: 1 / 3, renew });
  }

  get id(): string {
    return this.inner.id;
  }

  get isLive(): boolean {
    return this.#life.isLive;
  }

  get remainingMs(): number {
    return this.#life.remainingMs;
  }

  get state(): SessionState {
    return this.#life.state;
  }

  get over(): AbortSignal {
    return this.#life.over;
  }

  subscribe(listener: (state: SessionState) => void): () => void {
    return this.#life.subscribe(listener);
  }

  /** The server ends it, and its owner does not hear. */
  async endUnheard(): Promise<void> {
    await this.inner.close();
  }

  /** What became of a request under it. */
  hear(error: unknown): void {
    if (isQuorateError(error) && error.code === 'session-expired')
      this.#life.end('the server has ended it', error);
  }

  async close(): Promise<void> {
    this.#life.end('it was closed');
    await this.#renewal.close();
    await this.inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function unreachable(outcome: 'not-applied' | 'unknown'): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message: 'the test has cut the connection',
    data: { engine: 'quorate', address: 'memory:' },
    outcome,
  });
}

function unanswered(milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `the test has given no answer for ${milliseconds} ms`,
    data: { milliseconds },
    outcome: 'unknown',
  });
}
