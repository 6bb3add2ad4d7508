/** Registers and bare clients: small, so that a run is about everything around them. */
import type { StateMachine } from '../../node/index.ts';
import type { HistoryRecorder } from '../history/index.ts';
import type { Program } from '../machine/index.ts';
import { clientProgram } from './client-program.ts';
import { judgeRegisters } from './judged-registers.ts';
import type { KeyMachineObserver } from './key-machine.ts';
import type { Monitor } from './monitor.ts';
import type { Release } from './releases.ts';
import { Writings } from './resolved-history.ts';
import type { ClientPlace, MachineObserver, Workload } from './workload.ts';

export interface KeyWorkloadOptions {
  readonly recorder: HistoryRecorder;
  readonly monitor: Monitor;
  readonly readShare: number;
  readonly stateMachine: (observer: KeyMachineObserver, release: Release) => StateMachine;
}

export class KeyWorkload implements Workload {
  readonly #options: KeyWorkloadOptions;
  readonly #writings = new Writings();

  constructor(options: KeyWorkloadOptions) {
    this.#options = options;
  }

  stateMachine(observer: MachineObserver, release: Release): StateMachine {
    const wrote = (value: number, revision: number): void => this.#writings.wrote(value, revision);
    return this.#options.stateMachine({ ...observer, wrote }, release);
  }

  client(place: ClientPlace): Program {
    const { recorder, monitor, readShare } = this.#options;
    return clientProgram({ ...place, recorder, monitor, readShare });
  }

  isSettled(): boolean {
    return true;
  }

  describe(): string[] {
    return [];
  }

  judge(): string | undefined {
    return judgeRegisters(this.#options.recorder.history(), this.#writings);
  }
}
