import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnapshotIdentity } from '../../src/storage/index.ts';
import { patterned } from '../ports/expectations.ts';
import { crashEverywhere, type Remains, type Story } from './crash-story.ts';
import type { FaultDisk } from './fault-disk.ts';
import { deliver, disk, mark, openFiles, readable, summaries, travelling } from './snapshot-fixture.ts';

/** Enough for two writes, so that one can be there and the other not. */
const older = [patterned(300_000, 1), patterned(5_000, 2)];
const newer = [patterned(280_000, 3), patterned(6_000, 4)];

async function expectWholeOrMissing({ on, done, where }: Remains): Promise<void> {
  const files = await openFiles(on);
  const old = await readable(files, 0, mark(100));
  if (done.has('old'))
    assert.deepEqual([old.code, ...summaries(old.chunks)], [undefined, ...summaries(older)], where);
  const recent = await readable(files, 0, mark(200));
  if (done.has('new')) assert.equal(recent.code, undefined, where);
  if (recent.code === undefined) assert.deepEqual(summaries(recent.chunks), summaries(newer), where);
  else assert.deepEqual([recent.code, recent.chunks.length], ['snapshot-damaged', 0], where);
  assert.ok(
    on.paths().every((path) => !path.endsWith('.new')),
    `${where}: nothing half written stays`,
  );
}

test('26 · a crash at any moment of writing a snapshot leaves the old one and the new one whole, or the old one alone', async () => {
  const story: Story = async (on, done) => {
    const files = await openFiles(on);
    await files.write(0, mark(100), older);
    done('old');
    await files.write(0, mark(200), newer);
    done('new');
  };
  await crashEverywhere(story, expectWholeOrMissing);
});

test('26, 30 · the old snapshot goes only when the new one is durable under its name', async () => {
  const story: Story = async (on, done) => {
    const files = await openFiles(on);
    await files.write(0, mark(100), older);
    done('old');
    await files.write(0, mark(200), newer);
    done('new');
    await files.prune(0, 200);
  };
  await crashEverywhere(story, async ({ on, done, where }) => {
    const files = await openFiles(on);
    const codes = [await readable(files, 0, mark(100)), await readable(files, 0, mark(200))].map(
      ({ code }) => code,
    );
    if (done.has('old')) assert.ok(codes.includes(undefined), `${where}: one of both is whole`);
    if (done.has('new')) assert.equal(codes[1], undefined, where);
  });
});

test('26 · a crash at any moment of receiving a snapshot leaves something that a second try makes whole', async () => {
  const sender = await openFiles(disk());
  await sender.write(0, mark(200), newer);
  const { identity, bytes } = await travelling(sender, 0, mark(200));
  const receive = async (on: FaultDisk, announced: SnapshotIdentity): Promise<void> => {
    const receiver = await (await openFiles(on)).receive(announced);
    await deliver(receiver, bytes, 100_000);
    await receiver.finish();
  };
  const story: Story = async (on, done) => {
    await (await openFiles(on)).write(0, mark(100), older);
    done('old');
    await receive(on, identity);
    done('new');
  };
  await crashEverywhere(story, async (remains) => {
    await expectWholeOrMissing(remains);
    const { on, where } = remains;
    // The first try after a torn part may find it out and begin anew.
    await receive(on, identity).catch(() => receive(on, identity));
    const { chunks, code } = await readable(await openFiles(on), 0, mark(200));
    assert.equal(code, undefined, where);
    assert.deepEqual(summaries(chunks), summaries(newer), where);
  });
});
