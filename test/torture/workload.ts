/**
 * What clients do to the system while it is tormented: registers with compare-and-swap, lists that transactions
 * append to, writes that must be carried out exactly once. Each worker is one sequential client; what it sees goes
 * into a history for the checkers, and what it writes into the ledger.
 */
import { isQuorateError, Prng } from '../../src/base/index.ts';
import {
  type HistoryAnswer,
  type HistoryClient,
  HistoryRecorder,
  type HistoryRequest,
  type MicroOperation,
  type Scalar,
} from '../../src/sim/index.ts';
import type { Fate, Ledger } from './ledger.ts';
import { NoSession } from './quorate-client.ts';
import type { Guard, StoreClient, System, Write } from './system.ts';

export interface WorkloadOptions {
  readonly system: System;
  readonly ledger: Ledger;
  readonly seed: number;
  readonly workers: number;
  /** A worker waits up to so long between two requests. */
  readonly pauseMsMax: number;
  /** Hears of each long time in which no request at all was answered, when it is over. */
  readonly onSilence: (silentMs: number) => void;
}

const silenceMsMin = 1_000;

type WorkerKind = 'register' | 'list' | 'once';
const kinds: readonly WorkerKind[] = ['register', 'list', 'register', 'once', 'register', 'list'];
const keysOfAKind = 4;
const operationsOfAKey = 800;

