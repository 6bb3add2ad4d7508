/**
 * The real store under the real client: keys, transactions, sessions, leases, locks with fences, and watches. All
 * that clients are told is held against what truly happened.
 */
import type { StateMachine } from '../../../node/index.ts';
import type { HistoryRecorder, Operation } from '../../history/index.ts';
import type { Program } from '../../machine/index.ts';
import { judgeCounters } from '../judged-counters.ts';
import { judgeResolvedRegisters } from '../judged-registers.ts';
import type { Monitor } from '../monitor.ts';
import type { Release } from '../releases.ts';
import { Writings } from '../resolved-history.ts';
import type { ClientPlace, MachineObserver, Workload } from '../workload.ts';
import { FenceJudge } from './fence-judge.ts';
import { LeaseJudge } from './lease-judge.ts';
import { ObservedStore } from './observed-store.ts';
import { storeClientProgram } from './store-client.ts';
import { counterPrefix } from './store-keys.ts';
import { StoreTruth } from './store-truth.ts';
import type { WatchJudge } from './watch-judge.ts';

export interface StoreWorkloadOptions {
  readonly recorder: HistoryRecorder;
  readonly monitor: Monitor;
  readonly readShare: number;
  /** True time. */
  readonly nowMs: () => number;
  readonly broken: (error: unknown) => void;
  /** What a member of this release has of the store. */
  readonly stateMachine: (release: Release) => StateMachine;
}

export class StoreWorkload implements Workload {
  readonly #options: StoreWorkloadOptions;
  readonly #writings = new Writings();
  readonly #leases: LeaseJudge;
  readonly #truth: StoreTruth;
  /** By client: the watch that it has now. */
  readonly #watches = new Map<string, WatchJudge>();

  constructor(options: StoreWorkloadOptions) {
    const { monitor, nowMs, broken } = options;
    const count = (what: string): void => monitor.count(what);
    this.#options = options;
    this.#leases = new LeaseJudge({ nowMs, count });
    this.#truth = new StoreTruth({
      leases: this.#leases,
      fences: new FenceJudge(count),
      wrote: (value, revision) => this.#writings.wrote(value, revision),
      broken,
    });
  }

  stateMachine(observer: MachineObserver, release: Release): StateMachine {
    return new ObservedStore(this.#options.stateMachine(release), observer, this.#truth);
  }

  client(place: ClientPlace): Program {
    const { recorder, monitor, readShare, broken } = this.#options;
    return storeClientProgram({
      ...place,
      recorder,
      monitor,
      readShare,
      broken,
      truth: this.#truth,
      leases: this.#leases,
      watches: (judge) => this.#watches.set(place.name, judge),
    });
  }

  isSettled(): boolean {
    return [...this.#watches.values()].every((watch) => watch.isCaughtUp);
  }

  describe(): string[] {
    const waiting = [...this.#watches.values()].filter((watch) => !watch.isCaughtUp);
    return waiting.map((watch) => watch.describe());
  }

  judge(): string | undefined {
    const history = this.#options.recorder.history();
    const lie = this.#writings.lie(history);
    if (lie !== undefined) return lie;
    const isCounter = ({ key }: Operation): boolean => String(key).startsWith(counterPrefix);
    const operations = this.#writings.resolve(history);
    return (
      judgeResolvedRegisters(operations.filter((operation) => !isCounter(operation))) ??
      judgeCounters(operations.filter(isCounter))
    );
  }
}
