/** What a watcher reads from the writes to a log is what the log was asked to keep. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Disk, DiskFile } from '../../src/ports/index.ts';
import { type StateChange, walkFlush } from '../../src/storage/index.ts';
import { FaultDisk } from './fault-disk.ts';
import { append, entries, openTestLog } from './log-fixture.ts';

/** Shows every write to a file of `disk` to `seen`. */
function watched(disk: Disk, seen: (bytes: Uint8Array) => void): Disk {
  return new Proxy(disk, {
    get: (target, name) => {
      if (name !== 'open') return bound(target, name);
      return async (...options: Parameters<Disk['open']>): Promise<DiskFile> => {
        const file = await target.open(...options);
        return new Proxy(file, {
          get: (inner, operation) => {
            if (operation !== 'write') return bound(inner, operation);
            return async (bytes: Uint8Array, position: number) => {
              seen(bytes);
              await inner.write(bytes, position);
            };
          },
        });
      };
    },
  });
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

test('entries, terms, promises and snapshots are read from the writes in which they became durable', async () => {
  const story: string[] = [];
  const tell = (group: number, { hardState, snapshot, installed, base }: StateChange): void => {
    if (hardState !== undefined) story.push(`${group}: term ${hardState.term} vote ${hardState.vote}`);
    if (snapshot !== undefined) story.push(`${group}: snapshot ${snapshot.index}`);
    if (installed !== undefined) story.push(`${group}: installed ${installed.index}`);
    if (base !== undefined) story.push(`${group}: base ${base.index}`);
  };
  const disk = watched(new FaultDisk({ seed: 1 }), (bytes) =>
    walkFlush(bytes, {
      change: tell,
      entry: (group, index, term) => story.push(`${group}: entry ${index} of ${term}`),
    }),
  );
  const { wal } = await openTestLog(disk);
  story.length = 0;
  await append(
    wal,
    { group: 1, hardState: { term: 5, vote: 2, commit: 0 }, entries: entries(1, 2, 5) },
    { group: 2, entries: entries(1, 1, 2 ** 40) },
  );
  const configuration = {
    voters: [1, 2, 3],
    outgoing: [],
    learners: [],
    learnersNext: [],
    level: 1,
    details: [],
  };
  await append(wal, { group: 2, installed: { index: 9, term: 2 ** 41, configuration } });
  await append(wal, { group: 1, snapshot: { index: 2, term: 5, configuration } });
  assert.deepEqual(story, [
    '1: term 5 vote 2',
    '1: entry 1 of 5',
    '1: entry 2 of 5',
    `2: entry 1 of ${2 ** 40}`,
    '2: installed 9',
    '1: snapshot 2',
  ]);
  await wal.close();
});

test('bytes that are no flush say nothing', () => {
  const silent = { change: () => assert.fail('a change'), entry: () => assert.fail('an entry') };
  walkFlush(new Uint8Array(0), silent);
  walkFlush(new Uint8Array(100).fill(0x48), silent);
  walkFlush(new Uint8Array(8192), silent);
});
