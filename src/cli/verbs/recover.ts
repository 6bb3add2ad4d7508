/** `quorate recover`: a new cluster from one node that is left of a cluster whose majority is lost for good. */
import { crc32 as nativeCrc32 } from 'node:zlib';
import {
  inspectSurvivor,
  type Recovered,
  recoverSurvivor,
  revisionBumpDefault,
  type Survivor,
} from '../../node/index.ts';
import { realClock, realDisk, realRandom } from '../../ports/real/index.ts';
import { bytesText } from '../backup-report.ts';
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

export const recover: Verb = {
  name: 'recover',
  words: '',
  summary: 'Makes a new cluster of one node that is left of another',
  about: [
    'For a cluster that has lost the majority of its voters for good; while one may come back, bring it back. Run it',
    'on the node that is left, which must not run, and of several on the one whose log reaches furthest: without',
    '--accept-data-loss it only says how far that is. All of its log is kept, also what it did not know to be',
    'committed; what others acknowledged behind that is lost. DATA stays as it is; INTO becomes a cluster of one with',
    'a new id, to which the members of the old one are strangers; others join it as usual.',
  ].join('\n'),
  options: {
    data: { type: 'string' },
    into: { type: 'string' },
    'accept-data-loss': { type: 'boolean' },
    'revision-bump': { type: 'string' },
    json: { type: 'boolean' },
  },
  help: {
    data: 'the data directory of the node that is left',
    into: 'the data directory to make; empty, or not there yet',
    'accept-data-loss': 'do it, knowing that what only the lost members had is lost',
    'revision-bump': `how many revisions are left out behind those of the node (default ${revisionBumpDefault})`,
    json: 'one JSON document, for programs',
  },
  examples: [
    { run: 'quorate recover --data ./node2', what: 'what is left, and what would be lost' },
    { run: 'quorate recover --data ./node2 --into ./node2-new --accept-data-loss', what: 'does it' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  wordsOf(invocation, 0, 'no words');
  const directory = textOption(invocation, 'data');
  const into = textOption(invocation, 'into');
  const isAccepted = isSet(invocation, 'accept-data-loss');
  if (directory === undefined)
    throw new UsageError('--data is missing: the directory of the node that is left');
  if (isAccepted !== (into !== undefined))
    throw new UsageError(
      'to recover, say both where, --into DIR, and that data may be lost, --accept-data-loss',
    );
  const shared = { disk: realDisk(), checksum: nativeCrc32, directory };
  if (into !== undefined) return told(into, await recovering({ ...shared, into }, invocation), invocation);
  const survivor = await inspectSurvivor(shared);
  if (isSet(invocation, 'json')) invocation.out(JSON.stringify(survivorDocument(survivor)));
  else for (const line of survivorLines(survivor)) invocation.out(line);
  invocation.note(
    'quorate recover: nothing was done; --into DIR --accept-data-loss makes a new cluster of it',
  );
  return exitCodes.done;
}

async function recovering(
  paths: Parameters<typeof inspectSurvivor>[0] & { readonly into: string },
  invocation: Invocation,
): Promise<Recovered> {
  const bounds = { least: 1, most: 2 ** 46, otherwise: revisionBumpDefault };
  const revisionBump = numberOption(invocation, 'revision-bump', bounds);
  const { progress, signal } = invocation;
  using shown = progress();
  return await recoverSurvivor({
    ...paths,
    clock: realClock(),
    random: realRandom(),
    revisionBump,
    signal,
    onProgress: (done, of) => shown.show(done / of, bytesText(done)),
  });
}

function told(into: string, { survivor, identity, keys, origin }: Recovered, invocation: Invocation): number {
  const { cluster, member } = identity;
  if (isSet(invocation, 'json')) {
    const document = { data: into, cluster, member, keys, origin, survivor: survivorDocument(survivor) };
    invocation.out(JSON.stringify(document));
    return exitCodes.done;
  }
  const rows = [
    ...survivorLines(survivor),
    `new       cluster ${cluster} in ${into}`,
    `revision  ${origin.began}, behind ${origin.revision}`,
    `keys      ${keys}`,
  ];
  for (const line of rows) invocation.out(line);
  invocation.note(
    `quorate recover: start it with: quorate serve --name NAME --data ${into} --listen HOST:PORT`,
  );
  invocation.note(
    'others then join it: quorate serve --name NAME --data DIR --listen HOST:PORT --join HOST:PORT',
  );
  return exitCodes.done;
}

function survivorDocument({ identity, last, commit, others }: Survivor): object {
  return { cluster: identity.cluster, member: identity.member, last, commit, others };
}

function survivorLines({ identity, last, commit, others }: Survivor): string[] {
  const names = others.map(({ id, name }) => name ?? String(id)).join(', ');
  const tail = Math.max(0, last - commit);
  return [
    `cluster   ${identity.cluster}`,
    `member    ${identity.member}; without ${names === '' ? 'any others' : names}`,
    `log       to entry ${last}; ${tail === 0 ? 'all of it' : `all but the last ${tail}`} known to be committed, all of it kept`,
    `lost      what was acknowledged behind entry ${last}`,
  ];
}
