/** A try that never ends, of a call that has its answer all the same, holds nothing of that call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type CallContext,
  hedge,
  type Policy,
  type PolicyKind,
  policy,
  retry,
  timeout,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { settled } from './script.ts';

const policies: readonly [string, (clock: ManualClock) => Policy<PolicyKind, unknown>][] = [
  ['the loser of a hedge', (clock) => hedge({ idempotent: true, after: 100, clock })],
  [
    'a try that a timeout has abandoned',
    (clock) => policy(retry({ backoff: 0, clock }), timeout({ after: 100, clock })),
  ],
];
for (const [name, make] of policies) {
  test(`${name} holds neither the answer nor the task`, async (t) => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    t.after(() => setFlagsFromString('--no-expose-gc'));
    const clock = new ManualClock();
    const made = make(clock);
    const hung = Promise.withResolvers<never>();
    const call = async (): Promise<readonly WeakRef<object>[]> => {
      const task = ({ attempt }: CallContext): unknown => (attempt === 1 ? hung.promise : { attempt });
      const { value } = (await settled(clock, made.execute(task, { idempotent: true }))) as { value: object };
      return [new WeakRef(value), new WeakRef(task)];
    };
    const held = await call();
    for (let tries = 0; tries < 20 && held.some((one) => one.deref() !== undefined); tries += 1) {
      await turn();
      collect();
    }
    assert.deepEqual(
      held.map((one) => one.deref()),
      [undefined, undefined],
    );
    hung.reject(new Error('at last'));
  });
}
