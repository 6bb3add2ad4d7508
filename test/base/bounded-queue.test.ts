/**
 * The bounded queue: order on both sides, the refusal at its limit, and every way in which a waiting taker
 * can end. At the end a model: random calls, with the fate of every element and of every taker predicted.
 */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import fc from 'fast-check';
import { BoundedQueue, isQuorateError } from '../../src/base/index.ts';

function queueOf(limit: number): BoundedQueue<number> {
  return new BoundedQueue({ name: 'proposals', limit });
}

const isClosed = (error: unknown): boolean =>
  isQuorateError(error) && error.code === 'closed' && error.data.what === 'queue proposals';

test('elements come out in the order in which they went in', async () => {
  const queue = queueOf(4);
  for (const element of [1, 2, 3]) queue.put(element);
  assert.equal(queue.size, 3);
  assert.deepEqual([await queue.take(), await queue.take(), await queue.take()], [1, 2, 3]);
  assert.equal(queue.size, 0);
});

test('at its limit the queue refuses, keeps what it has, and takes more once there is room', async () => {
  const queue = queueOf(2);
  queue.put(1);
  queue.put(2);
  assert.throws(
    () => queue.put(3),
    (error) =>
      isQuorateError(error) &&
      error.code === 'queue-full' &&
      error.retryable &&
      error.data.queue === 'proposals' &&
      error.data.limit === 2 &&
      error.message.includes('2'),
  );
  assert.equal(await queue.take(), 1);
  queue.put(4);
  assert.deepEqual([await queue.take(), await queue.take()], [2, 4]);
});

test('takers who wait are served in the order in which they came', async () => {
  const queue = queueOf(1);
  const takers = [queue.take(), queue.take(), queue.take()];
  // Three go through a queue of one, because each is handed over and none waits.
  for (const element of [1, 2, 3]) queue.put(element);
  assert.deepEqual(await Promise.all(takers), [1, 2, 3]);
  assert.equal(queue.size, 0);
});

test('a taker that gives up is passed over, and loses nobody an element', async () => {
  const queue = queueOf(4);
  const impatient = new AbortController();
  const first = queue.take();
  const second = queue.take({ signal: impatient.signal });
  const third = queue.take();
  impatient.abort('deadline');
  await assert.rejects(second, (reason) => reason === 'deadline');
  queue.put(1);
  queue.put(2);
  assert.deepEqual([await first, await third], [1, 2]);
});

test('a signal that has aborted before rejects at once and takes nothing', async () => {
  const queue = queueOf(4);
  queue.put(1);
  await assert.rejects(
    queue.take({ signal: AbortSignal.abort('too late') }),
    (reason) => reason === 'too late',
  );
  assert.equal(queue.size, 1);
});

test('an abort after the element was handed over changes nothing', async () => {
  const queue = queueOf(4);
  const caller = new AbortController();
  const taken = queue.take({ signal: caller.signal });
  queue.put(1);
  caller.abort('too late');
  assert.equal(await taken, 1);
});

test('a long-lived signal keeps no listener of a wait that is over, however it ended', async () => {
  const caller = new AbortController();
  const queue = queueOf(4);
  const served = queue.take({ signal: caller.signal });
  const left = queue.take({ signal: caller.signal });
  assert.equal(getEventListeners(caller.signal, 'abort').length, 2);
  queue.put(1);
  await served;
  assert.equal(getEventListeners(caller.signal, 'abort').length, 1);
  queue.close();
  await assert.rejects(left, isClosed);
  assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
});

test('close rejects those who wait and refuses what comes, and may be called twice', async () => {
  const queue = queueOf(4);
  const waiting = [queue.take(), queue.take()];
  queue.close();
  queue.close();
  for (const taken of waiting) await assert.rejects(taken, isClosed);
  assert.throws(() => queue.put(1), isClosed);
  await assert.rejects(queue.take(), isClosed);
});

test('close leaves what is queued to be taken', async () => {
  const queue = queueOf(4);
  queue.put(1);
  queue.put(2);
  queue.close();
  assert.deepEqual([await queue.take(), await queue.take()], [1, 2]);
  await assert.rejects(queue.take(), isClosed);
});

test('a limit that is not a positive whole number is a mistake', () => {
  for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => queueOf(limit), { name: 'AssertionFailure', message: /proposals/ });
  }
});

/** What a model says must have become of a `take`: the element, or why not. Undefined while it waits. */
interface Taker {
  readonly controller: AbortController;
  readonly fate: Promise<unknown>;
  expected: unknown;
}

class QueueModel {
  readonly limit = 3;
  readonly queue = queueOf(this.limit);
  readonly takers: Taker[] = [];
  readonly elements: number[] = [];
  closed = false;

  put(element: number): void {
    const waiting = this.takers.find((taker) => taker.expected === undefined);
    const refusal = this.closed
      ? 'closed'
      : !waiting && this.elements.length === this.limit
        ? 'queue-full'
        : '';
    if (refusal !== '') {
      assert.throws(
        () => this.queue.put(element),
        (error) => isQuorateError(error) && error.code === refusal,
      );
      return;
    }
    this.queue.put(element);
    if (waiting === undefined) this.elements.push(element);
    else waiting.expected = element;
  }

  take(): void {
    const controller = new AbortController();
    const fate = this.queue
      .take({ signal: controller.signal })
      .catch((reason: unknown) => (isQuorateError(reason) ? reason.code : reason));
    this.takers.push({
      controller,
      fate,
      expected: this.elements.shift() ?? (this.closed ? 'closed' : undefined),
    });
  }

  abort(index: number): void {
    const taker = this.takers[index % Math.max(1, this.takers.length)];
    if (taker === undefined) return;
    taker.expected ??= 'aborted';
    taker.controller.abort('aborted');
  }

  close(): void {
    this.closed = true;
    for (const taker of this.takers) taker.expected ??= 'closed';
    this.queue.close();
  }
}

test('whatever is called in whatever order, every element and every taker meets the fate it must', async () => {
  const call = fc.oneof(
    { weight: 8, arbitrary: fc.constant('put' as const) },
    { weight: 8, arbitrary: fc.constant('take' as const) },
    { weight: 4, arbitrary: fc.nat({ max: 20 }) },
    { weight: 1, arbitrary: fc.constant('close' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 60 }), async (calls) => {
      const model = new QueueModel();
      for (const [step, what] of calls.entries()) {
        if (what === 'put') model.put(step);
        else if (what === 'take') model.take();
        else if (what === 'close') model.close();
        else model.abort(what);
        assert.equal(model.queue.size, model.elements.length);
      }
      model.close();
      for (const taker of model.takers) assert.equal(await taker.fate, taker.expected);
    }),
  );
});
