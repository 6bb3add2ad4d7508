/** The last steps of a repair, each held until the test lets it happen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DamageRecord, type Loss } from '../../src/node/damage-record.ts';
import { Repairs } from '../../src/node/repairs.ts';
import type { WriteAheadLog } from '../../src/storage/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { diskFailed, FaultDisk } from '../storage/fault-disk.ts';

const directory = 'data';

async function recordOf(
  disk: FaultDisk,
  losses: readonly (readonly [number, Loss])[],
): Promise<DamageRecord> {
  const damage = await DamageRecord.open(disk, directory);
  for (const loss of losses) await damage.add(new Map([loss]));
  return damage;
}

async function emptyDisk(): Promise<FaultDisk> {
  const disk = new FaultDisk({ seed: 1 });
  await disk.makeDirectory(directory);
  return disk;
}

type Wal = Pick<WriteAheadLog, 'rewrite' | 'status'>;

/** A log that is filling segment 5. */
function walOf(rewrite: () => Promise<void>, oldestSegment: () => number): Wal {
  const status: Omit<ReturnType<Wal['status']>, 'oldestSegment'> = {
    activeSegment: 5,
    waitingBytes: 0,
    liveBytes: 0,
    flushes: 0,
    writtenBytes: 0,
    full: false,
    failure: undefined,
  };
  return { rewrite, status: () => ({ ...status, oldestSegment: oldestSegment() }) };
}

/** Lets everything happen that waits for nothing. */
async function quiet(): Promise<void> {
  for (let turns = 0; turns < 10; turns += 1) await turn();
}

test('31 · a repair ends in this order: the damaged places go, the losses are struck off, the groups vote again', async () => {
  const disk = await emptyDisk();
  const damage = await recordOf(disk, [
    [0, 'entries'],
    [3, 'entries'],
    [4, 'vote'],
  ]);
  const steps: string[] = [];
  const rewritten = Promise.withResolvers<void>();
  const clock = new ManualClock();
  let oldestSegment = 1;
  disk.fail = (operation, path) => {
    if (operation === 'rename') steps.push(`struck off in ${path}`);
  };
  const repairs = new Repairs({
    wal: walOf(
      () => {
        steps.push('rewrite');
        return rewritten.promise;
      },
      () => oldestSegment,
    ),
    damage,
    hasDamagedPlaces: true,
    clock,
    log: new RecordingLog(),
    madeWhole: (group) => steps.push(`group ${group} is whole`),
  });
  repairs.begin();
  for (const group of [0, 4]) repairs.repaired(group);
  await quiet();
  assert.deepEqual(steps, [], 'a group still lacks something');
  repairs.repaired(3);
  await quiet();
  assert.deepEqual(steps.splice(0), ['rewrite']);
  // The log could not let everything go: it is tried again after a while.
  rewritten.resolve();
  await quiet();
  assert.deepEqual(steps, []);
  oldestSegment = 5;
  clock.advance(5_000);
  await quiet();
  assert.deepEqual(steps, [
    'rewrite',
    'struck off in data/damage.json.new',
    'group 0 is whole',
    'group 3 is whole',
  ]);
  const later = await DamageRecord.open(disk, directory);
  assert.deepEqual([later.of(0), later.of(3), later.of(4)], [undefined, undefined, 'vote']);
  await repairs.close();
});

test('31 · a group does not vote again before its losses are struck off', async () => {
  const disk = await emptyDisk();
  const damage = await recordOf(disk, [[0, 'entries']]);
  let whole = 0;
  let isBroken = true;
  disk.fail = (operation, path) => {
    if (operation === 'remove' && isBroken) throw diskFailed(operation, path);
  };
  const clock = new ManualClock();
  const repairs = new Repairs({
    wal: walOf(
      () => assert.fail('it has no damaged places'),
      () => 1,
    ),
    damage,
    hasDamagedPlaces: false,
    clock,
    log: new RecordingLog(),
    madeWhole: () => {
      whole += 1;
    },
  });
  repairs.repaired(0);
  await quiet();
  assert.equal(whole, 0);
  isBroken = false;
  clock.advance(5_000);
  await quiet();
  assert.equal(whole, 1);
  await repairs.close();
});

test('31 · a vote that was lost stays lost, whatever is lost after it', async () => {
  const disk = await emptyDisk();
  await recordOf(disk, [
    [0, 'vote'],
    [0, 'entries'],
    [1, 'entries'],
    [1, 'vote'],
  ]);
  const damage = await DamageRecord.open(disk, directory);
  assert.deepEqual([damage.of(0), damage.of(1)], ['vote', 'vote']);
});
