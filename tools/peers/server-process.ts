/**
 * A server of somebody else's, or of ours, in a process of its own: started with its output in a file, waited
 * for by a condition and not by the clock, ended by its own process id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

export interface ServerCommand {
  readonly program: string;
  readonly words: readonly string[];
  /** Where what it prints goes. */
  readonly log: string;
}

const stopMsMax = 10_000;
const lookMs = 50;
const shownBytes = 2_000;

export class ServerProcess {
  readonly #process: ChildProcess;
  readonly #log: string;
  readonly #ended: Promise<void>;
  #hasEnded = false;

  constructor({ program, words, log }: ServerCommand) {
    const output = openSync(log, 'a');
    try {
      this.#process = spawn(program, words, { stdio: ['ignore', output, output] });
    } finally {
      closeSync(output);
    }
    this.#log = log;
    this.#ended = new Promise((resolve) => {
      const ended = (): void => {
        this.#hasEnded = true;
        resolve();
      };
      this.#process.once('error', ended).once('exit', ended);
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Throws with its last words when it is gone. */
  checkAlive(): void {
    if (!this.#hasEnded) return;
    const words = readFileSync(this.#log, 'utf8').slice(-shownBytes);
    throw new Error(`${this.#process.spawnfile} ended by itself; its log ${this.#log} ends with:\n${words}`);
  }

  /** Asks it to stop, and insists after a while. May be called twice. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#process.kill(signal);
    const insist = setTimeout(() => this.#process.kill('SIGKILL'), stopMsMax);
    await this.#ended;
    clearTimeout(insist);
  }

  /** Ends it without asking. May be called twice. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}

/** Asks again and again until there is an answer; gives up when one of the processes ends, or time does. */
export async function untilReady<T>(
  what: string,
  msMax: number,
  processes: readonly ServerProcess[],
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + msMax;
  while (performance.now() < deadline) {
    for (const process of processes) process.checkAlive();
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(lookMs);
  }
  throw new Error(`${what} is not ready within ${msMax / 1000} s; its logs may say why`);
}

/** Sends a few bytes and resolves to all that comes until the other end closes; `undefined` when nobody is there. */
export function exchange(address: ServerAddress, words: string, msMax = 2_000): Promise<string | undefined> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = connect(address, () => socket.end(words));
    socket.setTimeout(msMax, () => socket.destroy());
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    socket.once('error', () => socket.destroy());
    socket.once('close', () => resolve(heard === '' ? undefined : heard));
  });
}

/** Runs a program to its end; `undefined` when it fails or is not there. */
export function outputOf(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    child.once('error', () => resolve(undefined));
    child.once('close', (code) => resolve(code === 0 ? text : undefined));
  });
}
