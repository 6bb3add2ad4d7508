/**
 * A process that appends to a log as fast as it can and says on its output what was acknowledged, until
 * somebody kills it. Run by `log-real-disk.test.ts`: node log-writer.ts DIRECTORY FIRST-INDEX.
 */
import { writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { realClock, realDisk } from '../../src/ports/real/index.ts';
import { openLog } from '../../src/storage/index.ts';
import { entries } from './log-fixture.ts';

const [directory = '', first = '1'] = process.argv.slice(2);
const configuration = { voters: [1], outgoing: [], learners: [], learnersNext: [], level: 1, details: [] };
const { wal, groups } = await openLog({
  disk: realDisk(),
  clock: realClock(),
  directory,
  identity: new Uint8Array(16).fill(7),
  create: first === '1',
  checksum: (bytes, seed) => crc32(bytes, seed),
  segmentBytes: 256 * 1024,
});
let last = Number(first) - 1;
const known = groups.get(1);
if (known !== undefined) last = known.base.index + known.entries.length;

function next(): void {
  const from = last + 1;
  last += 7;
  const to = last;
  const hardState = { term: 1, vote: 1, commit: from - 1 };
  const compaction =
    from % 700 === 1 && from > 1000
      ? { snapshot: { index: from - 1, term: 1, configuration }, compactTo: from - 500 }
      : {};
  wal.append([{ group: 1, ...compaction, hardState, entries: entries(from, to, 1, 120) }], (error) => {
    if (error !== undefined) throw error;
    writeSync(1, `${to}\n`);
    next();
  });
}

// Several appends are always under way.
next();
next();
next();
