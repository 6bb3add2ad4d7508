/** What every store of idempotency keys must do, told as stories of callers: in memory and over an engine alike. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionFailure, QuorateError } from '../../src/base/index.ts';
import {
  type AnswerStore,
  type CallContext,
  type IdempotencyPolicy,
  idempotencyKeys,
  type PolicyEvent,
} from '../../src/resilience/index.ts';
import { until } from '../net/manual-clock.ts';

export interface AnswerGround extends AsyncDisposable {
  /** What one process uses, and what another one does; in memory the same. */
  readonly store: AnswerStore;
  readonly other: AnswerStore;
  /** Time passes, for all of them. */
  pass(milliseconds: number): Promise<void>;
}

export const storyTtlMs = 60_000;

export function notApplied(): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message: 'away',
    data: { engine: 'quorate', address: 'here' },
    outcome: 'not-applied',
  });
}

/** A call that is under way until the test says how it ends. */
export class Work {
  readonly #answer = Promise.withResolvers<unknown>();
  calls = 0;
  call: CallContext | undefined;

  readonly task = (call: CallContext): Promise<unknown> => {
    this.calls += 1;
    this.call = call;
    return this.#answer.promise;
  };

  async begun(): Promise<void> {
    await until(() => this.calls > 0, 'the task was called');
  }

  answer(value: unknown): void {
    this.#answer.resolve(value);
  }

  fail(error: unknown): void {
    this.#answer.reject(error);
  }
}

interface Scene {
  readonly ground: AnswerGround;
  readonly here: IdempotencyPolicy;
  readonly there: IdempotencyPolicy;
  /** What both told. */
  readonly told: PolicyEvent[];
}

type Story = (scene: Scene) => Promise<void>;

const key = 'payment 17/ä';
/** What it throws says nothing of what was done. */
const lose = (): never => {
  throw new Error('lost');
};
const never = (): never => assert.fail('it was carried out a second time');

