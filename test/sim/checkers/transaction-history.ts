/**
 * Histories of transactional stores with different isolation, each true to its level by construction:
 *
 *   strict        a transaction happens at one moment between its begin and its end
 *   snapshot      it reads the state at its begin, and its appends fail where another has appended since
 *   committed     each step reads what is committed at that moment; appends become visible together
 *   dirty         each step works on the one shared state, and failed transactions leave their marks
 *
 * Transactions of several clients overlap at random. In the end one reads every key.
 */
import { Prng } from '../../../src/base/index.ts';
import type { HistoryEvent, HistoryKey, MicroOperation, Scalar } from '../../../src/sim/history/index.ts';

export type Isolation = 'strict' | 'snapshot' | 'committed' | 'dirty';

export interface TransactionScenario {
  readonly isolation: Isolation;
  readonly seed: number;
  readonly clients: number;
  readonly transactions: number;
  readonly keys: number;
  readonly stepsMax: number;
  /** How often an answer is lost. Default 0. */
  readonly lossRate?: number;
}

type State = Map<HistoryKey, readonly Scalar[]>;

interface UnderWay {
  readonly asked: readonly MicroOperation[];
  readonly done: MicroOperation[];
  snapshot: State;
  readonly own: [HistoryKey, Scalar][];
  committed: boolean;
  failed: boolean;
}

export function simulateTransactions(scenario: TransactionScenario): HistoryEvent[] {
  return new Store(scenario).run();
}

class Store {
  readonly #scenario: TransactionScenario;
  readonly #prng: Prng;
  readonly #state: State = new Map();
  readonly #events: HistoryEvent[] = [];
  readonly #clients: (UnderWay | undefined)[];
  readonly #processes: number[];
  #started = 0;
  #unique = 0;
  #nextProcess: number;

  constructor(scenario: TransactionScenario) {
    this.#scenario = scenario;
    this.#prng = new Prng(scenario.seed);
    this.#nextProcess = scenario.clients;
    this.#clients = new Array(scenario.clients).fill(undefined);
    this.#processes = this.#clients.map((_, client) => client);
  }

  run(): HistoryEvent[] {
    const { transactions, clients } = this.#scenario;
    while (this.#started < transactions || this.#clients.some((underWay) => underWay !== undefined)) {
      const client = this.#prng.below(clients);
      const underWay = this.#clients[client];
      if (underWay === undefined) {
        if (this.#started < transactions) this.#begin(client);
      } else if (underWay.committed || underWay.failed) this.#end(client, underWay);
      else this.#advance(underWay);
    }
    this.#readEverything();
    return this.#events;
  }

  #begin(client: number): void {
    this.#started += 1;
    const { keys, stepsMax } = this.#scenario;
    const asked = Array.from({ length: this.#prng.between(1, stepsMax) }, (): MicroOperation => {
      const key = `k${this.#prng.below(keys)}`;
      return this.#prng.chance(0.5) ? ['r', key, null] : ['append', key, ++this.#unique];
    });
    const snapshot = new Map(this.#state);
    this.#clients[client] = { asked, done: [], snapshot, own: [], committed: false, failed: false };
    this.#push(client, 'invoke', asked);
  }

  /** Does one step, or everything where the isolation wants it at once; then commits. */
  #advance(underWay: UnderWay): void {
    const { isolation } = this.#scenario;
    if (isolation === 'strict') {
      underWay.snapshot = new Map(this.#state);
      while (underWay.done.length < underWay.asked.length) this.#step(underWay);
    }
    if (underWay.done.length < underWay.asked.length) this.#step(underWay);
    else this.#commit(underWay);
  }

  #step(underWay: UnderWay): void {
    const [kind, key, value] = underWay.asked[underWay.done.length] as MicroOperation;
    const dirty = this.#scenario.isolation === 'dirty';
    if (kind === 'append') {
      if (dirty) this.#append(key, value);
      else underWay.own.push([key, value]);
      underWay.done.push([kind, key, value]);
      return;
    }
    const source = this.#scenario.isolation === 'snapshot' ? underWay.snapshot : this.#state;
    const own = underWay.own.filter(([of]) => of === key).map(([, element]) => element);
    underWay.done.push([kind, key, [...(source.get(key) ?? []), ...own]]);
  }

  #commit(underWay: UnderWay): void {
    const { isolation } = this.#scenario;
    const conflict = underWay.own.some(([key]) => this.#state.get(key) !== underWay.snapshot.get(key));
    if ((isolation === 'snapshot' && conflict) || this.#prng.chance(0.1)) {
      underWay.failed = true;
      return;
    }
    for (const [key, value] of underWay.own) this.#append(key, value);
    underWay.committed = true;
  }

  #append(key: HistoryKey, value: Scalar): void {
    this.#state.set(key, [...(this.#state.get(key) ?? []), value]);
  }

  #end(client: number, underWay: UnderWay): void {
    this.#clients[client] = undefined;
    if (this.#prng.chance(this.#scenario.lossRate ?? 0)) {
      this.#push(client, 'info', underWay.asked);
      this.#processes[client] = this.#nextProcess++;
    } else
      this.#push(client, underWay.failed ? 'fail' : 'ok', underWay.failed ? underWay.asked : underWay.done);
  }

  #readEverything(): void {
    const keys = Array.from({ length: this.#scenario.keys }, (_, key) => `k${key}`);
    this.#push(
      0,
      'invoke',
      keys.map((key) => ['r', key, null] as const),
    );
    this.#push(
      0,
      'ok',
      keys.map((key) => ['r', key, this.#state.get(key) ?? []] as const),
    );
  }

  #push(client: number, type: HistoryEvent['type'], value: readonly MicroOperation[]): void {
    const process = this.#processes[client] as number;
    this.#events.push({ process, type, f: 'txn', key: null, value, time: this.#events.length });
  }
}

/** Changes what one or two reads saw, the last transaction's excepted: a shorter list, or another read's. */
export function mutateTransactions(events: readonly HistoryEvent[], seed: number): HistoryEvent[] {
  const prng = new Prng(seed);
  const mutated = events.slice();
  for (let round = prng.between(1, 2); round > 0; round -= 1) {
    const reads: { readonly place: number; readonly step: number; readonly list: readonly Scalar[] }[] = [];
    for (const [place, { type, value }] of mutated.slice(0, -2).entries()) {
      if (type !== 'ok') continue;
      for (const [step, micro] of (value as readonly MicroOperation[]).entries())
        if (micro[0] === 'r') reads.push({ place, step, list: micro[2] ?? [] });
    }
    if (reads.length === 0) return mutated;
    const { place, step, list } = prng.pick(reads);
    const changed = prng.chance(0.7) ? list.slice(0, -1) : prng.pick(reads).list;
    const event = mutated[place] as HistoryEvent;
    const steps = (event.value as readonly MicroOperation[]).slice();
    steps[step] = ['r', (steps[step] as MicroOperation)[1], changed];
    mutated[place] = { ...event, value: steps };
  }
  return mutated;
}
