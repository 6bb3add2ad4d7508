/** The power goes at every single disk operation, and the write under way is torn in every way. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Prng } from '../../src/base/index.ts';
import type { WriteAheadLog } from '../../src/storage/index.ts';
import { FaultDisk, type FaultDiskOptions, tears } from './fault-disk.ts';
import { append, openTestLog } from './log-fixture.ts';
import { LogModel } from './log-model.ts';
import { randomBatch } from './log-script.ts';

interface Life {
  readonly disk: FaultDisk;
  readonly model: LogModel;
  readonly operations: number;
}

/** One life of a log: opens, judges what it finds, appends `batches` random batches, closes unless it dies. */
async function live(
  before: Life,
  options: FaultDiskOptions & { readonly mayBlock?: boolean },
  batches: number,
  script: Prng,
): Promise<Life> {
  const disk = before.disk.reboot(options);
  let model = before.model;
  const work = async (): Promise<void> => {
    const { wal, groups, report } = await openTestLog(disk, {
      segmentBytes: 12 * 1024,
      flushBytesMax: 2048,
      blockingWriteMsMax: options.mayBlock === true ? 1 : 0,
    });
    assert.deepEqual(report.damages, [], 'a crash is no damage');
    model = model.judge(groups);
    await appendAll(wal, model, batches, script);
    await wal.close();
  };
  await Promise.race([work(), disk.crashed]);
  return { disk, model, operations: disk.operations };
}

async function appendAll(wal: WriteAheadLog, model: LogModel, batches: number, script: Prng): Promise<void> {
  const waiting: Promise<void>[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const appends = randomBatch(script, model);
    model.submit(appends);
    const done = append(wal, ...appends).then(() => {
      model.acknowledged += 1;
    });
    // In a machine that is off, nobody hears what became of it.
    done.catch(() => undefined);
    waiting.push(done);
    if (script.chance(0.6)) await Promise.all(waiting.splice(0));
  }
  await Promise.all(waiting);
}

const nobody: Life = { disk: new FaultDisk({ seed: 0 }), model: new LogModel(), operations: 0 };

test('33 · whatever operation a crash meets, what was acknowledged is there and nothing that never was', async () => {
  const whole = await live(nobody, { seed: 5 }, 40, new Prng(11));
  assert.ok(whole.operations > 40, `${whole.operations} operations`);
  for (const kill of [false, true]) {
    for (const tear of tears) {
      for (let crashAt = 1; crashAt <= whole.operations; crashAt += 1) {
        const crashed = await live(nobody, { seed: 5, crashAt, tear, kill }, 40, new Prng(11));
        const next = await live(crashed, { seed: 6 }, 3, new Prng(12));
        await live(next, { seed: 7 }, 0, new Prng(13));
      }
    }
  }
});

test('29 · a crash at any operation of a recovery changes nothing', async () => {
  const first = await live(nobody, { seed: 5, crashAt: 60, tear: 'scattered' }, 20, new Prng(11));
  const whole = await live(first, { seed: 6 }, 2, new Prng(12));
  for (const kill of [false, true]) {
    for (const tear of tears) {
      for (let crashAt = 1; crashAt <= whole.operations; crashAt += 1) {
        const second = await live(first, { seed: 6, crashAt, tear, kill }, 2, new Prng(12));
        const third = await live(second, { seed: 7, crashAt: crashAt + 2, tear }, 2, new Prng(14));
        await live(third, { seed: 8 }, 0, new Prng(13));
      }
    }
  }
});

test('many lives, each ended by a crash somewhere, lose nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0 }), async (seed) => {
      const random = new Prng(seed);
      let life = nobody;
      for (let lives = random.between(2, 6); lives > 0; lives -= 1) {
        const crashAt = random.between(1, 250);
        life = await live(
          life,
          { seed: random.uint32(), crashAt, kill: random.chance(0.4), mayBlock: random.chance(0.5) },
          90,
          random.fork(),
        );
      }
      await live(life, { seed: 1 }, 0, random.fork());
    }),
    { numRuns: 60 },
  );
});
