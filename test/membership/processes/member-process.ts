/** A handle of a member that runs in a process of its own; the process is gone when the handle is closed, whatever became of it. */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Member, MembershipEvent } from '../../../src/membership/index.ts';
import type { MemberSettings, Order, Report } from './member-program.ts';

const program = join(import.meta.dirname, 'member-program.ts');

export class MemberProcess implements AsyncDisposable {
  readonly id: string;
  /** What it has noticed, in this life. */
  readonly events: MembershipEvent[] = [];
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  #last: Report | undefined;
  #changed = Promise.withResolvers<void>();

  /** Begins to start. Whoever makes it sees to it that it is closed, also where it never gets ready. */
  constructor(settings: MemberSettings) {
    this.id = settings.id;
    // A member has bytes in it, which JSON does not carry.
    this.#child = fork(program, [JSON.stringify(settings)], { serialization: 'advanced' });
    this.#gone = once(this.#child, 'exit');
    this.#child.on('message', (report: Report) => {
      this.#last = report;
      if (report.event !== undefined) this.events.push(report.event);
      this.#change();
    });
    this.#child.once('exit', () => this.#change());
  }

  /** Resolves when it has its port; it may know nobody yet. */
  async ready(): Promise<void> {
    await this.until(() => this.#last !== undefined);
  }

  get address(): string {
    return this.#report.address;
  }

  get port(): number {
    return Number(this.address.split(':')[1]);
  }

  get partition(): Report['partition'] {
    return this.#report.partition;
  }

  /** What it believes of a member. */
  sees(id: string): Member | undefined {
    return this.#report.members.find((member) => member.id === id);
  }

  /** Resolves when `holds`, which is asked after each of its reports. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      assert(this.#isRunning, `${this.id} ended before what was waited for`);
      await this.#changed.promise;
    }
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  /** From one moment to the next, in the middle of whatever it does. */
  standStill(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** Resolves to the exit code, when it has said goodbye. */
  async leave(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    await this.#gone;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.#isRunning) this.#child.kill('SIGKILL');
    await this.#gone;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }

  get #isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get #report(): Report {
    assert(this.#last !== undefined, `${this.id} has started`);
    return this.#last;
  }

  #change(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}
