/** `quorate backup`: everything that a cluster holds at one moment, in a file that is whole or not there. */
import { crc32 as nativeCrc32 } from 'node:zlib';
import type { StoreBackup } from '../../client/index.ts';
import { realCryptography, realDisk } from '../../ports/real/index.ts';
import { BackupFile } from '../../storage/index.ts';
import { backupDocument, backupLines, bytesText } from '../backup-report.ts';
import { clusterHelp, clusterOptions, openStore } from '../endpoints.ts';
import { exitCodes, type Invocation, isSet, type Verb, wordsOf } from '../verb.ts';

export const backup: Verb = {
  name: 'backup',
  words: 'FILE',
  summary: 'Writes everything that the cluster holds into a file',
  about: [
    'It is of one moment, not before the command began, and writes go on meanwhile: keys with their history,',
    'leases, sessions, users and roles. Any member gives it; with users, only to root. FILE is there when all of',
    'it is durable and proved, and not before. It holds secrets: keep it where only you can read it.',
  ].join('\n'),
  options: { ...clusterOptions, force: { type: 'boolean' } },
  help: {
    ...clusterHelp,
    timeout: "how long a node may take to begin, such as '500ms' or '10s' (default 5s)",
    force: 'replace FILE where it exists',
  },
  examples: [
    { run: 'quorate backup monday.backup', what: 'of the cluster on this machine' },
    {
      run: 'quorate backup monday.backup --endpoints 10.0.0.2:7701 --user root --json',
      what: 'of the one that this node belongs to, for programs',
    },
    {
      run: 'quorate backup monday.backup --force && quorate restore monday.backup --check',
      what: 'replaces one, and tells what is in it',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path = ''] = wordsOf(invocation, 1, 'a file');
  const tools = { cryptography: realCryptography(), checksum: nativeCrc32 };
  const isForced = isSet(invocation, 'force');
  const file = await BackupFile.create({ ...tools, disk: realDisk(), path, isForced });
  try {
    await using store = await openStore(invocation);
    using begun = await store.backup({ signal: invocation.signal });
    await copy(begun, file, invocation);
    const summary = await file.finish();
    const told = { path, cluster: begun.cluster, revision: begun.revision, ...summary };
    if (isSet(invocation, 'json')) invocation.out(JSON.stringify(backupDocument(told)));
    else for (const line of backupLines(told)) invocation.out(line);
  } catch (error) {
    await file.discard();
    throw error;
  }
  return exitCodes.done;
}

async function copy(begun: StoreBackup, file: BackupFile, { progress, signal }: Invocation): Promise<void> {
  using shown = progress();
  let bytes = 0;
  for await (const frame of begun) {
    signal.throwIfAborted();
    await file.add(frame);
    bytes += frame.length;
    shown.show(bytes / Math.max(bytes, begun.bytesAbout), bytesText(bytes));
  }
  signal.throwIfAborted();
}
