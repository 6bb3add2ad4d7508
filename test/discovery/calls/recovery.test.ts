/** Circuits, ejections and penalties take instances away for a while, and never for good. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PickerName } from '../../../src/discovery/index.ts';
import { turn } from '../../net/manual-clock.ts';
import { hanging, lost, refused, Scene } from './scene.ts';

const ids = ['a', 'b', 'c', 'd'];
/** Longer than any circuit is open and any ejection lasts. */
const longMs = 6 * 60_000;

const trouble = fc.record({
  /** Which instances are ill, and how. */
  ill: fc.uniqueArray(fc.constantFrom(...ids), { maxLength: 4 }),
  kind: fc.constantFrom('refuses', 'loses', 'hangs'),
  calls: fc.integer({ min: 1, max: 25 }),
  pauseMs: fc.integer({ min: 0, max: 40_000 }),
});

for (const picker of ['round-robin', 'least-connections', 'peak-ewma', 'maglev'] satisfies PickerName[]) {
  test(`${picker}: whatever the trouble was, all who are well again are called again, and no call fails`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { minLength: 1, maxLength: 6 }),
        fc.integer(),
        async (troubles, seed) => {
          const scene = new Scene(ids, { picker, seed, tryTimeout: '100ms', slowStart: { window: '5s' } });
          let number = 0;
          for (const { ill, kind, calls, pauseMs } of troubles) {
            for (let call = 0; call < calls; call += 1) {
              number += 1;
              await scene.call(
                (target, context) => {
                  if (!ill.includes(target.id)) return target.id;
                  if (kind === 'hangs') return hanging(target, context);
                  throw kind === 'loses' ? lost() : refused();
                },
                { idempotent: true, key: `key/${number}`, timeout: '2s' },
              );
            }
            scene.clock.advance(pauseMs);
            await turn();
          }
          scene.clock.advance(longMs);
          scene.called.length = 0;
          for (let call = 0; call < 80; call += 1) {
            const ended = await scene.call(({ id }) => id, { key: `key/${call}` });
            assert.ok('value' in ended, `call ${call} fails: ${JSON.stringify(ended)}`);
            scene.clock.advance(10);
          }
          assert.equal(scene.called.length, 80);
          assert.deepEqual([...new Set(scene.called)].sort(), ids);
        },
      ),
      { numRuns: 10 },
    );
  });
}
