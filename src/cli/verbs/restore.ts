/** `quorate restore`: whether a file is a whole backup, and of what. */
import { crc32 as nativeCrc32 } from 'node:zlib';
import { readSnapshotClaim } from '../../mvcc/index.ts';
import { realCryptography, realDisk } from '../../ports/real/index.ts';
import { type BackupHeader, readBackup } from '../../storage/index.ts';
import { type BackupReport, backupDocument, backupLines, bytesText } from '../backup-report.ts';
import { exitCodes, type Invocation, isSet, UsageError, type Verb, wordsOf } from '../verb.ts';

export const restore: Verb = {
  name: 'restore',
  words: 'FILE',
  summary: 'Checks a backup',
  options: { check: { type: 'boolean' }, json: { type: 'boolean' } },
  help: {
    check: 'only read FILE, prove all of it, and tell what is in it',
    json: 'one JSON document, for programs',
  },
  examples: [
    { run: 'quorate restore monday.backup --check', what: 'whether it is whole; needs no cluster' },
    { run: 'quorate restore monday.backup --check --json', what: 'the same, for programs' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path = ''] = wordsOf(invocation, 1, 'a file');
  if (!isSet(invocation, 'check')) throw new UsageError('say what to do with it: --check');
  const report = await check(path, invocation);
  if (isSet(invocation, 'json')) invocation.out(JSON.stringify(backupDocument(report)));
  else for (const line of backupLines(report)) invocation.out(line);
  return exitCodes.done;
}

async function check(path: string, { progress, signal }: Invocation): Promise<BackupReport> {
  using shown = progress();
  let header: BackupHeader | undefined;
  let keys: number | undefined;
  let bytes = 0;
  const tools = { cryptography: realCryptography(), checksum: nativeCrc32 };
  for await (const part of readBackup({ disk: realDisk(), path, ...tools })) {
    signal.throwIfAborted();
    if (part.kind === 'header') header = part.header;
    else if (part.kind === 'end') {
      const { cluster = '', revision = 0, level, madeMs } = header ?? {};
      const known = level === undefined || madeMs === undefined ? {} : { level, madeMs };
      return { path, cluster, revision, ...(keys === undefined ? {} : { keys }), ...part.summary, ...known };
    } else {
      keys ??= readSnapshotClaim(part.chunk).keyCount;
      bytes += part.chunk.length;
      shown.show(bytes / Math.max(bytes, header?.bytesAbout ?? 0), bytesText(bytes));
    }
  }
  throw new TypeError('a backup that is read to its end has one');
}
