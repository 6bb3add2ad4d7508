/** The order of events: by time, then by the order in which they were added, whatever is cancelled or moved meanwhile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventQueue, ScheduledEvent } from '../../../src/sim/machine/kernel/event-queue.ts';

class Marked extends ScheduledEvent {
  readonly mark: number;

  constructor(mark: number) {
    super();
    this.mark = mark;
  }

  fire(): void {}
}

function takeAll(queue: EventQueue, untilMs: number = Number.MAX_VALUE): number[] {
  const marks: number[] = [];
  for (let event = queue.take(untilMs); event !== undefined; event = queue.take(untilMs)) {
    marks.push((event as Marked).mark);
  }
  return marks;
}

test('events come by time, and those of one time in the order in which they were added', () => {
  const queue = new EventQueue();
  for (const [mark, timeMs] of [5, 1, 3, 1, 5, 0, 3].entries()) queue.add(new Marked(mark), timeMs);
  assert.deepEqual(takeAll(queue), [5, 1, 3, 2, 6, 0, 4]);
  assert.equal(queue.nowMs, 5);
});

test('what is added for the present comes after all that was due in it before', () => {
  const queue = new EventQueue();
  for (const mark of [1, 2, 3]) queue.add(new Marked(mark), 10);
  assert.equal((queue.take(10) as Marked).mark, 1);
  queue.add(new Marked(4), 10);
  queue.add(new Marked(5), 3);
  assert.deepEqual(takeAll(queue), [2, 3, 4, 5]);
});

test('nothing is taken that lies behind the bound, or that never comes', () => {
  const queue = new EventQueue();
  queue.add(new Marked(1), 10);
  queue.add(new Marked(2), 20);
  queue.add(new Marked(3), Number.POSITIVE_INFINITY);
  assert.deepEqual(takeAll(queue, 15), [1]);
  assert.equal(queue.nextMs(), 20);
  assert.deepEqual(takeAll(queue, Number.POSITIVE_INFINITY), [2]);
  assert.equal(queue.nextMs(), Number.POSITIVE_INFINITY);
});

test('an event that is given another time comes at that time, in its old order among equals', () => {
  const queue = new EventQueue();
  const never = new Marked(1);
  queue.add(never, Number.POSITIVE_INFINITY);
  queue.add(new Marked(2), 10);
  queue.add(new Marked(3), 20);
  queue.retime((event) => (event === never ? 10 : undefined));
  assert.deepEqual(takeAll(queue), [1, 2, 3]);
});

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), delayMs: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('take' as const), forMs: fc.nat(10) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }) },
);

test('a queue gives what a sorted list would give, whatever is added, taken and cancelled', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const queue = new EventQueue();
      const model: { readonly event: Marked; readonly timeMs: number }[] = [];
      const expectNext = (untilMs: number): void => {
        const live = model.filter(({ event, timeMs }) => !event.cancelled && timeMs <= untilMs);
        const first = live.sort(
          (left, right) => left.timeMs - right.timeMs || left.event.mark - right.event.mark,
        )[0];
        assert.equal(queue.take(untilMs), first?.event);
        if (first !== undefined) model.splice(model.indexOf(first), 1);
      };
      for (const [mark, next] of steps.entries()) {
        if (next.do === 'add') {
          const event = new Marked(mark);
          model.push({ event, timeMs: queue.nowMs + next.delayMs });
          queue.add(event, queue.nowMs + next.delayMs);
        } else if (next.do === 'take') expectNext(queue.nowMs + next.forMs);
        else if (model.length > 0)
          (model[next.which % model.length] as { event: Marked }).event.cancelled = true;
      }
      while (model.some(({ event }) => !event.cancelled)) expectNext(Number.MAX_VALUE);
      assert.equal(queue.take(Number.MAX_VALUE), undefined);
    }),
    { numRuns: 300 },
  );
});

test('timeouts that never strike are swept, and those that do keep their order', () => {
  const queue = new EventQueue();
  const expected: number[] = [];
  for (let mark = 0; mark < 20_000; mark += 1) {
    const event = new Marked(mark);
    queue.add(event, 1_000 - (mark % 1_000));
    event.cancelled = mark % 100 !== 0;
    if (!event.cancelled) expected.push(mark);
  }
  expected.sort((left, right) => (right % 1_000) - (left % 1_000) || left - right);
  assert.deepEqual(takeAll(queue), expected);
});
