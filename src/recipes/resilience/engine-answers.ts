/**
 * What is remembered of calls by their idempotency keys, for many processes: an answer that one has given is given
 * again by all.
 *
 * Each key has a record, which stays, and while its call is under way a holder, which is there as long as the session
 * of the process that carries it out. Both come in one transaction and are settled in one, so a record that says
 * `pending` and has no holder means one thing: that process has died, or was away for too long, and nobody knows what
 * it did. A claim that was the holder's session item alone would vanish with it, and the next call would be carried
 * out as if nothing had been. One that comes back late may still write its answer, unless somebody has taken the key
 * over meanwhile: its write is on the condition that the record is as it left it.
 *
 * Ages are told by wall clocks, which need not agree to the second for answers that live for hours. What is over is
 * swept by those who claim: some of the oldest records for every few claims, so nothing runs while nobody calls.
 */
import { type Duration, durationMs, invalidOption, isQuorateError, linkSignals } from '../../base/index.ts';
import {
  type CallOptions,
  type Condition,
  checkCapabilities,
  checkSession,
  type Engine,
  type Item,
  type TransactRequest,
} from '../../engines/port/index.ts';
import type {
  AnswerClaim,
  AnswerStore,
  CallContext,
  ClaimAnswer,
  ClaimRequest,
} from '../../resilience/index.ts';
import { Budget } from '../budget.ts';
import { type QueueNeeds, queueNeeds } from '../needs.ts';
import { RecipeContext } from '../recipe-context.ts';
import { untilAnswered, untilDone } from '../removal.ts';
import type { SessionUse } from '../session-pool.ts';
import { type AnswerRecord, decodeRecord, encodeRecord, readRecord } from './answer-record.ts';
import { EngineClaim, lifelineOf, type Place, settling } from './engine-claim.ts';

export interface EngineAnswersOptions {
  /** Before everything that is kept, as for `coordinate`. Default none. */
  readonly prefix?: string;
  /** How long an answer is given again, and a doubt stays one. Longer than anybody tries again. Default 24 hours. */
  readonly ttl?: Duration;
  /** For so long a process that is not heard of counts as still at work; then its calls are in doubt. Default 10 s. */
  readonly holderTtl?: Duration;
}

/** What lies under a key. */
interface Found {
  readonly item: Item;
  readonly record: AnswerRecord;
  /** Somebody carries its call out. */
  readonly isHeld: boolean;
}

/** Asked for, and perhaps made. */
interface LostClaim {
  readonly place: Place;
  readonly claim: string;
  readonly use: SessionUse;
  readonly before: Uint8Array | undefined;
}

/** A session that nobody has needed for so long is closed. */
const idleMs = 30_000;
const claimsBetweenSweeps = 32;
/** More than come between two sweeps, so that they keep up. */
const recordsSwept = 64;
/** So many in front that stay end a sweep. */
const stayingMax = 8;

/** Answers by idempotency key on an engine, under `name`; for `idempotencyKeys({ store })`. Close it when it is not needed any more. */
export function engineAnswers(
  engine: Engine<QueueNeeds>,
  name: string,
  options: EngineAnswersOptions = {},
): EngineAnswers {
  checkCapabilities(engine, `idempotency keys ${name}`, Object.keys(queueNeeds) as QueueNeeds[]);
  return new EngineAnswers(engine, name, options);
}

export class EngineAnswers implements AnswerStore, AsyncDisposable {
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #ttlMs: number;
  #claims = 0;

