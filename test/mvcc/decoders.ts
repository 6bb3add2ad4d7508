/** The decoders of `src/mvcc` for the fuzzer. What lies in a store reaches them after its checksums; the fuzzer does not wait for that. */
import { ByteReader, ByteWriter, crc32 } from '../../src/base/index.ts';
import { decodeEvent, encodeEvent } from '../../src/mvcc/event.ts';
import { decodeHead, encodeHead } from '../../src/mvcc/head.ts';
import {
  decodeCommand,
  decodeReply,
  decodeWatchItem,
  decodeWatchQuery,
  encodeWatchEvents,
  encodeWatchMark,
  encodeWatchQuery,
  initialLimits,
  readSnapshotClaim,
  SnapshotRestore,
} from '../../src/mvcc/index.ts';
import { decodeKeyValue, encodeKeyValue } from '../../src/mvcc/key-value.ts';
import { decodeLimits, encodeLimits } from '../../src/mvcc/limits.ts';
import {
  decodePasswordHash,
  decodeSecurityChange,
  decodeSecurityTable,
  encodePasswordHash,
  encodeSecurityChange,
  encodeSecurityTable,
  type SecurityChange,
} from '../../src/mvcc/security-format.ts';
import { decodeState, encodeState, StoreState } from '../../src/mvcc/state.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';
import { add, append, bare, bytes, Driver, del, encode, everything, get, prefix, put } from './commands.ts';

const head = {
  revision: 500,
  position: 3,
  createRevision: 400,
  version: 12,
  lease: 77,
  milestone: { revision: 450, position: 0 },
  distance: 5,
};
const event = {
  ...head,
  kind: 'put' as const,
  key: bytes('key'),
  value: bytes('value'),
  previous: { revision: 480, position: 1 },
};

const right = { access: 'read-write', prefix: bytes('config/') } as const;
const securityChanges: readonly SecurityChange[] = [
  { action: 'enable' },
  { action: 'user-add', name: 'alice', password: password() },
  { action: 'user-grant', name: 'alice', role: 'writer' },
  { action: 'role-grant', name: 'writer', ...right },
];
const securityTable = {
  isOn: true,
  roles: [{ name: 'writer', permissions: [right] }],
  users: [{ name: 'alice', credential: 2 ** 40, password: password(), roles: ['writer', 'root'] }],
};

function password(): Uint8Array {
  const salt = new Uint8Array(16).fill(1);
  return encodePasswordHash({ costLog: 15, blockSize: 8, parallel: 1, salt, hash: new Uint8Array(32) });
}

function written(write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(64);
  write(writer);
  return writer.copy();
}

const transaction = {
  kind: 'transaction',
  compares: [
    { target: 'value', range: prefix('a'), operator: 'less', value: bytes('v') },
    { target: 'version', range: prefix('b'), operator: 'equal', number: 3 },
    { target: 'absent', range: everything },
    { target: 'lease-live', lease: 5 },
  ],
  onSuccess: [put('a', '1', { wantPrevious: true }), get(everything)],
  onFailure: [del(prefix('a'), true)],
} as const;

const secondTransaction = {
  ...transaction,
  onSuccess: [
    append('q/', 'v', { suffix: bytes('-s'), lease: 5 }),
    add('n', -7, { least: -9, most: 2 ** 40 }),
  ],
} as const;

function commands(): Uint8Array[] {
  const bodies = [
    put('key', 'value', { lease: 9, wantPrevious: true }),
    del(prefix('k'), true),
    get(everything, { limit: 5, order: 'modify-revision', descending: true, content: 'keys' }),
    transaction,
    append('q/', 'v'),
    add('n', 3, { lease: 7, least: 0 }),
    secondTransaction,
    { kind: 'lease-grant', lease: 0, ttlMs: 1_000, session: 4 },
    { kind: 'lease-expire', leases: [{ lease: 1, renewals: 2 }] },
    { kind: 'lease-checkpoint', leases: [{ lease: 1, renewals: 2, remainingMs: 500 }] },
    { kind: 'session-open', ttlMs: 5_000 },
    { kind: 'compact', revision: 9 },
    { kind: 'configure', limits: initialLimits },
  ] as const;
  const fenced = encode({
    session: { session: 5, request: 8, acknowledged: 6 },
    fences: [{ holder: 'elsewhere', key: bytes('lock'), token: 2 ** 40 }],
    body: put('a', 'b'),
  });
  return [...bodies.map((body) => encode(bare(body))), fenced];
}

function replies(): Uint8Array[] {
  const driver = new Driver();
  const bodies = [
    put('a', '1'),
    put('a', '2', { wantPrevious: true }),
    put('b', '3'),
    get(everything),
    transaction,
    del(prefix('a'), true),
    append('q/', 'v'),
    add('n', -3),
    add('n', 9, { most: 5 }),
    { ...secondTransaction, compares: [], onSuccess: [append('q/'), add('n', -7)] },
    put(''),
    { kind: 'session-open', ttlMs: 5_000 },
    { kind: 'compact', revision: 1 },
  ] as const;
  return bodies.map((body) => {
    driver.send(body);
    return driver.last?.reply.slice() as Uint8Array;
  });
}

