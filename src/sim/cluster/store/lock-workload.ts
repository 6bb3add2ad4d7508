/**
 * Locks by the recipe that users have, on the real store: what was granted to whom is judged in true time as it happens,
 * and tokens and guarded writes by the history in the end. That nobody waits for ever shows in the run's own end, since
 * a process that waits has not finished.
 */
import type { StateMachine } from '../../../node/index.ts';
import { checkGuards, checkTokens, explainVerdict } from '../../checkers/index.ts';
import type { Program } from '../../machine/index.ts';
import type { Release } from '../releases.ts';
import type { ClientPlace, MachineObserver, Workload } from '../workload.ts';
import { FenceJudge } from './fence-judge.ts';
import { HoldJudge } from './hold-judge.ts';
import { LeaseJudge } from './lease-judge.ts';
import { lockClientProgram } from './lock-client.ts';
import { ObservedStore } from './observed-store.ts';
import { StoreTruth } from './store-truth.ts';
import type { StoreWorkloadOptions } from './store-workload.ts';

export class LockWorkload implements Workload {
  readonly #options: StoreWorkloadOptions;
  readonly #leases: LeaseJudge;
  readonly #holds: HoldJudge;
  readonly #truth: StoreTruth;

  constructor(options: StoreWorkloadOptions) {
    const { monitor, nowMs, broken } = options;
    const count = (what: string): void => monitor.count(what);
    this.#options = options;
    this.#leases = new LeaseJudge({ nowMs, count });
    this.#holds = new HoldJudge(broken);
    // Values tell nothing here: places have none, and what is guarded is judged by its tokens.
    const wrote = (): undefined => undefined;
    this.#truth = new StoreTruth({ leases: this.#leases, fences: new FenceJudge(count), wrote, broken });
  }

  stateMachine(observer: MachineObserver, release: Release): StateMachine {
    return new ObservedStore(this.#options.stateMachine(release), observer, this.#truth);
  }

  client(place: ClientPlace): Program {
    const { recorder, monitor } = this.#options;
    return lockClientProgram({ ...place, recorder, monitor, leases: this.#leases, holds: this.#holds });
  }

  isSettled(): boolean {
    return true;
  }

  describe(): string[] {
    return [];
  }

  judge(): string | undefined {
    const { operations } = this.#options.recorder.history();
    for (const verdict of [checkTokens(operations), checkGuards(operations)])
      if (verdict.verdict !== 'valid') return explainVerdict(verdict);
    return undefined;
  }
}