  constructor(engine: Engine, name: string, options: EngineAnswersOptions) {
    const { prefix = '', ttl = '24h', holderTtl = '10s' } = options;
    const ttlMs = durationMs(holderTtl, 'holderTtl');
    checkSession(engine, { ttlMs });
    this.#ttlMs = durationMs(ttl, 'ttl');
    if (this.#ttlMs === 0) throw invalidOption('ttl', ttl, 'more than 0 ms');
    this.#context = new RecipeContext({ engine, prefix, ttlMs, idleMs, holder: '', onSuspended: 'keep' });
    this.#directory = this.#context.pathOf('answers', name);
  }

  async claim(request: ClaimRequest, call: CallContext): Promise<ClaimAnswer> {
    this.#context.checkOpen();
    const place = this.#placeOf(request.key);
    const budget = new Budget(this.#context.engine.clock, optionsOf(call), `claiming ${place.record}`);
    let over: Found | undefined;
    while (true) {
      const claim = await this.#take(place, request.fingerprint, over, budget);
      if (claim !== undefined) return { state: 'claimed', claim };
      const found = await this.#look(place, budget);
      if (found !== undefined && !this.#mayTakeOver(found, request)) return answerOf(found);
      over = found;
    }
  }

  /** When the call's holder is gone: it is settled, or the process that carried it out has died. */
  async untilSettled(key: string, { signal }: CallContext): Promise<void> {
    using link = linkSignals(signal, this.#context.closed);
    const watch = this.#context.engine.watch({ key: this.#placeOf(key).holder }, { signal: link.signal });
    for await (const batch of watch) {
      const isGone =
        batch.kind === 'present' ? batch.items.length === 0 : batch.events.some(({ kind }) => kind !== 'put');
      if (isGone) return;
    }
  }

  /** Of what is under way it forgets nothing. */
  async forget(key: string): Promise<void> {
    const place = this.#placeOf(key);
    const { engine } = this.#context;
    const item = await engine.get(place.record);
    if (item !== undefined) await engine.transact(forgetting(place, item));
  }

  /** What is under way is in doubt from now on, unless it is settled before. The engine stays open. May be called twice. */
  close(): Promise<void> {
    return this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Undefined: the key is not as it was thought to be. */
  async #take(
    place: Place,
    fingerprint: string | undefined,
    over: Found | undefined,
    budget: Budget,
  ): Promise<AnswerClaim | undefined> {
    const context = this.#context;
    const call = budget.next();
    const use = await context.sessions.use(context.ttlMsOf(undefined), call.signal ?? context.closed);
    const claim = context.newId();
    const pending: AnswerRecord = {
      state: 'pending',
      claim,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      writtenAtMs: context.engine.clock.wall(),
    };
    const isAsThought: Condition =
      over === undefined
        ? { key: place.record, is: 'absent' }
        : { key: place.record, is: 'unchanged', modified: over.item.modified };
    const before = over === undefined ? undefined : this.#doubtOf(over);
    const request = {
      when: [isAsThought, { key: place.holder, is: 'absent' }] as const,
      operations: [
        { kind: 'put', key: place.record, value: encodeRecord(pending, place.record) },
        { kind: 'put', key: place.holder, value: new TextEncoder().encode(claim), session: use.session },
      ] as const,
    };
    try {
      const answer = await context.engine.transact({ ...request, ...budget.next() });
      const result = answer.succeeded ? answer.results[0] : undefined;
      if (result?.kind === 'put') {
        this.#sweepSometimes();
        return new EngineClaim({ context, place, use, pending, before, modified: result.modified });
      }
    } catch (error) {
      const isSure =
        call.signal?.aborted !== true && isQuorateError(error) && error.outcome === 'not-applied';
      if (isSure) use.release();
      else
        context.inBackground(`giving up ${place.record}`, () =>
          this.#giveUp({ place, claim, use, before }, request),
        );
      throw error;
    }
    use.release();
    return undefined;
  }

  /**
   * Whether it was claimed is not known, and it may still be on its way. So the same is asked once more under the same
   * session, where it can never come true: what was asked before comes too late behind that. Nothing was begun, so what
   * is there by this claim is taken away.
   */
  async #giveUp({ place, claim, use, before }: LostClaim, request: TransactRequest): Promise<void> {
    const { engine } = this.#context;
    const { session } = use;
    const never = { key: place.holder, is: 'created', created: Number.MAX_SAFE_INTEGER } as const;
    try {
      await untilDone(engine, session, { ...request, when: [never] });
      await untilAnswered(engine, lifelineOf(this.#context), async (signal) => {
        const item = await engine.get(place.record, { signal });
        if (item === undefined || decodeRecord(item.value, place.record).claim !== claim) return;
        await engine.transact({ ...settling(place, item.modified, before), signal });
      });
    } finally {
      use.release();
    }
  }

  async #look(place: Place, budget: Budget): Promise<Found | undefined> {
    const { engine } = this.#context;
    let item = await engine.get(place.record, budget.next());
    while (item !== undefined) {
      const record = decodeRecord(item.value, place.record);
      if (record.state !== 'pending') return { item, record, isHeld: false };
      const holder = await engine.get(place.holder, budget.next());
      if (holder !== undefined) return { item, record, isHeld: true };
      // 1 it says `pending`; 2 it is settled, and its holder goes; 3 there is no holder. So it is looked at again.
      const again = await engine.get(place.record, budget.next());
      if (again?.modified === item.modified) return { item, record, isHeld: false };
      item = again;
    }
    return undefined;
  }

  #mayTakeOver({ record, isHeld }: Found, { fingerprint, repeatsDoubt }: ClaimRequest): boolean {
    if (isHeld) return false;
    if (this.#isOver(record)) return true;
    return record.state !== 'answered' && repeatsDoubt && record.fingerprint === fingerprint;
  }

  /** What lies there again if a second try does nothing: nobody knows any more of the first one than before. */
  #doubtOf({ record, item }: Found): Uint8Array | undefined {
    return this.#isOver(record) ? undefined : encodeRecord({ ...record, state: 'in-doubt' }, item.key);
  }

  #isOver({ writtenAtMs }: AnswerRecord): boolean {
    return this.#context.engine.clock.wall() - writtenAtMs >= this.#ttlMs;
  }

