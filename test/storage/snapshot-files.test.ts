import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { failsWith, patterned } from '../ports/expectations.ts';
import { diskFull } from './fault-disk.ts';
import {
  chunksOf,
  deliver,
  disk,
  mark,
  openFiles,
  readable,
  snapshotDirectory,
  summaries,
  travelling,
} from './snapshot-fixture.ts';

test('a snapshot gives back the chunks that a state machine gave, whatever they hold', async () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 2_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(chunk, { maxLength: 12 }),
      fc.integer({ min: 1, max: 1e9 }),
      async (chunks, index) => {
        const files = await openFiles(disk());
        await files.write(3, mark(index, 7, [5, 9]), chunks);
        assert.deepEqual(await readable(files, 3, mark(index, 7, [5, 9])), { chunks, code: undefined });
      },
    ),
    { numRuns: 40 },
  );
});

test('chunks far above the size of a write come back too', async () => {
  const files = await openFiles(disk());
  const chunks = [patterned(700_000, 1), patterned(1, 2), patterned(300_000, 3)];
  await files.write(0, mark(5), chunks);
  assert.deepEqual(summaries((await readable(files, 0, mark(5))).chunks), summaries(chunks));
});

test('a snapshot that travels in pieces is the same file on the other side', async () => {
  const [near, far] = [disk(), disk({ seed: 2 })];
  const sender = await openFiles(near);
  await sender.write(4, mark(100), chunksOf('one', 'two', 'three'));
  const { identity, bytes } = await travelling(sender, 4, mark(100));
  for (const pieceBytes of [1, 7, 1_000]) {
    const files = await openFiles(far);
    const receiver = await files.receive(identity);
    assert.equal(receiver.offset, 0);
    await deliver(receiver, bytes, pieceBytes);
    await receiver.finish();
    assert.deepEqual((await readable(files, 4, mark(100))).chunks, chunksOf('one', 'two', 'three'));
    assert.deepEqual(
      far.paths().map((path) => far.bytesOf(path)),
      [bytes],
    );
  }
});

test('a transfer that breaks goes on where it was, also in the next life of the node', async () => {
  const sender = await openFiles(disk());
  await sender.write(0, mark(8), [patterned(5_000)]);
  const { identity, bytes } = await travelling(sender, 0, mark(8));
  const far = disk({ kill: true });
  const broken = await (await openFiles(far)).receive(identity);
  await broken.add(bytes.slice(0, 1_234));
  await broken.close();
  const reborn = far.reboot({ seed: 3 });
  const files = await openFiles(reborn);
  const receiver = await files.receive(identity);
  assert.equal(receiver.offset, 1_234);
  await deliver(receiver, bytes, 600);
  await receiver.finish();
  assert.deepEqual((await readable(files, 0, mark(8))).chunks, [patterned(5_000)]);
});

test('what a power failure tore from a part that was kept is found, and the next try begins anew', async () => {
  const sender = await openFiles(disk());
  await sender.write(0, mark(8), [patterned(5_000)]);
  const { identity, bytes } = await travelling(sender, 0, mark(8));
  const far = disk();
  const files = await openFiles(far);
  const broken = await files.receive(identity);
  await broken.add(bytes.slice(0, 3_000));
  await broken.close();
  far.flipBit(far.paths()[0] as string, 700);
  const second = await files.receive(identity);
  await deliver(second, bytes, 1_000);
  const error = await failsWith('snapshot-damaged', second.finish());
  assert.match(error.message, /do not fit their checksum/);
  assert.deepEqual(far.paths(), []);
  const third = await files.receive(identity);
  assert.equal(third.offset, 0);
  await deliver(third, bytes, 1_000);
  await third.finish();
  assert.deepEqual((await readable(files, 0, mark(8))).chunks, [patterned(5_000)]);
});

test('a sender that delivers another snapshot than it announced is refused', async () => {
  const near = disk();
  const sender = await openFiles(near);
  await sender.write(0, mark(8), chunksOf('state'));
  const { identity, bytes } = await travelling(sender, 0, mark(8));
  const lies = [
    { ...identity, check: identity.check ^ 1 },
    { ...identity, mark: mark(9) },
    { ...identity, mark: mark(8, 2) },
    { ...identity, mark: mark(8, 1, [1, 2]) },
    { ...identity, group: 1 },
  ];
  for (const lie of lies) {
    const far = disk();
    const files = await openFiles(far);
    const receiver = await files.receive(lie);
    await deliver(receiver, bytes, 1_000);
    await failsWith('snapshot-damaged', receiver.finish());
    assert.deepEqual(far.paths(), []);
  }
  const receiver = await (await openFiles(disk())).receive(identity);
  await failsWith('snapshot-damaged', receiver.add(new Uint8Array(identity.bytes + 1)));
});