interface Counts {
  done: number;
  refused: number;
  unknown: number;
}

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #workers: readonly Worker[];
  readonly counts: Counts = { done: 0, refused: 0, unknown: 0 };
  /** The longest time in which no request at all was answered. */
  silenceMsMax = 0;
  #registers = new HistoryRecorder({ now: () => performance.now() });
  #lists = new HistoryRecorder({ now: () => performance.now() });
  #prefix = '';
  #running: Promise<unknown> | undefined;
  #isStopping = false;
  #lastDoneMs = 0;
  #lastValue = 0;
  #begun = 0;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    const { system, seed, workers } = options;
    this.#workers = Array.from({ length: workers }, (_, place) => ({
      kind: kinds[place % kinds.length] as WorkerKind,
      client: system.client(place % system.nodes.length),
      prng: new Prng((seed + place * 7919) >>> 0),
      seen: new Map<string, string>(),
    }));
  }

  get registers(): HistoryRecorder {
    return this.#registers;
  }

  get lists(): HistoryRecorder {
    return this.#lists;
  }

  /** Works below `prefix` until it is stopped, with fresh histories. */
  start(prefix: string): void {
    this.#prefix = prefix;
    this.#isStopping = false;
    this.#registers = new HistoryRecorder({ now: () => performance.now() });
    this.#lists = new HistoryRecorder({ now: () => performance.now() });
    this.#lastDoneMs = performance.now();
    this.#running = Promise.all(this.#workers.map((worker) => this.#work(worker)));
  }

  /** Resolves when every request has ended, one way or the other. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#workers.map(({ client }) => client.close()));
  }

  /** Each worker's client writes once; rejects when one cannot within the time of a request. */
  async probe(prefix: string): Promise<void> {
    await Promise.all(
      this.#workers.map(async ({ client }, place) => {
        const key = `${prefix}probe${place}`;
        const value = this.#nextValue();
        this.#options.ledger.begin(key, value);
        const { revision } = await client.write(key, value);
        this.#options.ledger.settle(key, value, { kind: 'acknowledged', revision });
      }),
    );
  }

  async #work(worker: Worker): Promise<void> {
    const recorder = worker.kind === 'list' ? this.#lists : this.#registers;
    const history = recorder.client();
    worker.seen.clear();
    while (!this.#isStopping) {
      this.#begun += 1;
      if (worker.kind === 'list') await this.#appendToLists(worker, history);
      else if (worker.kind === 'once') await this.#writeOnce(worker, history);
      else await this.#useRegister(worker, history);
      await pause(worker.prng.between(0, this.#options.pauseMsMax));
    }
  }

  async #useRegister({ client, prng, seen }: Worker, history: HistoryClient): Promise<void> {
    const key = this.#key('r', prng.below(keysOfAKind));
    const drawn = prng.float();
    if (drawn < 0.4) {
      const reading = await this.#attempt(history, { f: 'read', key }, async () => {
        const { value, revision } = await client.read(key);
        return { value: value ?? null, revision };
      });
      if (typeof reading?.value === 'string') seen.set(key, reading.value);
      return;
    }
    const value = this.#nextValue();
    if (drawn < 0.7) {
      await this.#write(history, { f: 'write', key, value }, { key, value }, async () => ({
        revision: (await client.write(key, value)).revision,
      }));
      return;
    }
    const expected = seen.get(key);
    const request: HistoryRequest = { f: 'cas', key, value: [expected ?? null, value] };
    await this.#write(history, request, { key, value }, async () => {
      const { done, revision } = await client.swap(key, expected, value);
      return { value: done, revision };
    });
  }

  async #writeOnce({ client, prng }: Worker, history: HistoryClient): Promise<void> {
    const key = this.#key('r', prng.below(keysOfAKind));
    const value = this.#nextValue();
    await this.#write(history, { f: 'write', key, value }, { key, value }, async () => ({
      revision: (await client.writeOnce(key, value)).revision,
    }));
  }

  /** Reads some lists, and appends to some of them if none has changed meanwhile. */
  async #appendToLists({ client, prng }: Worker, history: HistoryClient): Promise<void> {
    const places = prng.shuffled(Array.from({ length: keysOfAKind }, (_, place) => place));
    const keys = places.slice(0, prng.between(1, 3)).map((place) => this.#key('l', place));
    const appended = new Map(
      keys.filter(() => prng.chance(0.6)).map((key) => [key, this.#nextValue()] as const),
    );
    const steps: MicroOperation[] = keys.flatMap((key): MicroOperation[] => {
      const value = appended.get(key);
      return value === undefined
        ? [['r', key, null]]
        : [
            ['r', key, null],
            ['append', key, value],
          ];
    });
    const operation = history.invoke({ f: 'txn', value: steps });
    const read = new Map<string, readonly Scalar[]>();
    const guards: Guard[] = [];
    const writes: Write[] = [];
    let isSent = false;
    try {
      for (const key of keys) {
        const { value, token } = await client.read(key);
        const list = value === undefined ? [] : (JSON.parse(value) as Scalar[]);
        read.set(key, list);
        guards.push({ key, token });
        const added = appended.get(key);
        if (added !== undefined) writes.push({ key, value: JSON.stringify([...list, added]) });
      }
      for (const { key, value } of writes) this.#options.ledger.begin(key, value);
      isSent = true;
      const { done, revision } = await client.change(guards, writes);
      this.#settle(writes, done ? { kind: 'acknowledged', revision } : { kind: 'refused' });
      this.#count(done ? 'done' : 'refused');
      if (done) operation.ok({ value: steps.map((step) => filled(step, read)) });
      else operation.fail();
    } catch (error) {
      const fate = this.#fateOf(error, isSent);
      if (isSent) this.#settle(writes, fate);
      if (fate.kind === 'refused') operation.fail();
      else operation.info();
    }
  }

  #settle(writes: readonly Write[], fate: Fate): void {
    for (const { key, value } of writes) this.#options.ledger.settle(key, value, fate);
  }

  /** Keys are given up after a while, so that neither a list nor the search through a history grows without end. */
  #key(kind: 'r' | 'l', place: number): string {
    return `${this.#prefix}${kind}${Math.floor(this.#begun / operationsOfAKey)}-${place}`;
  }

  async #write(
    history: HistoryClient,
    request: HistoryRequest,
    { key, value }: Write,
    call: () => Promise<HistoryAnswer & { readonly revision: number }>,
  ): Promise<void> {
    this.#options.ledger.begin(key, value);
    let fate: Fate = { kind: 'unknown' };
    await this.#attempt(
      history,
      request,
      async () => {
        const answer = await call();
        fate =
          answer.value === false ? { kind: 'refused' } : { kind: 'acknowledged', revision: answer.revision };
        return answer;
      },
      (failed) => {
        fate = failed;
      },
    );
    this.#options.ledger.settle(key, value, fate);
  }

  async #attempt(
    history: HistoryClient,
    request: HistoryRequest,
    call: () => Promise<HistoryAnswer>,
    onFailure: (fate: Fate) => void = () => undefined,
  ): Promise<HistoryAnswer | undefined> {
    const operation = history.invoke(request);
    try {
      const answer = await call();
      operation.ok(answer);
      this.#count('done');
      return answer;
    } catch (error) {
      const fate = this.#fateOf(error, true);
      onFailure(fate);
      if (fate.kind === 'refused') operation.fail();
      else operation.info();
      return undefined;
    }
  }

  /** What is known of a request that failed. What is no error of a store is an error of this program. */
  #fateOf(error: unknown, hasBegun: boolean): Fate {
    const isHarmless =
      error instanceof NoSession || (isQuorateError(error) && error.outcome === 'not-applied');
    if (!isQuorateError(error) && !(error instanceof NoSession)) throw error;
    const kind = isHarmless || !hasBegun ? 'refused' : 'unknown';
    this.#count(kind);
    return { kind };
  }

  #count(what: keyof Counts): void {
    this.counts[what] += 1;
    if (what !== 'done') return;
    const now = performance.now();
    const silentMs = now - this.#lastDoneMs;
    this.silenceMsMax = Math.max(this.silenceMsMax, silentMs);
    if (silentMs >= silenceMsMin) this.#options.onSilence(silentMs);
    this.#lastDoneMs = now;
  }

  #nextValue(): string {
    this.#lastValue += 1;
    return `v${this.#lastValue}`;
  }
}

interface Worker {
  readonly kind: WorkerKind;
  readonly client: StoreClient;
  readonly prng: Prng;
  /** What it has last seen in a register. */
  readonly seen: Map<string, string>;
}

function filled(step: MicroOperation, read: ReadonlyMap<string, readonly Scalar[]>): MicroOperation {
  if (step[0] === 'append') return step;
  const list = read.get(String(step[1])) ?? [];
  return ['r', step[1], list.length === 0 ? null : list];
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, forMs);
  });
}
