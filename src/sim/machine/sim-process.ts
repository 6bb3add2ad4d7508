/**
 * One life of one program: the machine as this process sees it, ports and all. A process is started once and
 * dies once; whoever comes after it on the same machine has other ports, and the dead one's lead nowhere.
 */
import type { Clock, Datagrams, Disk, Log, LoopDelay, Machine, Network, Random } from '../../ports/index.ts';
import { ProcessDisk, type SimDisk } from './disk/index.ts';
import { happening, Incarnation, type Scheduler } from './kernel/index.ts';
import { type Host, ProcessDatagrams, ProcessNetwork, type SimNetwork } from './network/index.ts';
import type { Oscillator } from './oscillator.ts';
import { ProcessClock } from './process-clock.ts';
import { type LogSink, ProcessLog } from './process-log.ts';
import { ProcessRandom } from './process-random.ts';

/** What a process runs: a node, a client, a whole test. It gets the ports that it may use, and no others exist. */
export type Program = (machine: Machine) => void | Promise<void>;

/** What a machine gives its processes. */
export interface Hardware {
  readonly scheduler: Scheduler;
  readonly host: Host;
  readonly disk: SimDisk;
  readonly network: SimNetwork;
  readonly oscillator: Oscillator;
  readonly logSink: LogSink | undefined;
}

export class SimProcess implements Machine {
  /** Its machine's name and the number of its life there, such as `b#2`. */
  readonly name: string;
  readonly machineName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly network: Network;
  readonly datagrams: Datagrams;
  readonly log: Log;
  readonly loopDelay: LoopDelay;
  /** The gate to this process, for the machine that runs it. */
  readonly incarnation: Incarnation;
  readonly #uncaught: (error: unknown) => void;

  constructor(hardware: Hardware, name: string, uncaught: (process: SimProcess, error: unknown) => void) {
    const { scheduler, host } = hardware;
    this.name = name;
    this.machineName = host.name;
    this.#uncaught = (error) => uncaught(this, error);
    const incarnation = new Incarnation({
      scheduler,
      name,
      machine: host.index,
      prng: scheduler.prng(`backlog of ${name}`),
      uncaught: this.#uncaught,
    });
    this.incarnation = incarnation;
    this.clock = new ProcessClock(incarnation, hardware.oscillator);
    this.random = new ProcessRandom(scheduler.prng(`random of ${name}`));
    this.disk = new ProcessDisk(hardware.disk, incarnation);
    this.network = new ProcessNetwork(hardware.network, host, incarnation);
    this.datagrams = new ProcessDatagrams(hardware.network, host, incarnation);
    this.log = new ProcessLog(incarnation, hardware.logSink);
    this.loopDelay = incarnation.stalls;
  }

  get alive(): boolean {
    return this.incarnation.alive;
  }

  /** How many points this process has passed at which it could have been made to die: its operations and its turns. */
  get points(): number {
    return this.incarnation.points;
  }

  /** Spends so much time in synchronous work: the event loop is blocked meanwhile. For code that runs in this process. */
  work(forMs: number): void {
    this.incarnation.busy(forMs);
  }

  /** Runs `program` in a turn of its own. What it throws or rejects with is the process' uncaught error. */
  run(program: Program): void {
    const { incarnation } = this;
    const { scheduler } = incarnation;
    scheduler.trace.note(happening.birth, incarnation.machine, 0);
    if (scheduler.trace.recording) scheduler.trace.line(this.name, 'starts');
    scheduler.soon(() => incarnation.deliver({ cause: 'turn', run: () => this.#begin(program) }));
  }

  #begin(program: Program): void {
    const running = program(this);
    if (running instanceof Promise) running.catch((error: unknown) => this.#uncaught(error));
  }
}