const stories: Readonly<Record<string, Story>> = {
  'a second call is given the answer of the first, wherever it is made': async ({ here, there, told }) => {
    assert.deepEqual(await here.execute(() => ({ charged: 5 }), { key }), { charged: 5 });
    for (const policy of [here, there])
      assert.deepEqual(await policy.execute(never, { key }), { charged: 5 });
    assert.deepEqual(
      told.map(({ type }) => type),
      ['answer-repeated', 'answer-repeated'],
    );
  },

  'undefined is an answer': async ({ here, there }) => {
    assert.equal(await here.execute(() => undefined, { key }), undefined);
    assert.equal(await there.execute(never, { key }), undefined);
  },

  'other keys are other calls, and a call without one is no matter of the store': async ({ here }) => {
    assert.equal(await here.execute(() => 1, { key: 'a' }), 1);
    assert.equal(await here.execute(() => 2, { key: 'A' }), 2);
    assert.equal(await here.execute(() => 3, { key: '' }), 3);
    assert.equal(await here.execute(() => 4), 4);
    assert.equal(await here.execute(() => 5), 5);
  },

  'while the first is under way the second waits, and is given its answer': async ({ here, there, told }) => {
    const work = new Work();
    const first = here.execute(work.task, { key });
    await work.begun();
    const second = there.execute(never, { key });
    await until(() => told.some(({ type }) => type === 'answer-awaited'), 'it waits');
    work.answer('done');
    assert.deepEqual(await Promise.all([first, second]), ['done', 'done']);
  },

  'a call that may be carried out twice waits for one that is under way all the same': async ({
    here,
    there,
    told,
  }) => {
    const work = new Work();
    const first = here.execute(work.task, { key });
    await work.begun();
    const second = there.execute(never, { key, idempotent: true });
    await until(() => told.some(({ type }) => type === 'answer-awaited'), 'it waits');
    work.answer('done');
    assert.deepEqual(await Promise.all([first, second]), ['done', 'done']);
  },

  'who waits and gives up hears his own reason, and the first goes on': async ({ here, there, told }) => {
    const work = new Work();
    const first = here.execute(work.task, { key });
    await work.begun();
    const leaving = new AbortController();
    const second = there.execute(never, { key, signal: leaving.signal });
    await until(() => told.some(({ type }) => type === 'answer-awaited'), 'it waits');
    leaving.abort('no patience');
    await assert.rejects(second, (reason) => reason === 'no patience');
    work.answer('done');
    assert.equal(await first, 'done');
  },

  'who is not to wait is refused while the first is under way': async ({ ground, here }) => {
    const work = new Work();
    const first = here.execute(work.task, { key });
    await work.begun();
    const refusing = idempotencyKeys({ store: ground.other, whilePending: 'refuse' });
    await assert.rejects(refusing.execute(never, { key }), {
      code: 'answer-pending',
      outcome: 'unknown',
      retryable: true,
      data: { key, state: 'pending', retryAfterMs: 1000 },
    });
    work.answer('done');
    await first;
    assert.equal(await refusing.execute(never, { key }), 'done');
  },

  'a failure that says that nothing was done frees the key, also for who waits': async ({
    here,
    there,
    told,
  }) => {
    const work = new Work();
    const first = here.execute(work.task, { key });
    await work.begun();
    const second = there.execute(() => 'second', { key });
    await until(() => told.some(({ type }) => type === 'answer-awaited'), 'it waits');
    work.fail(notApplied());
    await assert.rejects(first, { code: 'engine-unreachable' });
    assert.equal(await second, 'second');
    assert.equal(await here.execute(never, { key }), 'second');
  },

  'any other failure leaves it in doubt, and it is not carried out again silently': async ({
    here,
    there,
    told,
  }) => {
    for (const [at, thrown] of [
      new RangeError('mine'),
      undefined,
      new AssertionFailure('broken'),
    ].entries()) {
      const own = `${key} ${at}`;
      const failing = here.execute(() => Promise.reject(thrown), { key: own });
      await assert.rejects(failing, (error) => error === thrown);
      for (const policy of [here, there]) {
        await assert.rejects(policy.execute(never, { key: own }), {
          code: 'answer-pending',
          outcome: 'unknown',
          retryable: false,
          data: { key: own, state: 'in-doubt', retryAfterMs: null },
        });
      }
    }
    assert.deepEqual(
      told.map(({ type }) => type),
      ['answer-in-doubt', 'answer-in-doubt', 'answer-in-doubt'],
    );
  },

  'what is in doubt is carried out again for who says that twice does no harm': async ({ here, there }) => {
    await assert.rejects(here.execute(lose, { key }));
    assert.equal(await there.execute(() => 'again', { key, idempotent: true }), 'again');
    assert.equal(await here.execute(never, { key }), 'again');
    assert.equal(await here.execute(never, { key, idempotent: true }), 'again');
  },

  'a second try of a doubt that did nothing leaves the doubt of the first': async ({ here, there }) => {
    await assert.rejects(here.execute(lose, { key, fingerprint: 'a' }));
    for (const policy of [there, here]) {
      const again = policy.execute(() => Promise.reject(notApplied()), {
        ...{ key, fingerprint: 'a', idempotent: true },
      });
      await assert.rejects(again, { code: 'engine-unreachable' });
      await assert.rejects(there.execute(never, { key, fingerprint: 'a' }), { code: 'answer-pending' });
      await assert.rejects(here.execute(never, { key, fingerprint: 'b' }), { code: 'key-reused' });
    }
    await here.forget(key);
    assert.equal(await there.execute(() => 'found out', { key }), 'found out');
  },

  'a caller who gives up leaves it under way; its answer is kept when it comes': async ({ here, there }) => {
    const work = new Work();
    const leaving = new AbortController();
    const first = here.execute(work.task, { key, signal: leaving.signal });
    await work.begun();
    leaving.abort('gone');
    await assert.rejects(first, (reason) => reason === 'gone');
    const second = there.execute(never, { key });
    work.answer('done');
    assert.equal(await second, 'done');
  },

  'one who gives up and whose task says that nothing was done leaves it in doubt: that is the word of his signal':
    async ({ here, there }) => {
      const leaving = new AbortController();
      const work = new Work();
      const first = here.execute(work.task, { key, signal: leaving.signal });
      await work.begun();
      leaving.abort(notApplied());
      work.fail(leaving.signal.reason);
      await assert.rejects(first);
      await assert.rejects(there.execute(never, { key }), { code: 'answer-pending' });
    },

  'the same key with another fingerprint is refused, whatever became of the first': async ({
    here,
    there,
  }) => {
    const work = new Work();
    const first = here.execute(work.task, { key, fingerprint: 'a' });
    await work.begun();
    const refused = async (): Promise<void> => {
      for (const fingerprint of ['b', undefined]) {
        const other = { key, ...(fingerprint === undefined ? {} : { fingerprint }) };
        await assert.rejects(there.execute(never, other), {
          code: 'key-reused',
          outcome: 'not-applied',
          data: { key },
        });
      }
    };
    await refused();
    work.answer('done');
    await first;
    await refused();
    assert.equal(await there.execute(never, { key, fingerprint: 'a' }), 'done');
    await assert.rejects(here.execute(lose, { key: 'doubt', fingerprint: 'a' }));
    const repeated = there.execute(never, { key: 'doubt', fingerprint: 'b', idempotent: true });
    await assert.rejects(repeated, { code: 'key-reused' });
  },

  'answers and doubts go after their time, and no sooner': async ({ ground, here, there }) => {
    await here.execute(() => 'before', { key: 'answer' });
    await assert.rejects(here.execute(lose, { key: 'doubt' }));
    await ground.pass(storyTtlMs - 1);
    const again = there.execute(() => Promise.reject(notApplied()), { key: 'doubt', idempotent: true });
    await assert.rejects(again, { code: 'engine-unreachable' });
    assert.equal(await there.execute(never, { key: 'answer' }), 'before');
    await assert.rejects(there.execute(never, { key: 'doubt' }), { code: 'answer-pending' });
    await ground.pass(1);
    assert.equal(await there.execute(() => 'after', { key: 'answer' }), 'after');
    assert.equal(await there.execute(() => 'after', { key: 'doubt' }), 'after');
  },

  'who has found out what became of a doubt frees the key; what is under way stays': async ({
    here,
    there,
  }) => {
    await assert.rejects(here.execute(lose, { key: 'doubt' }));
    await there.forget('doubt');
    assert.equal(await here.execute(() => 'found out', { key: 'doubt' }), 'found out');
    await there.forget('never heard of');
    const work = new Work();
    const first = here.execute(work.task, { key });
    await work.begun();
    await there.forget(key);
    const second = there.execute(never, { key });
    work.answer('done');
    assert.deepEqual(await Promise.all([first, second]), ['done', 'done']);
  },

  'of many that come at once one is carried out': async ({ here, there }) => {
    let calls = 0;
    const task = async (): Promise<number> => {
      calls += 1;
      return calls;
    };
    const answers = Array.from({ length: 20 }, (_, at) =>
      (at % 2 === 0 ? here : there).execute(task, { key }),
    );
    assert.deepEqual(new Set(await Promise.all(answers)), new Set([1]));
  },
};

export function answerStories(open: () => Promise<AnswerGround>): void {
  for (const [name, story] of Object.entries(stories)) {
    test(name, async () => {
      await using ground = await open();
      const told: PolicyEvent[] = [];
      const [here, there] = [ground.store, ground.other].map((store) => idempotencyKeys({ store })) as [
        IdempotencyPolicy,
        IdempotencyPolicy,
      ];
      for (const policy of [here, there]) policy.onEvent((event) => told.push(event));
      await story({ ground, here, there, told });
    });
  }
}
