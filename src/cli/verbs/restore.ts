/** `quorate restore`: a backup becomes the data directory of a new cluster; or is only looked into. */
import { crc32 as nativeCrc32 } from 'node:zlib';
import { readSnapshotClaim } from '../../mvcc/index.ts';
import {
  drawRestoreId,
  type Restored,
  restoreBackup,
  revisionBumpDefault,
  type Together,
} from '../../node/index.ts';
import { realClock, realCryptography, realDisk, realRandom } from '../../ports/real/index.ts';
import { type BackupHeader, readBackup } from '../../storage/index.ts';
import { type BackupReport, backupDocument, backupLines, bytesText } from '../backup-report.ts';
import { parseAddress } from '../endpoints.ts';
import {
  exitCodes,
  type Invocation,
  isSet,
  numberOption,
  textOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

export const restore: Verb = {
  name: 'restore',
  words: 'FILE',
  summary: 'Makes a new cluster of a backup, or checks the backup',
  about: [
    'The cluster is a new one, with an id of its own, and begins with a revision far above that of the backup: what',
    'the old cluster wrote later is not known, and no revision or token is given twice. Keys, users, sessions with',
    'their answers stay; leases go on with the time that they had left; watches from before hear “compacted”.',
    'Without --members it is a cluster of one, which others join. With --members each node is restored by a command',
    'of its own from the same FILE; the first one draws an id, and prints the commands for the others.',
  ].join('\n'),
  options: {
    data: { type: 'string' },
    members: { type: 'string' },
    name: { type: 'string' },
    id: { type: 'string' },
    'revision-bump': { type: 'string' },
    check: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: {
    data: 'the data directory to make; empty, or not there yet',
    members: 'the members of the new cluster, name=host:port,name=host:port',
    name: 'which of the members this node is',
    id: 'of this restore, as the first of its commands printed it',
    'revision-bump': `how many revisions are left out behind those of the backup (default ${revisionBumpDefault})`,
    check: 'only read FILE, prove all of it, and tell what is in it',
    json: 'one JSON document, for programs',
  },
  examples: [
    { run: 'quorate restore monday.backup --check', what: 'whether it is whole; needs no cluster' },
    { run: 'quorate restore monday.backup --data ./a', what: 'a cluster of one, then serve it' },
    {
      run: 'quorate restore monday.backup --data ./a --name a --members a=10.0.0.1:7701,b=10.0.0.2:7701,c=10.0.0.3:7701',
      what: 'the first of three; it prints the commands for the others',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path = ''] = wordsOf(invocation, 1, 'a file');
  const data = textOption(invocation, 'data');
  if (isSet(invocation, 'check') === (data !== undefined))
    throw new UsageError('say what to do with the backup: --data DIR to restore it there, or --check');
  if (data !== undefined) return await make(path, data, invocation);
  const report = await check(path, invocation);
  if (isSet(invocation, 'json')) invocation.out(JSON.stringify(backupDocument(report)));
  else for (const line of backupLines(report)) invocation.out(line);
  return exitCodes.done;
}

async function make(path: string, directory: string, invocation: Invocation): Promise<number> {
  const together = togetherOf(invocation);
  const revisionBump = numberOption(invocation, 'revision-bump', {
    least: 1,
    most: 2 ** 46,
    otherwise: revisionBumpDefault,
  });
  const restored = await building(path, directory, { together, revisionBump }, invocation);
  const { identity, keys, origin } = restored;
  if (isSet(invocation, 'json')) {
    const { cluster, member } = identity;
    const id = together === undefined ? {} : { id: together.id };
    invocation.out(JSON.stringify({ file: path, data: directory, cluster, member, ...id, keys, origin }));
    return exitCodes.done;
  }
  const rows = [
    ['data', directory],
    ['cluster', identity.cluster],
    ['of', `cluster ${origin.cluster} at revision ${origin.revision}`],
    ['revision', String(origin.began)],
    ['keys', String(keys)],
  ];
  for (const [what = '', value] of rows) invocation.out(`${what.padEnd(10)}${value}`);
  for (const line of nextSteps(path, directory, together, revisionBump)) invocation.note(line);
  return exitCodes.done;
}

async function building(
  path: string,
  directory: string,
  how: { readonly together: Together | undefined; readonly revisionBump: number },
  { progress, signal }: Invocation,
): Promise<Restored> {
  using shown = progress();
  const { together, revisionBump } = how;
  return await restoreBackup({
    disk: realDisk(),
    clock: realClock(),
    random: realRandom(),
    cryptography: realCryptography(),
    checksum: nativeCrc32,
    path,
    directory,
    revisionBump,
    ...(together === undefined ? {} : { together }),
    signal,
    onProgress: (done, of) => shown.show(done / of, bytesText(done / 2)),
  });
}

function togetherOf(invocation: Invocation): Together | undefined {
  const text = textOption(invocation, 'members');
  const name = textOption(invocation, 'name');
  const id = textOption(invocation, 'id');
  if (text === undefined) {
    if (name !== undefined || id !== undefined) throw new UsageError('--name and --id go with --members');
    return undefined;
  }
  if (name === undefined) throw new UsageError('say by --name which of the members this node is');
  const members = text.split(',').map((part) => {
    const [own = '', address, ...more] = part.split('=');
    if (address === undefined || more.length > 0)
      throw new UsageError(`${JSON.stringify(part)} is no member; write name=host:port`);
    return { name: own.trim(), address: parseAddress(address) };
  });
  return { members, name, id: id ?? drawRestoreId(realClock(), realRandom()) };
}

function nextSteps(
  path: string,
  directory: string,
  together: Together | undefined,
  revisionBump: number,
): string[] {
  if (together === undefined) {
    return [
      `quorate restore: start it with: quorate serve --name NAME --data ${directory} --listen HOST:PORT`,
      'others then join it: quorate serve --name NAME --data DIR --listen HOST:PORT --join HOST:PORT',
    ];
  }
  const { members, name, id } = together;
  const texts = members.map((member) => `${member.name}=${member.address.host}:${member.address.port}`);
  const bump = revisionBump === revisionBumpDefault ? '' : ` --revision-bump ${revisionBump}`;
  const rest = members.filter((member) => member.name !== name);
  const restores = rest.map(
    (member) =>
      `  quorate restore ${path} --data DIR --name ${member.name} --members ${texts.join(',')} --id ${id}${bump}`,
  );
  return [
    'quorate restore: the others, each on its machine and from the same file, within a day:',
    ...restores,
    `then start each: quorate serve --name ${name} --data ${directory} --listen HOST:PORT`,
  ];
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
