/** Functions of the user's own that fail while a call is judged: his error, told to him, and no fault of an instance. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceOptions } from '../../../src/discovery/index.ts';
import { refused, Scene } from './scene.ts';

const broken = new TypeError('cannot read status of undefined');
const throws = (): never => {
  throw broken;
};

const rows: readonly (readonly [what: string, options: ServiceOptions])[] = [
  ['failureResult', { failureResult: throws }],
  ['failureResult without circuits', { failureResult: throws, breaker: false }],
  [
    'failureResult without circuits and a limit',
    { failureResult: throws, breaker: false, tryTimeout: false },
  ],
  ['failure', { failure: throws }],
  ['failure without circuits', { failure: throws, breaker: false }],
  ['retryOn', { retry: { retryOn: throws } }],
  ['retryResult', { retry: { retryResult: throws } }],
];

for (const [what, options] of rows) {
  test(`${what} that throws is its user's error: the call is not made again, and no instance is to blame`, async () => {
    const scene = new Scene(['a', 'b'], { ...options, ejection: { consecutiveFailures: 2 } });
    const fails = what.startsWith('failure ') || what === 'failure' || what === 'retryOn';
    const answer = (): string => {
      if (fails) throw refused();
      return 'answer';
    };
    // An instance that is well is not given up for what its caller's function does.
    const calls = fails && what === 'retryOn' ? 1 : 20;
    for (let call = 0; call < calls; call += 1) {
      const before = scene.called.length;
      const ended = await scene.call(answer, { idempotent: true });
      assert.ok('error' in ended);
      assert.equal(ended.error, broken, 'as it was thrown');
      assert.equal(scene.called.length, before + 1);
    }
    const { availability, calls: counted } = scene.orders.figures;
    assert.deepEqual([availability.usable, availability.ejected, availability.shut], [2, 0, 0]);
    assert.equal(counted.failed.get('other'), calls);
    assert.deepEqual(scene.events, []);
    for (const { inFlight } of scene.orders.slots) assert.equal(inFlight, 0);
  });
}
