/**
 * Bytes from strangers and from disks. A command that makes no sense is answered as such, the same on every
 * member, and changes nothing; a reply or a snapshot that makes no sense is an error with a code. Nothing
 * crashes, hangs or takes memory that the bytes have not paid for.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteWriter, crc32, isQuorateError } from '../../src/base/index.ts';
import {
  type CommandBody,
  decodeCommand,
  decodeReply,
  initialLimits,
  isInternalCommand,
  RevisionedStore,
  SnapshotRestore,
} from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { bare, Driver, del, encode, everything, get, prefix, put } from './commands.ts';
import { Model } from './model.ts';
import { drawnCommand, resolve } from './random-commands.ts';

const someStore = fc.array(drawnCommand, { minLength: 1, maxLength: 30, size: 'max' });

/** Changes to bytes as damage and malice make them. */
const damage = fc.array(
  fc.record({ at: fc.nat(10_000), to: fc.nat(255), how: fc.constantFrom('set', 'cut', 'grow', 'huge') }),
  { minLength: 1, maxLength: 4 },
);
type Damage = typeof damage extends fc.Arbitrary<infer Drawn> ? Drawn : never;

function damaged(bytes: Uint8Array, changes: Damage): Uint8Array {
  let result: Uint8Array = bytes.slice();
  for (const { at, to, how } of changes) {
    const place = at % Math.max(1, result.length);
    if (how === 'set') result[place] = to;
    else if (how === 'cut') result = result.slice(0, place);
    else if (how === 'grow') result = Uint8Array.from([...result, to]);
    else result.set(Uint8Array.of(0xff, 0xff, 0xff, 0x7f).subarray(0, result.length - place), place);
  }
  return result;
}

test('garbage and damaged commands are answered alike by all members, and change nothing they do not say', () => {
  fc.assert(
    fc.property(someStore, fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), damage)), (drawn, hostile) => {
      const model = new Model();
      const [one, two] = [new Driver(), new Driver()];
      const commands = drawn.map((step, index) => {
        const command = resolve(step, model);
        model.apply(index + 1, command);
        return encode(command);
      });
      for (const [index, [garbage, changes]] of hostile.entries()) {
        const valid = commands[index % commands.length] as Uint8Array;
        commands.push(garbage, damaged(valid, changes), Uint8Array.from([1, 4, 0, ...garbage]));
      }
      for (const [index, command] of commands.entries()) {
        const applied = one.store.apply(index + 1, command);
        const reply = applied.reply.slice();
        decodeReply(reply);
        assert.deepEqual(two.store.apply(index + 1, command.slice()).reply, reply);
        assert.equal(one.store.stateHash(), two.store.stateHash());
        decodeReply(one.store.read(command));
      }
    }),
    { numRuns: 300 },
  );
});

test('a malformed command is refused with the place of its fault', () => {
  const driver = new Driver();
  driver.send(put('a', '1'));
  const hash = driver.store.stateHash();
  const whole = encode(bare(put('a', '2')));
  const wrong: readonly Uint8Array[] = [
    new Uint8Array(0),
    Uint8Array.of(9, 1, 0),
    Uint8Array.of(1, 200, 0),
    whole.subarray(0, whole.length - 1),
    Uint8Array.from([...whole, 0]),
    encode(bare(put('', 'an empty key'))),
    Uint8Array.of(1, 4, 0, 0xff, 0xff, 0xff, 0xff, 0x0f),
  ];
  for (const [index, bytes] of wrong.entries()) {
    const { body } = decodeReply(driver.store.apply(2 + index, bytes).reply);
    assert.equal(body.kind === 'refused' && body.refusal.code, 'malformed-bytes');
  }
  assert.equal(driver.store.stateHash(), hash);
});

