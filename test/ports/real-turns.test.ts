/** Steps with all microtasks between them: what the simulator's virtual time stands on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTurns } from '../../src/ports/real/index.ts';

test('every microtask runs before the first step, between two steps and before the end, however long the chain', async () => {
  let pending = 0;
  const chain = async (links: number): Promise<void> => {
    pending += 1;
    for (let link = 0; link < links; link += 1) await Promise.resolve();
    process.nextTick(() => void chain2());
  };
  const chain2 = async (): Promise<void> => {
    for (let link = 0; link < 10; link += 1) await Promise.resolve();
    pending -= 1;
  };
  void chain(1_000);
  let steps = 0;
  await runTurns(() => {
    assert.equal(pending, 0, `before step ${steps}`);
    steps += 1;
    void chain(steps % 100);
    return steps < 1_000;
  });
  assert.equal(steps, 1_000);
});

test('nothing is called after the step that answers false, or throws', async () => {
  for (const end of [
    (): boolean => false,
    (): boolean => {
      throw new Error('the end');
    },
  ]) {
    let steps = 0;
    const running = runTurns(() => {
      steps += 1;
      return steps < 300 || end();
    });
    await running.catch((error: unknown) => assert.match(String(error), /the end/));
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(steps, 300);
  }
});