/** The chunk of a snapshot of a small store, with a checksum of its own in front. */
function snapshot(): Uint8Array[] {
  const driver = new Driver();
  const session = driver.openSession();
  for (let turn = 0; turn < 8; turn += 1) driver.send(put(`k${turn % 3}`, `${turn}`, { lease: session }));
  const reading = driver.store.snapshot({ chunkBytes: 1 << 20 });
  const chunk = reading.next() as Uint8Array;
  reading.close();
  return [chunk.slice()];
}

export const mvccDecoders: readonly Decoder[] = [
  {
    name: 'mvcc/command-decoding.ts decodeCommand',
    valid: commands,
    decode: decodeCommand,
    refusals: byteRefusals,
  },
  { name: 'mvcc/replies.ts decodeReply', valid: replies, decode: decodeReply, refusals: byteRefusals },
  {
    name: 'mvcc/watch-format.ts decodeWatchQuery',
    valid: () => [
      encodeWatchQuery({ range: prefix('a'), from: 2 ** 40, wantPrevious: true, wantProgress: true }),
      encodeWatchQuery({
        range: { start: bytes('a'), end: undefined },
        from: 0,
        wantPrevious: false,
        wantProgress: false,
      }),
    ],
    decode: decodeWatchQuery,
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/watch-format.ts decodeWatchItem',
    valid: () => [
      encodeWatchMark('started', 5),
      encodeWatchMark('progress', 2 ** 45),
      written((writer) =>
        encodeWatchEvents(writer, [
          { event, previous: undefined },
          { event, previous: event },
        ]),
      ),
    ],
    decode: decodeWatchItem,
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/event.ts decodeEvent',
    also: ['mvcc/head.ts decodeChain', 'mvcc/head.ts decodePosition'],
    valid: () => [
      written((writer) => encodeEvent(writer, event)),
      written((writer) => encodeEvent(writer, { ...event, kind: 'expired', value: new Uint8Array(0) })),
    ],
    decode: (damaged) => decodeEvent(damaged, 500, 3),
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/head.ts decodeHead',
    valid: () => [written((writer) => encodeHead(writer, head))],
    decode: decodeHead,
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/key-value.ts decodeKeyValue',
    valid: () => [written((writer) => encodeKeyValue(writer, bytes('key'), bytes('value'), head))],
    decode: (damaged) => decodeKeyValue(new ByteReader(damaged, 'key and value')),
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/limits.ts decodeLimits',
    valid: () => [written((writer) => encodeLimits(writer, initialLimits))],
    decode: (damaged) => decodeLimits(new ByteReader(damaged, 'limits')),
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/state.ts decodeState',
    valid: () => [written((writer) => encodeState(writer, new StoreState()))],
    decode: decodeState,
    refusals: byteRefusals,
    reseal: (damaged) => {
      if (damaged.length < 4) return;
      const view = new DataView(damaged.buffer, damaged.byteOffset, damaged.byteLength);
      view.setUint32(damaged.length - 4, crc32(damaged.subarray(0, -4)), true);
    },
  },
  {
    name: 'mvcc/snapshot.ts SnapshotRestore',
    valid: snapshot,
    decode: (damaged) => {
      const restore = new SnapshotRestore(new MemoryOrderedStore());
      restore.accept(damaged);
      restore.finish();
    },
    refusals: [...byteRefusals, 'state-damaged'],
    reseal: (damaged) => {
      if (damaged.length < 4) return;
      const view = new DataView(damaged.buffer, damaged.byteOffset, damaged.byteLength);
      view.setUint32(0, crc32(damaged.subarray(4)), true);
    },
  },
  {
    name: 'mvcc/snapshot.ts readSnapshotClaim',
    valid: snapshot,
    decode: readSnapshotClaim,
    refusals: byteRefusals,
    reseal: (damaged) => {
      if (damaged.length < 4) return;
      const view = new DataView(damaged.buffer, damaged.byteOffset, damaged.byteLength);
      view.setUint32(0, crc32(damaged.subarray(4)), true);
    },
  },
  {
    name: 'mvcc/security-format.ts decodeSecurityChange',
    valid: () => securityChanges.map((change) => written((writer) => encodeSecurityChange(writer, change))),
    decode: (damaged) => decodeSecurityChange(new ByteReader(damaged, 'change')),
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/security-format.ts decodeSecurityTable',
    valid: () => [encodeSecurityTable(securityTable, true), encodeSecurityTable(securityTable, false)],
    decode: decodeSecurityTable,
    refusals: byteRefusals,
  },
  {
    name: 'mvcc/security-format.ts decodePasswordHash',
    valid: () => [password()],
    decode: decodePasswordHash,
    refusals: [],
  },
];
