/** The decoders of `src/node` for the fuzzer: how snapshots travel, and the two small files of a data directory. */
import { DamageRecord } from '../../src/node/damage-record.ts';
import { readBirthRecord, writeBirthRecord } from '../../src/node/index.ts';
import { readStatusTime } from '../../src/node/node-status.ts';
import { decodeAnswer, decodeOffer, encodeAnswer, encodeOffer } from '../../src/node/snapshot-protocol.ts';
import { emptyConfiguration } from '../../src/raft/index.ts';
import { MemoryDisk } from '../../src/storage/index.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';

const directory = 'home';

async function written(name: string, write: (disk: MemoryDisk) => Promise<void>): Promise<Uint8Array> {
  const disk = new MemoryDisk();
  await disk.makeDirectory(directory);
  await write(disk);
  const file = await disk.open(`${directory}/${name}`, { create: 'never' });
  const bytes = new Uint8Array(await file.size());
  await file.read(bytes, 0);
  return bytes;
}

async function diskWith(name: string, bytes: Uint8Array): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  await disk.makeDirectory(directory);
  const file = await disk.open(`${directory}/${name}`, { create: 'must-be-new' });
  await file.write(bytes, 0);
  await file.close();
  return disk;
}

const birthRecord = await written('birth.json', (disk) =>
  writeBirthRecord(disk, directory, {
    identity: { cluster: 'a cluster', member: 7, log: new Uint8Array(16) },
    started: false,
    bootstrap: [7, 8],
    addresses: new Map([[7, { host: '::1', port: 7701 }]]),
  }),
);
const damageRecord = await written('damage.json', async (disk) => {
  const record = await DamageRecord.open(disk, directory);
  await record.add(
    new Map([
      [0, 'entries'],
      [3, 'vote'],
    ]),
  );
});

const envelope = { group: 1, from: 7, to: 8, term: 40 };
const configuration = { ...emptyConfiguration, voters: [7, 8] };

export const nodeDecoders: readonly Decoder[] = [
  {
    name: 'node/node-status.ts readStatusTime',
    valid: () => [new TextEncoder().encode('{"cluster":"a","timeMs":1764460800000.5}')],
    decode: readStatusTime,
    refusals: [],
  },
  {
    name: 'node/snapshot-protocol.ts decodeOffer',
    valid: () => [
      encodeOffer({
        message: { kind: 'install-snapshot', ...envelope, mark: { index: 2 ** 40, term: 39, configuration } },
        bytes: 2 ** 45,
        check: 77,
      }),
    ],
    decode: decodeOffer,
    refusals: [...byteRefusals, 'unsupported-format'],
  },
  {
    name: 'node/snapshot-protocol.ts decodeAnswer',
    valid: () => [
      encodeAnswer({ kind: 'send-from', offset: 2 ** 45 }),
      encodeAnswer({ kind: 'done' }),
      encodeAnswer({ kind: 'damaged' }),
    ],
    decode: decodeAnswer,
    refusals: byteRefusals,
  },
  {
    name: 'node/birth-record.ts readBirthRecord',
    also: ['node/checked-file.ts readCheckedFile'],
    valid: () => [birthRecord.slice()],
    decode: async (bytes) => readBirthRecord(await diskWith('birth.json', bytes), directory),
    refusals: ['directory-damaged', 'unsupported-format'],
  },
  {
    name: 'node/damage-record.ts DamageRecord',
    valid: () => [damageRecord.slice()],
    decode: async (bytes) => DamageRecord.open(await diskWith('damage.json', bytes), directory),
    // What cannot be read counts as a loss of everything, and is no error.
    refusals: [],
  },
];
