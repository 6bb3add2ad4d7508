/**
 * A simulated world: machines, the network between them, and one virtual time. Complete programs run in it
 * unchanged, because they know nothing but ports; one seed decides everything that the ports leave open, so
 * that a run happens again, bit by bit, whenever its seed is used again.
 *
 * Programs are asynchronous, and their continuations are microtasks of the JavaScript engine, which no program
 * can see or count. So time may move only when none is left. Ways to be sure of that:
 * - awaiting a fixed number of resolved promises lets through only chains that are no longer than that;
 * - `process._tickCallback` drains them inside a call, in 25 ns, but is undocumented and deprecated;
 * - a turn of the event loop per event drains them all, but costs 1 µs, most of it spent asking the operating
 *   system for input that never comes;
 * - many `setImmediate`s at once cost one turn together, and Node lets all microtasks run between any two of
 *   them: 45 to 60 ns each.
 * The last is what `runTurns` of the real ports does, and it is given to the world as a function, because the
 * simulator itself knows no machine. Events that run no code of a process need no turn and take none.
 */
import { assert } from '../../base/index.ts';
import { type DiskOptions, diskDefaults } from './disk/index.ts';
import { describeFault, type Fault } from './fault.ts';
import { type FaultTarget, strike } from './fault-effects.ts';
import { happening, Scheduler } from './kernel/index.ts';
import { type NetworkOptions, networkDefaults, SimNetwork } from './network/index.ts';
import type { LogSink } from './process-log.ts';
import { type MachineOptions, SimMachine } from './sim-machine.ts';
import type { SimProcess } from './sim-process.ts';

/**
 * Calls `step` again and again until it answers false; lets every microtask run before the first call, between
 * two calls, and before the promise resolves. Rejects with what `step` throws.
 */
export type Turns = (step: () => boolean) => Promise<void>;

export interface WorldOptions {
  /** A safe integer. The same seed, options and programs give the same run. */
  readonly seed: number;
  readonly turns: Turns;
  /** How many of the last lines of the story are kept; `Infinity` for all. Default 0. */
  readonly storyLines?: number;
  /** For every machine that does not say otherwise. */
  readonly disk?: Partial<DiskOptions>;
  readonly network?: Partial<NetworkOptions>;
  /** Hears what processes log. */
  readonly log?: LogSink;
  /**
   * What an error does that no code of a process catches. `stop-world`: the run rejects with it.
   * `kill-process`: it dies, as Node would let it. Default `stop-world`.
   */
  readonly uncaught?: 'stop-world' | 'kill-process';
}

/** A fault that was applied. */
export interface AppliedFault {
  readonly fault: Fault;
  /** False: there was nothing to strike. */
  readonly struck: boolean;
  /** True until its time is over or it is reverted. */
  readonly active: boolean;
  /** Takes it back, as its time would. Harmless when it is over. */
  revert(): void;
}

export class World implements FaultTarget {
  readonly network: SimNetwork;
  readonly #options: WorldOptions;
  readonly #scheduler: Scheduler;
  readonly #machines = new Map<string, SimMachine>();
  readonly #activeFaults = new Set<AppliedFault>();
  #running = false;

