/** Handles of instances that run in processes of their own; gone when they are closed, whatever became of them. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Order, Report } from './instance-program.ts';

const program = join(import.meta.dirname, 'instance-program.ts');

interface InstanceTerms {
  readonly url: string;
  readonly service: string;
  readonly id: string;
  readonly ttlMs: number;
}

export class InstanceProcess implements AsyncDisposable {
  readonly id: string;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  private constructor(id: string, child: ChildProcess) {
    this.id = id;
    this.#child = child;
    this.#gone = once(child, 'exit');
  }

  /** Resolves when it is registered. */
  static async start({ url, service, id, ttlMs }: InstanceTerms): Promise<InstanceProcess> {
    const started = new InstanceProcess(id, fork(program, [url, service, id, String(ttlMs)]));
    await Promise.race([
      once(started.#child, 'message'),
      started.#gone.then(() => Promise.reject(new Error(`instance ${id} ended before it was registered`))),
    ]);
    return started;
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  /** Resolves when it has drained, with true; with false when it ended without. */
  async drain(): Promise<boolean> {
    const drained = once(this.#child, 'message') as Promise<readonly Report[]>;
    this.order('drain');
    const isDrained = await Promise.race([
      drained.then(([report]) => report === 'drained'),
      this.#gone.then(() => false),
    ]);
    await this.#gone;
    return isDrained;
  }

  /** With SIGKILL: it tells nobody, and its connections break. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}
