/** A bulkhead beside a naive one, over any sequence of what may happen to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import { bulkhead, type Priority } from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

/** What a bulkhead without a reserve must do, written with arrays and no cleverness. */
class Model {
  readonly running = new Set<number>();
  waiting: { readonly id: number; readonly rank: number }[] = [];
  readonly refused = new Set<number>();
  places = 0;
  queued = 0;

  begin(id: number, rank: number): void {
    if (this.running.size < this.places) this.running.add(id);
    else if (this.waiting.length < this.queued) this.waiting.push({ id, rank });
    else {
      const lower = this.waiting.filter((waiter) => waiter.rank > rank);
      const lowest = Math.max(...lower.map((waiter) => waiter.rank));
      const least = this.queued === 0 ? undefined : lower.findLast((waiter) => waiter.rank === lowest);
      this.refused.add(least?.id ?? id);
      if (least === undefined) return;
      this.waiting = [...this.waiting.filter((waiter) => waiter !== least), { id, rank }];
    }
  }

  letIn(): void {
    while (this.running.size < this.places && this.waiting.length > 0) {
      const [next] = this.waiting.toSorted((left, right) => left.rank - right.rank);
      this.running.add(next?.id as number);
      this.waiting = this.waiting.filter((waiter) => waiter !== next);
    }
  }
}

test('any sequence of coming, ending, giving up and new settings: the same runs and waits as in a naive model', async () => {
  const ranks: readonly Priority[] = ['critical', 'high', 'normal', 'low'];
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('begin' as const), rank: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), which: fc.nat(20) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('configure' as const),
        places: fc.integer({ min: 1, max: 4 }),
        queued: fc.nat(4),
      }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const clock = new ManualClock();
      const tested = bulkhead({ running: 2, queued: 3, clock });
      const model = new Model();
      [model.places, model.queued] = [2, 3];
      const began = new Set<number>();
      const ends: (() => void)[] = [];
      const givers: AbortController[] = [];
      const refused = new Set<number>();
      for (const one of steps) {
        if (one.kind === 'begin') {
          const id = ends.length;
          const work = Promise.withResolvers<void>();
          const giver = new AbortController();
          ends.push(() => {
            began.delete(id);
            work.resolve();
          });
          givers.push(giver);
          const task = (): Promise<void> => {
            began.add(id);
            return work.promise;
          };
          tested
            .execute(task, { priority: ranks[one.rank] as Priority, signal: giver.signal })
            .catch((error: unknown) => isQuorateError(error) && refused.add(id));
          model.begin(id, one.rank);
        } else if (one.kind === 'end') {
          const id = [...model.running][one.which % Math.max(1, model.running.size)];
          if (id !== undefined) ends[id]?.();
          model.running.delete(id ?? -1);
        } else if (one.kind === 'abort') {
          const id = model.waiting[one.which % Math.max(1, model.waiting.length)]?.id;
          if (id !== undefined) givers[id]?.abort('enough');
          model.waiting = model.waiting.filter((waiter) => waiter.id !== id);
        } else {
          tested.configure({ running: one.places, queued: one.queued });
          [model.places, model.queued] = [one.places, one.queued];
        }
        await turn();
        model.letIn();
        assert.deepEqual([...began].sort(), [...model.running].sort());
        assert.deepEqual([...refused].sort(), [...model.refused].sort());
        assert.deepEqual([tested.running, tested.waiting], [model.running.size, model.waiting.length]);
      }
      assert.equal(clock.timers, 0);
    }),
    { numRuns: 200 },
  );
});