  constructor(options: WorldOptions) {
    const { seed, storyLines = 0 } = options;
    this.#options = options;
    this.#scheduler = new Scheduler({ seed, lines: storyLines });
    this.network = new SimNetwork(this.#scheduler, { ...networkDefaults, ...options.network });
  }

  /** True time: milliseconds since the world began. */
  get nowMs(): number {
    return this.#scheduler.nowMs;
  }

  /** When something will happen next; `Infinity` when nothing will. */
  get nextMs(): number {
    return this.#scheduler.nextMs();
  }

  /** Machines by the order in which they were added. */
  get machines(): readonly SimMachine[] {
    return [...this.#machines.values()];
  }

  /** Faults that last and are not over. */
  get activeFaults(): readonly AppliedFault[] {
    return [...this.#activeFaults];
  }

  /** Adds a machine and boots it: its program, where it has one, starts in the first event of the next run. */
  addMachine(options: MachineOptions): SimMachine {
    const machine = new SimMachine({
      scheduler: this.#scheduler,
      network: this.network,
      host: this.network.addHost(options.name),
      disk: { ...diskDefaults, ...this.#options.disk, ...options.disk },
      options,
      logSink: this.#options.log,
      uncaught: (process, error) => this.#uncaught(process, error),
    });
    this.#machines.set(options.name, machine);
    machine.boot();
    return machine;
  }

  machine(name: string): SimMachine {
    const machine = this.#machines.get(name);
    assert(machine !== undefined, `no machine is named ${name}`);
    return machine;
  }

  /** Does something to the world at a point of true time: applies a fault, checks an invariant. Not for code of a process. */
  at(timeMs: number, action: () => void): void {
    this.#scheduler.at(timeMs, () => {
      this.#scheduler.noteCode();
      action();
    });
  }

  apply(fault: Fault): AppliedFault {
    this.#tellFault('', fault);
    const { struck, revert } = strike(this, fault);
    const applied = new OneFault(fault, struck, () => {
      this.#activeFaults.delete(applied);
      this.#tellFault('end of ', fault);
      revert();
    });
    if (!struck) return applied;
    this.#activeFaults.add(applied);
    const forMs = 'forMs' in fault ? fault.forMs : undefined;
    if (forMs !== undefined) this.#scheduler.after(forMs, () => applied.revert());
    return applied;
  }

  /** Takes back every fault that lasts: machines without power boot, links work, clocks and disks are well. */
  heal(): void {
    for (const applied of [...this.#activeFaults].reverse()) applied.revert();
  }

  /** Lets the world live until `untilMs` of true time, or until nothing is left to happen before it. */
  run(untilMs: number): Promise<void> {
    return this.runWhile(() => true, untilMs);
  }

  /** The same, but stops as soon as `condition`, asked after each turn, is false. */
  async runWhile(condition: () => boolean, untilMs: number): Promise<void> {
    assert(!this.#running, 'a world lives once at a time');
    this.#running = true;
    try {
      await this.#options.turns(() => condition() && this.#scheduler.advance(untilMs));
    } finally {
      this.#running = false;
    }
  }

  /** Lets one turn of one process happen, with whatever comes before it. False: nothing was left. */
  async step(): Promise<boolean> {
    let stepped = false;
    let calls = 0;
    await this.#options.turns(() => {
      calls += 1;
      if (calls > 1) return false;
      stepped = this.#scheduler.advance(Number.POSITIVE_INFINITY);
      return stepped;
    });
    return stepped;
  }

  /** The hash of everything that has happened: equal for two runs that were equal. */
  traceHash(): string {
    return this.#scheduler.trace.hash();
  }

  /** The lines of the story that were kept, oldest first. */
  story(): string[] {
    return this.#scheduler.trace.story();
  }

  /** Adds a line of one's own to the story, such as the verdict of a checker. */
  tell(who: string, text: string): void {
    const { trace } = this.#scheduler;
    if (trace.recording) trace.line(who, text);
  }

  #uncaught(process: SimProcess, error: unknown): void {
    this.tell(process.name, `fails: ${String(error)}`);
    if (this.#options.uncaught !== 'kill-process') this.#scheduler.fail(error);
    else this.machine(process.machineName).kill(process);
  }

  #tellFault(prefix: string, fault: Fault): void {
    const { trace } = this.#scheduler;
    const text = describeFault(fault);
    trace.note(happening.fault, 0, prefix.length);
    trace.noteText(text);
    if (trace.recording) trace.line('fault', prefix + text);
  }
}

class OneFault implements AppliedFault {
  readonly fault: Fault;
  readonly struck: boolean;
  readonly #revert: () => void;
  #active: boolean;

  constructor(fault: Fault, struck: boolean, revert: () => void) {
    this.fault = fault;
    this.struck = struck;
    this.#active = struck;
    this.#revert = revert;
  }

  get active(): boolean {
    return this.#active;
  }

  revert(): void {
    if (!this.#active) return;
    this.#active = false;
    this.#revert();
  }
}
