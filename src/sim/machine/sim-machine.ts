/**
 * One simulated computer: a disk, a clock, a place in the network, and the processes that run on it. It knows
 * how to lose its power, how to let a process be killed, stopped and stalled, and how to start again.
 */
import { assert } from '../../base/index.ts';
import { type CrashMode, type DiskOptions, type DurableWrite, SimDisk } from './disk/index.ts';
import { happening, type Scheduler } from './kernel/index.ts';
import type { Host, SimNetwork } from './network/index.ts';
import { Oscillator } from './oscillator.ts';
import { ProcessTimer } from './process-clock.ts';
import type { LogSink } from './process-log.ts';
import { type Hardware, type Program, SimProcess } from './sim-process.ts';

export interface MachineOptions {
  /** Its name is its host name, too. */
  readonly name: string;
  /** What it runs whenever it boots. Absent: nothing; processes are started one by one. */
  readonly program?: Program;
  readonly disk?: Partial<DiskOptions>;
  /** Hears of each write at the moment at which the disk says that its bytes are durable. Must not throw. */
  readonly durableWrite?: DurableWrite;
  /** How far its clocks' rate may lie from true time, in parts per million. Default 50. */
  readonly driftPpmMax?: number;
  /** How far its wall clock may be off at first. Default 100 ms. */
  readonly wallOffsetMsMax?: number;
}

export interface SimMachineInit {
  readonly scheduler: Scheduler;
  readonly network: SimNetwork;
  readonly host: Host;
  readonly disk: DiskOptions;
  readonly options: MachineOptions;
  readonly logSink: LogSink | undefined;
  readonly uncaught: (process: SimProcess, error: unknown) => void;
}

export class SimMachine {
  readonly name: string;
  readonly disk: SimDisk;
  readonly oscillator: Oscillator;
  readonly host: Host;
  readonly #scheduler: Scheduler;
  readonly #network: SimNetwork;
  readonly #hardware: Hardware;
  readonly #uncaught: (process: SimProcess, error: unknown) => void;
  readonly #processes = new Set<SimProcess>();
  #program: Program | undefined;
  #lives = 0;

  constructor(init: SimMachineInit) {
    const { scheduler, network, host, options } = init;
    this.name = options.name;
    this.host = host;
    this.#scheduler = scheduler;
    this.#network = network;
    this.#uncaught = init.uncaught;
    this.#program = options.program;
    this.disk = new SimDisk({
      scheduler,
      name: this.name,
      machine: host.index,
      options: init.disk,
      durableWrite: options.durableWrite,
    });
    const { driftPpmMax = 50, wallOffsetMsMax = 100 } = options;
    this.oscillator = new Oscillator({
      prng: scheduler.prng(`clock of ${this.name}`),
      driftPpmMax,
      wallOffsetMsMax,
      rateChanged: () => this.#retimeTimers(),
    });
    this.#hardware = {
      scheduler,
      host,
      disk: this.disk,
      network,
      oscillator: this.oscillator,
      logSink: init.logSink,
    };
  }

  /** False while it is without power. */
  get up(): boolean {
    return this.host.up;
  }

  /** The processes that live on it, oldest first. */
  get processes(): readonly SimProcess[] {
    return [...this.#processes];
  }

  /** What the next boot runs, such as the next version in a rolling upgrade. */
  set program(program: Program | undefined) {
    this.#program = program;
  }

  /** Turns the power on where it is off, and runs the machine's program unless it runs. */
  boot(): void {
    if (!this.up) {
      this.#tell('boots');
      this.oscillator.powerCycle(this.#scheduler.nowMs);
      this.#network.boot(this.host);
    }
    if (this.#program !== undefined && this.#processes.size === 0) this.start(this.#program);
  }

  /** Starts a process beside those that run. */
  start(program: Program): SimProcess {
    assert(this.up, `${this.name} has no power; boot it first`);
    this.#lives += 1;
    const process = new SimProcess(this.#hardware, `${this.name}#${this.#lives}`, this.#uncaught);
    this.#processes.add(process);
    process.run(program);
    return process;
  }

  /** The power goes: all processes are dead, and what was not synced is kept, lost or torn. */
  crash(mode: CrashMode): void {
    if (!this.up) return;
    this.#scheduler.trace.note(happening.death, this.host.index, 1);
    this.#tell(`loses its power (unsynced writes: ${mode})`);
    for (const process of this.#processes) process.incarnation.die();
    this.#processes.clear();
    this.disk.crash(mode);
    this.#network.crash(this.host);
  }

  /** SIGKILL to one process, or to all: the machine lives, its kernel closes what they had open and keeps what they wrote. */
  kill(only?: SimProcess): void {
    for (const process of only === undefined ? [...this.#processes] : [only]) {
      if (!this.#processes.delete(process)) continue;
      this.#scheduler.trace.note(happening.death, this.host.index, 2);
      this.#tell(`${process.name} is killed`);
      process.incarnation.die();
      this.disk.kill(process.incarnation);
      this.#network.kill(this.host, process.incarnation);
    }
  }

  /**
   * SIGSTOP, until the result is called: nothing runs, then all that was due runs at once. `told`: a stall of
   * the event loop, which its loop delay reports.
   */
  stop(told: boolean): () => void {
    this.#tell(told ? 'stalls' : 'is stopped');
    const releases = this.processes.map(({ incarnation }) => incarnation.hold(told));
    return () => {
      this.#tell('runs again');
      for (const release of releases) release();
    };
  }

  /** Calls `die` when a process that runs now passes its `points`-th point from here; the result disarms it. */
  dieAfter(points: number, die: () => void): () => void {
    const armed = this.processes;
    for (const { incarnation } of armed) incarnation.dieAfter(points, die);
    return () => {
      for (const { incarnation } of armed) incarnation.dieAfter(0, () => undefined);
    };
  }

  /** An empty disk under the old name. Only while nothing runs. */
  wipeDisk(): void {
    assert(this.#processes.size === 0, `${this.name} is running; crash or kill it before its disk is wiped`);
    this.#tell('has its disk wiped');
    this.disk.names.wipe();
  }

  #retimeTimers(): void {
    this.#scheduler.retime((event) =>
      event instanceof ProcessTimer && event.oscillator === this.oscillator
        ? this.oscillator.trueTimeOf(event.dueMs)
        : undefined,
    );
  }

  #tell(text: string): void {
    const { trace } = this.#scheduler;
    if (trace.recording) trace.line(this.name, text);
  }
}
