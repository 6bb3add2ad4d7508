/** A handle of a process that runs some members, and what it may be asked; gone when it is closed, whatever became of it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type Question =
  /** Opens all members; they may know nobody yet. */
  | { readonly kind: 'join'; readonly seeds: readonly string[] }
  /** Waits until each member knows so many, itself among them. */
  | { readonly kind: 'know'; readonly count: number }
  /** Waits until each member takes these for dead. */
  | { readonly kind: 'bury'; readonly ids: readonly string[] }
  /** Waits until each member has heard that this one says so of itself. */
  | { readonly kind: 'hear'; readonly id: string; readonly zone: string }
  /** Waits until each member takes these for healthy. */
  | { readonly kind: 'trust'; readonly ids: readonly string[] }
  /** Its first member says something else of itself. */
  | { readonly kind: 'say'; readonly zone: string }
  /** What it has spent until now. */
  | { readonly kind: 'spent' }
  /** Who was accused since this was asked last. */
  | { readonly kind: 'accused' };

export interface Spent {
  readonly processorUs: number;
  readonly packets: number;
  readonly bytes: number;
  readonly connections: number;
  /** Messages that found nobody or no room, at the side that sends and the one that receives. */
  readonly lost: number;
}

export interface Answer {
  /** When what was asked for was true. */
  readonly atNs: bigint;
  readonly address: string;
  readonly spent: Spent;
  /** Of the member that finds itself in most trouble: 1 is none. */
  readonly localHealthMax: number;
  /** Times at which the process found that it had stood still. */
  readonly stalls: number;
  readonly suspected: readonly string[];
  readonly failed: readonly string[];
}

const program = join(import.meta.dirname, 'members-program.ts');

export function idOf(number: number): string {
  return `m${String(number).padStart(4, '0')}`;
}

export class MembersProcess implements AsyncDisposable {
  readonly ids: readonly string[];
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  constructor(first: number, count: number) {
    this.ids = Array.from({ length: count }, (_, place) => idOf(first + place));
    this.#child = fork(program, [String(first), String(count)], { serialization: 'advanced' });
    this.#gone = once(this.#child, 'exit');
  }

  /** One question at a time. */
  ask(question: Question): Promise<Answer> {
    const answered = once(this.#child, 'message').then(([answer]) => answer as Answer);
    this.#child.send(question);
    const ended = this.#gone.then(() => Promise.reject(new Error(`the process of ${this.ids[0]} ended`)));
    return Promise.race([answered, ended]);
  }

  /** Answers with when the signal was sent. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): bigint {
    const atNs = process.hrtime.bigint();
    this.#child.kill(signal);
    return atNs;
  }

  /** Answers with when the signal was sent. */
  async kill(): Promise<bigint> {
    const atNs = process.hrtime.bigint();
    this.#child.kill('SIGKILL');
    await this.#gone;
    return atNs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}