  #sweepSometimes(): void {
    this.#claims += 1;
    if (this.#claims % claimsBetweenSweeps !== 0) return;
    this.#context.inBackground(`sweeping ${this.#directory}`, () => this.#sweep());
  }

  /** Keys first, since answers may be large; the oldest lie in front, so a few that stay say that the rest does too. */
  async #sweep(): Promise<void> {
    const { engine } = this.#context;
    const directory = `${this.#directory}/records`;
    const { items } = await engine.list(directory, { limit: recordsSwept, keysOnly: true });
    let staying = 0;
    for (const { key } of items) {
      if (!(await this.#sweepOne(key))) staying += 1;
      if (staying === stayingMax) return;
    }
  }

  /** False: it stays. What no program of ours has written is not ours to take away. */
  async #sweepOne(record: string): Promise<boolean> {
    const { engine } = this.#context;
    const item = await engine.get(record);
    if (item === undefined) return true;
    const found = readRecord(item.value);
    if (found === undefined || !this.#isOver(found)) return false;
    const holder = `${this.#directory}/holders/${record.slice(record.lastIndexOf('/') + 1)}`;
    const { succeeded } = await engine.transact(forgetting({ record, holder }, item));
    return succeeded;
  }

  #placeOf(key: string): Place {
    if (!key.isWellFormed()) throw invalidOption('key', key, 'a text without halves of characters');
    // Of what every engine takes in a name, whatever the key is made of.
    const name = `k${encodeURIComponent(key)}`;
    return { record: `${this.#directory}/records/${name}`, holder: `${this.#directory}/holders/${name}` };
  }
}

/** Takes away a record that nobody works under. */
function forgetting({ record, holder }: Place, { modified }: Item): TransactRequest {
  return {
    when: [
      { key: record, is: 'unchanged', modified },
      { key: holder, is: 'absent' },
    ],
    operations: [{ kind: 'delete', key: record }],
  };
}

function answerOf({ record, isHeld }: Found): ClaimAnswer {
  const { fingerprint, state, value } = record;
  if (isHeld) return { state: 'pending', fingerprint };
  return state === 'answered' ? { state, fingerprint, value } : { state: 'in-doubt', fingerprint };
}

function optionsOf({ signal, remainingMs }: CallContext): CallOptions {
  return Number.isFinite(remainingMs) ? { signal, deadline: remainingMs } : { signal };
}