test('what only the member that leads may send can be told from the first bytes', () => {
  const internal: readonly CommandBody[] = [
    { kind: 'lease-expire', leases: [] },
    { kind: 'lease-checkpoint', leases: [] },
  ];
  const forClients: readonly CommandBody[] = [
    { kind: 'compact', revision: 1 },
    { kind: 'collect', events: 1 },
    { kind: 'configure', limits: initialLimits },
    put('a'),
    get('a'),
    del('a'),
    { kind: 'transaction', compares: [], onSuccess: [], onFailure: [] },
    { kind: 'lease-grant', lease: 0, ttlMs: 1, session: 0 },
    { kind: 'lease-keep-alive', lease: 1 },
    { kind: 'lease-revoke', lease: 1 },
    { kind: 'session-open', ttlMs: 1 },
    { kind: 'session-close', session: 1 },
  ];
  for (const body of internal) assert.equal(isInternalCommand(encode(bare(body))), true, body.kind);
  for (const body of forClients) assert.equal(isInternalCommand(encode(bare(body))), false, body.kind);
  assert.equal(isInternalCommand(new Uint8Array(0)), false);
});

test('a command that names a session in advance of its own number is malformed', () => {
  const driver = new Driver();
  const session = driver.openSession();
  const bytes = encode({ session: { session, request: 9, acknowledged: 8 }, fences: [], body: put('a') });
  const ahead = bytes.slice();
  ahead[5] = 9;
  const { body } = decodeReply(driver.store.apply(driver.index + 1, ahead).reply);
  assert.equal(body.kind === 'refused' && body.refusal.code, 'malformed-bytes');
});

test('a command survives its own encoding, whatever it is', () => {
  fc.assert(
    fc.property(someStore, (drawn) => {
      const model = new Model();
      for (const [index, step] of drawn.entries()) {
        const command = resolve(step, model);
        const bytes = encode(command);
        assert.deepEqual(encode(decodeCommand(bytes)), bytes);
        model.apply(index + 1, command);
      }
    }),
    { numRuns: 50 },
  );
});

test('damaged replies are errors with a code', () => {
  const driver = new Driver();
  for (const name of ['a', 'b', 'c']) driver.send(put(name, 'value'));
  const bodies = [get(everything), del(prefix('a'), true), put('b', '2', { wantPrevious: true })];
  const transaction = {
    kind: 'transaction',
    compares: [],
    onSuccess: bodies.slice(0, 1),
    onFailure: [],
  } as const;
  const replies = [...bodies, transaction].map((body) => {
    driver.send(body);
    return driver.last?.reply.slice() as Uint8Array;
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...replies),
      damage,
      fc.uint8Array({ maxLength: 40 }),
      (reply, changes, garbage) => {
        for (const bytes of [damaged(reply, changes), garbage]) mayRefuse(() => decodeReply(bytes));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a damaged snapshot is never taken for a whole one, even when its checksum was made to fit', () => {
  const driver = new Driver();
  const session = driver.openSession();
  for (let turn = 0; turn < 20; turn += 1) {
    driver.send(put(`k${turn % 7}`, `${turn}`, { lease: turn % 2 === 0 ? session : 0 }), {
      session: { session, request: turn + 1, acknowledged: Math.max(0, turn - 3) },
      fences: [{ holder: 'elsewhere', key: Uint8Array.of(1), token: turn }],
    });
  }
  driver.send(del(prefix('k1')));
  const chunks: Uint8Array[] = [];
  const snapshot = driver.store.snapshot({ chunkBytes: 200 });
  for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) chunks.push(chunk);
  assert.ok(chunks.length > 3);

  fc.assert(
    fc.property(fc.nat(chunks.length - 1), damage, fc.boolean(), (which, changes, fits) => {
      const sent: Uint8Array[] = chunks.map((chunk) => chunk.slice());
      const wrong = damaged(sent[which] as Uint8Array, changes);
      if (fits && wrong.length > 4) new DataView(wrong.buffer).setUint32(0, crc32(wrong.subarray(4)), true);
      sent[which] = wrong;
      const same = Buffer.from(wrong).equals(chunks[which] as Uint8Array);
      assert.equal(
        mayRefuse(() => restoreAll(sent)),
        same,
      );
    }),
    { numRuns: 1_500 },
  );
});

test('a snapshot with a chunk missing, doubled or out of turn is refused', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 30; turn += 1) driver.send(put(`k${turn}`, 'value'));
  const chunks: Uint8Array[] = [];
  const snapshot = driver.store.snapshot({ chunkBytes: 100 });
  for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) chunks.push(chunk);
  const [first, second] = chunks as [Uint8Array, Uint8Array];
  for (const sent of [
    [],
    chunks.slice(1),
    chunks.slice(0, -1),
    chunks.toSpliced(2, 1),
    [first, first, ...chunks.slice(1)],
    [second, first, ...chunks.slice(2)],
    [...chunks, chunks.at(-1) as Uint8Array],
  ]) {
    assert.equal(
      mayRefuse(() => restoreAll(sent)),
      false,
    );
  }
  assert.equal(
    mayRefuse(() => restoreAll(chunks)),
    true,
  );
});

