/** One member through partitions, told by tests: what it sees, how time passes, and what came of it. */
import assert from 'node:assert/strict';
import {
  type KnownMember,
  type LeaseAnswer,
  type LeaseQuestion,
  PartitionGuard,
  type PartitionGuardOptions,
  type PartitionOutput,
} from '../../../src/gossip/verdict/index.ts';

/** A guard of member `a` among `a` to `e`, with time and view in the hands of the story. */
export class Story {
  nowMs = 0;
  readonly guard: PartitionGuard;
  readonly told: string[] = [];
  readonly asked: LeaseQuestion[] = [];
  readonly released: string[] = [];
  #nextMs: number | undefined;

  constructor(options: Partial<PartitionGuardOptions> = {}) {
    this.guard = new PartitionGuard({
      self: 'a',
      strategy: { kind: 'keep-majority' },
      settleAfter: 0,
      ...options,
    });
    this.sees('abcde');
    assert.deepEqual(this.told, []);
  }

  /** Members that are here, of five; behind the slash, those that have left. */
  sees(text: string): void {
    const [here = '', left = ''] = text.split('/');
    const members = 'abcde'.split('').map((id, joined): KnownMember => {
      const status = here.includes(id) ? 'HEALTHY' : left.includes(id) ? 'LEFT' : 'UNHEALTHY';
      return { id, status, joined };
    });
    this.take(this.guard.observe(members, this.nowMs));
  }

  /** Time passes, and the guard is called when it wants to be. */
  pass(seconds: number): void {
    const untilMs = this.nowMs + seconds * 1_000;
    while (this.#nextMs !== undefined && this.#nextMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.#nextMs);
      this.take(this.guard.tick(this.nowMs));
    }
    this.nowMs = untilMs;
  }

  answer(answer: LeaseAnswer, question = this.asked.at(-1) as LeaseQuestion): void {
    this.take(this.guard.leaseAnswered(question, answer, this.nowMs));
  }

  take({ changes, ask, releases, nextMs }: PartitionOutput): void {
    for (const { to, access, why } of changes)
      this.told.push(`${to} ${access}${why === undefined ? '' : ` ${why}`}`);
    if (ask !== undefined) this.asked.push(ask);
    this.released.push(...releases.map(({ owner }) => owner));
    this.#nextMs = nextMs;
  }
}
