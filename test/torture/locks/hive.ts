/** The processes that take locks: started, stopped, let go on, killed and replaced; and what all of them wrote. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { HistoryEvent } from '../../../src/sim/index.ts';

const program = join(import.meta.dirname, 'worker.ts');
/** So many process numbers of histories belong to one life of a worker. */
const processesEach = 100_000;

export interface HiveOptions {
  readonly ports: readonly number[];
  readonly workers: number;
  readonly locks: number;
  readonly ttlMs: number;
  readonly seed: number;
}

interface Bee {
  process: ChildProcess;
  isStopped: boolean;
  /** Locks that it got in all its lives. */
  got: number;
}

export class Hive {
  readonly events: HistoryEvent[] = [];
  readonly broken: string[] = [];
  readonly #options: HiveOptions;
  readonly #bees: Bee[];
  readonly #ends: Promise<unknown>[] = [];
  #lives = 0;
  #isClosing = false;

  constructor(options: HiveOptions) {
    this.#options = options;
    this.#bees = Array.from({ length: options.workers }, (_, place) => ({
      process: this.#start(place),
      isStopped: false,
      got: 0,
    }));
  }

  get size(): number {
    return this.#bees.length;
  }

  /** How many locks each worker got so far. */
  get got(): readonly number[] {
    return this.#bees.map(({ got }) => got);
  }

  stop(place: number): void {
    const bee = this.#bees[place] as Bee;
    bee.isStopped = true;
    bee.process.kill('SIGSTOP');
  }

  goOn(place: number): void {
    const bee = this.#bees[place] as Bee;
    bee.isStopped = false;
    bee.process.kill('SIGCONT');
  }

  /** Kills it without warning; another one takes its place. */
  async replace(place: number): Promise<void> {
    const bee = this.#bees[place] as Bee;
    const gone = once(bee.process, 'exit');
    bee.process.kill('SIGKILL');
    await gone;
    if (this.#isClosing) return;
    bee.isStopped = false;
    bee.process = this.#start(place);
  }

  /** All end when their turn is over; resolves when everything that they wrote is here. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const { process: child } of this.#bees) {
      child.kill('SIGCONT');
      if (child.connected) child.disconnect();
    }
    await Promise.all(this.#ends);
  }

  #start(place: number): ChildProcess {
    const { ports, seed, locks, ttlMs } = this.#options;
    this.#lives += 1;
    const order = [...ports.slice(place % ports.length), ...ports.slice(0, place % ports.length)];
    const words = [order.join(','), this.#lives * processesEach, seed + this.#lives, locks, ttlMs].map(
      String,
    );
    const child = spawn(process.execPath, [program, ...words], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    if (child.stdout === null) throw new Error('a worker has no output');
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.#heard(place, line));
    const exited = once(child, 'exit').then(([code]: unknown[]) => {
      if (typeof code === 'number' && code !== 0)
        this.broken.push(`worker ${place + 1} ended with exit code ${code}`);
    });
    this.#ends.push(exited, once(lines, 'close'));
    return child;
  }

  #heard(place: number, line: string): void {
    const told = parsed(line);
    if (told === undefined) return;
    if ('broken' in told) this.broken.push(told.broken);
    else {
      this.events.push(told);
      const bee = this.#bees?.[place];
      if (bee !== undefined && told.f === 'acquire' && told.type === 'ok') bee.got += 1;
    }
  }
}

/** The last line of one that was killed may be half a line. */
function parsed(line: string): HistoryEvent | { readonly broken: string } | undefined {
  try {
    return JSON.parse(line) as HistoryEvent | { readonly broken: string };
  } catch {
    return undefined;
  }
}