test('a store that holds records but not what they belong to is not opened', () => {
  const ordered = new MemoryOrderedStore();
  const store = new RevisionedStore(ordered);
  store.apply(1, encode(bare(put('a'))));
  assert.throws(() => new RevisionedStore(ordered), { code: 'state-damaged' });
  store.prepareCommit();
  assert.equal(new RevisionedStore(ordered).revision, 1);
});

test('32 · a store that was committed without being prepared for it is not opened', async () => {
  const ordered = new MemoryOrderedStore();
  const store = new RevisionedStore(ordered);
  store.apply(1, encode(bare(put('a'))));
  await ordered.commit(store.prepareCommit());
  store.apply(2, encode(bare(put('b'))));
  await ordered.commit(2);
  assert.throws(() => new RevisionedStore(ordered), { code: 'state-damaged' });
  await ordered.commit(store.prepareCommit());
  assert.equal(new RevisionedStore(ordered).revision, 2);
});

test('a store whose leases or answers are not those that it was committed with is not opened', () => {
  const renewalsOfLease = { table: 4, at: -1 };
  const byteOfAnswer = { table: 6, at: 4 };
  for (const { table, at } of [renewalsOfLease, byteOfAnswer]) {
    const ordered = new MemoryOrderedStore();
    const driver = new Driver(new RevisionedStore(ordered));
    const session = driver.openSession();
    driver.send(put('a'), { session: { session, request: 1, acknowledged: 0 } });
    driver.store.prepareCommit();
    const cursor = ordered.scan({ start: Uint8Array.of(table), end: Uint8Array.of(table + 1) });
    assert.equal(cursor.next(), true);
    const [key, value] = [cursor.key.slice(), cursor.value.slice()];
    assert.equal(new RevisionedStore(ordered).revision, 1);
    const place = at < 0 ? value.length + at : at;
    value[place] = (value[place] as number) ^ 1;
    ordered.put(key, value);
    assert.throws(() => new RevisionedStore(ordered), { code: 'state-damaged' });
  }
});

test('a snapshot of which only a part has come cannot be opened', () => {
  const driver = new Driver();
  for (let turn = 0; turn < 30; turn += 1) driver.send(put(`k${turn}`, 'value'));
  const ordered = new MemoryOrderedStore();
  const restore = new SnapshotRestore(ordered);
  const snapshot = driver.store.snapshot({ chunkBytes: 500 });
  restore.accept(snapshot.next() as Uint8Array);
  snapshot.close();
  assert.throws(() => new RevisionedStore(ordered), { code: 'state-damaged' });
});

function restoreAll(chunks: readonly Uint8Array[]): void {
  const restore = new SnapshotRestore(new MemoryOrderedStore());
  for (const chunk of chunks) restore.accept(chunk);
  restore.finish();
}

/** Whether it went well; anything but an error with a code fails the test. */
function mayRefuse(act: () => void): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (isQuorateError(error)) return false;
    throw error;
  }
}

test('a varint of a length beyond the bytes costs no memory', () => {
  const writer = new ByteWriter(16);
  writer.u8(1);
  writer.u8(64);
  writer.u8(0);
  writer.varint(2 ** 50);
  const { body } = decodeReply(new Driver().store.apply(1, writer.copy()).reply);
  assert.equal(body.kind === 'refused' && body.refusal.code, 'malformed-bytes');
});