test('pruning takes what is older, of this group alone, and does not mind that some is gone', async () => {
  const on = disk();
  const files = await openFiles(on);
  for (const index of [9, 10, 200]) await files.write(1, mark(index), chunksOf('x'));
  await files.write(11, mark(9), chunksOf('x'));
  const { identity } = await travelling(files, 1, mark(9));
  await (await files.receive({ ...identity, mark: mark(150) })).close();
  await Promise.all([files.prune(1, 200), files.prune(1, 200), files.prune(1, 10)]);
  assert.deepEqual(on.paths(), [
    `${snapshotDirectory}/1-200-1.snapshot`,
    `${snapshotDirectory}/11-9-1.snapshot`,
  ]);
});

test('a snapshot for which there is no space leaves nothing behind that takes some', async () => {
  const on = disk({ capacityBytes: 600_000 });
  const files = await openFiles(on);
  await files.write(0, mark(1), [patterned(1_000)]);
  for (const index of [2, 3]) {
    await failsWith(
      'disk-full',
      files.write(0, mark(index), [patterned(300_000), patterned(300_000), patterned(9)]),
    );
    assert.deepEqual(on.paths(), [`${snapshotDirectory}/0-1-1.snapshot`]);
  }
});

test('a sync that fails is told, and the snapshot has no name', async () => {
  const on = disk();
  const files = await openFiles(on);
  on.fail = (operation, path) => {
    if (operation === 'sync') throw diskFull(path);
  };
  await failsWith('disk-full', files.write(0, mark(1), chunksOf('x')));
  assert.deepEqual(on.paths(), []);
});

test('what a state machine holds for a snapshot is given back on every path', async () => {
  const on = disk();
  const files = await openFiles(on);
  let held = 0;
  const source = (): IterableIterator<Uint8Array> => {
    held += 1;
    let left = 3;
    const iterator: IterableIterator<Uint8Array> = {
      next: () => {
        left -= 1;
        return left < 0 ? { done: true, value: undefined } : { done: false, value: Uint8Array.of(left) };
      },
      return: () => {
        held -= 1;
        return { done: true, value: undefined };
      },
      [Symbol.iterator]: () => iterator,
    };
    return iterator;
  };
  await files.write(0, mark(1), source());
  assert.equal(held, 0);
  for (const failing of ['open', 'truncate', 'write', 'sync', 'rename'] as const) {
    on.fail = (operation, path) => {
      if (operation === failing) throw diskFull(path);
    };
    await failsWith('disk-full', files.write(0, mark(2), source()));
    assert.equal(held, 0, failing);
  }
});

test('a node that closes does not wait for a long snapshot to be written', async () => {
  const on = disk();
  const files = await openFiles(on);
  const controller = new AbortController();
  let asked = 0;
  function* endless(): Generator<Uint8Array> {
    while (true) {
      asked += 1;
      if (asked === 10) controller.abort(new Error('the node was closed'));
      yield patterned(100_000);
    }
  }
  await assert.rejects(
    files.write(0, mark(1), endless(), { signal: controller.signal }),
    /the node was closed/,
  );
  assert.equal(asked, 10);
  assert.deepEqual(on.paths(), []);
});

test('what a crash left half written is swept at the next start, what was being received is not', async () => {
  const on = disk();
  const files = await openFiles(on);
  await files.write(0, mark(1), chunksOf('x'));
  const { identity } = await travelling(files, 0, mark(1));
  await (await files.receive({ ...identity, mark: mark(2) })).close();
  await on.open(`${snapshotDirectory}/0-3-1.snapshot.new`, { create: 'must-be-new' });
  await openFiles(on);
  assert.deepEqual(
    on
      .paths()
      .map((path) => path.slice(snapshotDirectory.length + 1).replace(/\.\d+\.[0-9a-f]+\.part$/, ' in part')),
    ['0-1-1.snapshot', '0-2-1.snapshot in part'],
  );
});
