/** Users, roles and what they may do: judged where a command is carried out, kept with the state, reached by no key. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import {
  type Access,
  auditState,
  type CommandBody,
  decodeCommand,
  decodePasswordHash,
  decodeReply,
  encodePasswordHash,
  inEnvelope,
  RevisionedStore,
  refusalError,
  type SecurityChange,
  SnapshotRestore,
} from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { add, append } from './commands.ts';
import type { Extra } from './security-scene.ts';
import {
  bytes,
  del,
  encoded,
  exists,
  get,
  hash,
  isRefused,
  leaseOf,
  nothing,
  outcome,
  put,
  range,
  Scene,
  txn,
} from './security-scene.ts';

interface Row {
  readonly name: string;
  readonly body: CommandBody;
  readonly extra?: Extra;
  readonly allowed: boolean;
}

/** For a user who may read `r/`, write `w/`, and do both in `b/` and, in two rights that adjoin, `m` and `n`. */
const rows: readonly Row[] = [
  { name: 'a key below its prefix', body: get(range('r/x')), allowed: true },
  { name: 'the prefix itself', body: get(range('r/')), allowed: true },
  { name: 'a key just before the prefix', body: get(range('r')), allowed: false },
  { name: 'a key just behind the prefix', body: get(range('r0')), allowed: false },
  { name: 'all of its prefix', body: get(range('r/', 'r0')), allowed: true },
  { name: 'one key more than its prefix', body: get(range('r/', 'r0\u0000')), allowed: false },
  { name: 'from just before its prefix', body: get(range('r.', 'r0')), allowed: false },
  { name: 'the whole of the keys', body: get(range('', '')), allowed: false },
  { name: 'from its prefix to the end of all', body: get(range('r/', '')), allowed: false },
  { name: 'an empty range of others', body: get(range('z', 'a')), allowed: true },
  { name: 'a range over two rights that adjoin', body: get(range('m', 'o')), allowed: true },
  { name: 'a range over two rights with a gap', body: get(range('b/', 'r0')), allowed: false },
  { name: 'reading what it may only write', body: get(range('w/x')), allowed: false },
  { name: 'a put where it may only read', body: put('r/x'), allowed: false },
  { name: 'a put where it may write', body: put('w/x'), allowed: true },
  { name: 'a put that tells what was there', body: put('w/x', { wantPrevious: true }), allowed: false },
  { name: 'the same where it may read too', body: put('b/x', { wantPrevious: true }), allowed: true },
  { name: 'an append where it may write', body: append('w/'), allowed: true },
  { name: 'an append to a part of its prefix', body: append('w/queue/'), allowed: true },
  { name: 'an append to less than its prefix', body: append('w'), allowed: false },
  { name: 'an append to no prefix at all', body: append(''), allowed: false },
  { name: 'an append where it may only read', body: append('r/'), allowed: false },
  { name: 'an append with a lease of others', body: append('w/', '', { lease: 900 }), allowed: false },
  { name: 'an add where it may read and write', body: add('b/x', 1), allowed: true },
  { name: 'an add tells what was there, so writing is not enough', body: add('w/x', 1), allowed: false },
  { name: 'nor is reading', body: add('r/x', 1), allowed: false },
  { name: 'an add with a lease of others', body: add('b/x', 1, { lease: 900 }), allowed: false },
  { name: 'an append in a transaction', body: txn([], [put('w/x'), append('w/')]), allowed: true },
  { name: 'one append of several', body: txn([], [append('w/'), append('r/')]), allowed: false },
  { name: 'a delete of its prefix', body: del(range('w/', 'w0')), allowed: true },
  { name: 'a delete of more than its prefix', body: del(range('w/', 'w1')), allowed: false },
  { name: 'a delete of everything', body: del(range('', '')), allowed: false },
  { name: 'a delete that tells what was there', body: del(range('w/', 'w0'), true), allowed: false },
  { name: 'a transaction within its rights', body: txn([exists(range('r/x'))], [put('w/x')]), allowed: true },
  {
    name: 'a compare of what it may not read',
    body: txn([exists(range('s'))], [put('w/x')]),
    allowed: false,
  },
  { name: 'a compare of what it may only write', body: txn([exists(range('w/x'))], []), allowed: false },
  { name: 'one put of several', body: txn([], [put('w/x'), put('r/x')]), allowed: false },
  { name: 'the branch that is not taken', body: txn([], [put('w/x')], [put('r/x')]), allowed: false },
  { name: 'a get in a transaction', body: txn([], [put('w/x'), get(range('w/x'))]), allowed: false },
  {
    name: 'a fence on what it may read',
    body: put('w/x'),
    extra: { fences: [{ holder: 'here', key: bytes('r/x'), token: 0 }] },
    allowed: true,
  },
  {
    name: 'a fence on what it may not read',
    body: put('w/x'),
    extra: { fences: [{ holder: 'here', key: bytes('s'), token: 0 }] },
    allowed: false,
  },
  {
    name: 'a fence elsewhere that would shut others out',
    body: put('w/x'),
    extra: { fences: [{ holder: 'elsewhere', key: bytes('r/lock'), token: 9 }] },
    allowed: false,
  },
  { name: 'a lease', body: { kind: 'lease-grant', lease: 0, ttlMs: 1000, session: 0 }, allowed: true },
  { name: 'a session', body: { kind: 'session-open', ttlMs: 1000 }, allowed: true },
  { name: 'the end of a lease of others', body: { kind: 'lease-revoke', lease: 900 }, allowed: false },
  {
    name: 'the renewal of a lease of others',
    body: { kind: 'lease-keep-alive', lease: 900 },
    allowed: false,
  },
  { name: 'a key with a lease of others', body: put('w/x', { lease: 900 }), allowed: false },
  { name: 'the end of a session of others', body: { kind: 'session-close', session: 901 }, allowed: false },
  {
    name: 'a request in a session of others',
    body: put('w/x'),
    extra: { session: { session: 901, request: 1, acknowledged: 0 } },
    allowed: false,
  },
  { name: 'a compaction', body: { kind: 'compact', revision: 1 }, allowed: false },
  { name: 'work of the collector', body: { kind: 'collect', events: 1 }, allowed: false },
  { name: 'a change of users', body: { kind: 'security', change: { action: 'disable' } }, allowed: false },
  { name: 'a look at users and roles', body: { kind: 'security-show' }, allowed: false },
  { name: 'what only a leader may send', body: { kind: 'lease-expire', leases: [] }, allowed: false },
];

function limitedUser(): Scene {
  const scene = new Scene().enabled().user('alice', [
    ['read', 'r/'],
    ['write', 'w/'],
    ['read-write', 'b/'],
    ['read-write', 'm'],
    ['read', 'n'],
  ]);
  scene.send('root', { kind: 'lease-grant', lease: 900, ttlMs: 1000, session: 0 });
  return scene;
}

for (const { name, body, extra, allowed } of rows) {
  test(`${name}: ${allowed ? 'allowed' : 'refused'} to a user, everything to root, nothing to nobody`, () => {
    const scene = limitedUser();
    const before = scene.store.stateHash();
    assert.equal(isRefused(scene.send('alice', body, extra)), !allowed);
    if (!allowed) assert.equal(scene.store.stateHash(), before, 'a refusal changes nothing');
    if (body.kind !== 'lease-expire')
      assert.equal(scene.send(undefined, body, extra), 'unauthenticated', 'nobody may do anything');
    assert.ok(!isRefused(scene.send('root', body, extra)));
  });
}

test('reads and watches are judged like commands', () => {
  const scene = limitedUser();
  assert.ok(!isRefused(scene.read('alice', get(range('r/', 'r0')))));
  assert.equal(scene.read('alice', get(range('r/', 'r1'))), 'permission-denied');
  assert.equal(scene.read(undefined, get(range('r/x'))), 'unauthenticated');
  const alice = scene.credential('alice');
  assert.equal(scene.store.watchRefusal(alice, range('r/', 'r0')), undefined);
  assert.equal(scene.store.watchRefusal(alice, range('w/x'))?.code, 'permission-denied');
  assert.equal(scene.store.watchRefusal(undefined, range('r/x'))?.code, 'unauthenticated');
});

test('a change of rights counts from its own place in the log on', () => {
  const scene = limitedUser();
  const { store } = scene;
  assert.ok(!isRefused(scene.send('alice', put('w/x'))));
  scene.change({ action: 'role-revoke', name: 'alice', access: 'write', prefix: bytes('w/') }, 'root');
  assert.equal(scene.send('alice', put('w/x')), 'permission-denied');
  scene.change({ action: 'user-revoke', name: 'alice', role: 'alice' }, 'root');
  assert.equal(scene.send('alice', get(range('r/x'))), 'permission-denied');
  const old = inEnvelope(scene.credential('alice'), encoded({ kind: 'session-open', ttlMs: 1000 }));
  scene.change({ action: 'user-password', name: 'alice', password: hash }, 'root');
  assert.equal(
    outcome(store.apply(store.appliedIndex + 1, old).reply),
    'unauthenticated',
    'an old credential',
  );
});

test('whoever opened a session or lease owns it, whatever happens to the password, and nobody else does', () => {
  const scene = limitedUser().user('bob', [['write', '']]);
  const session = leaseOf(scene.send('alice', { kind: 'session-open', ttlMs: 1000 }));
  const request = { session: { session, request: 1, acknowledged: 0 } };
  assert.ok(!isRefused(scene.send('alice', put('w/x'), request)));
  assert.equal(scene.send('bob', put('w/x'), request), 'permission-denied', "another's answers stay its own");
  assert.equal(scene.send('bob', { kind: 'lease-grant', lease: 0, ttlMs: 9, session }), 'permission-denied');
  scene.change({ action: 'user-password', name: 'alice', password: hash }, 'alice');
  assert.deepEqual(scene.send('alice', put('w/y', { lease: session })), {
    kind: 'put',
    previous: undefined,
    truncated: false,
  });
  assert.deepEqual(scene.send('alice', { kind: 'session-close', session }), { kind: 'done' });
  scene.store.prepareCommit();
  assert.deepEqual(auditState(scene.ordered), []);
});

test('what a user leaves behind is nobody’s, also not that of the next one with its name', () => {
  const scene = limitedUser().user('bob', [['write', '']]);
  const [left, kept] = ['alice', 'bob'].map((name) =>
    leaseOf(scene.send(name, { kind: 'session-open', ttlMs: 1000 })),
  ) as [number, number];
  scene.change({ action: 'user-remove', name: 'alice' }, 'root');
  scene.user('alice', [['read-write', '']]);
  assert.equal(scene.send('alice', put('x', { lease: left })), 'permission-denied');
  assert.equal(scene.send('alice', { kind: 'session-close', session: left }), 'permission-denied');
  assert.ok(!isRefused(scene.send('bob', put('x', { lease: kept }))));
  assert.deepEqual(scene.send('root', { kind: 'session-close', session: left }), { kind: 'done' });
  scene.store.prepareCommit();
  assert.deepEqual(auditState(scene.ordered), []);
});

test('nobody can be locked out', () => {
  const scene = new Scene();
  assert.equal(scene.change({ action: 'enable' }), 'security-refused');
  scene.change({ action: 'user-add', name: 'root', password: nothing });
  scene.change({ action: 'user-grant', name: 'root', role: 'root' });
  assert.equal(scene.change({ action: 'enable' }), 'security-refused', 'a certificate alone is no way in');
  scene.change({ action: 'user-password', name: 'root', password: hash });
  assert.deepEqual(scene.change({ action: 'enable' }), { kind: 'done' });
  for (const change of [
    { action: 'user-remove', name: 'root' },
    { action: 'user-revoke', name: 'root', role: 'root' },
    { action: 'user-password', name: 'root', password: nothing },
  ] as const)
    assert.equal(scene.change(change, 'root'), 'security-refused');
  assert.deepEqual(scene.change({ action: 'disable' }, 'root'), { kind: 'done' });
  assert.ok(!isRefused(scene.send(undefined, put('x'))));
});

test('changes of users and roles that make no sense are refused, and say why', () => {
  const scene = new Scene().enabled().user('alice', []);
  const lines: readonly (readonly [SecurityChange, RegExp])[] = [
    [{ action: 'user-add', name: 'alice', password: hash }, /there is a user with this name/],
    [{ action: 'user-add', name: 'bob', password: bytes('in the clear') }, /no hash that nodes take/],
    [{ action: 'user-remove', name: 'nobody' }, /no user with this name/],
    [{ action: 'user-grant', name: 'alice', role: 'nothing' }, /no role with this name/],
    [{ action: 'role-add', name: 'alice' }, /there is a role with this name/],
    [{ action: 'role-add', name: 'root' }, /built in/],
    [{ action: 'role-remove', name: 'nothing' }, /no role with this name/],
    [{ action: 'role-grant', name: 'alice', access: 'admin', prefix: bytes('a') }, /takes no prefix/],
  ];
  const before = scene.store.stateHash();
  for (const [change, says] of lines) {
    const request = inEnvelope(scene.credential('root'), encoded({ kind: 'security', change }));
    const { body } = decodeReply(scene.store.apply(scene.store.appliedIndex + 1, request).reply);
    assert.ok(body.kind === 'refused');
    assert.match(refusalError(body.refusal).message, says);
  }
  assert.equal(scene.store.stateHash(), before);
});

test('users, roles and owners are in the snapshot and the hash, and no key reaches them', () => {
  const scene = limitedUser();
  const session = leaseOf(scene.send('alice', { kind: 'session-open', ttlMs: 1000 }));
  const snapshot = scene.store.snapshot({ chunkBytes: 64 });
  const ordered = new MemoryOrderedStore();
  const restore = new SnapshotRestore(ordered);
  for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) restore.accept(chunk);
  restore.finish();
  assert.deepEqual(auditState(ordered), []);
  const restored = new RevisionedStore(ordered);
  assert.equal(restored.stateHash(), scene.store.stateHash());
  assert.deepEqual(restored.security.table, scene.store.security.table);
  const own = inEnvelope(scene.credential('alice'), encoded({ kind: 'session-close', session }));
  assert.deepEqual(outcome(restored.apply(restored.appliedIndex + 1, own).reply), { kind: 'done' });
  const everything = scene.read('root', get(range('', '')));
  assert.ok(typeof everything !== 'string' && everything.kind === 'get');
  assert.deepEqual(everything.entries, []);
  const shown = scene.read('root', { kind: 'security-show' });
  assert.ok(typeof shown !== 'string' && shown.kind === 'security');
  assert.deepEqual(
    shown.table.users.map(({ name, password }) => [name, password.length]),
    [
      ['root', 0],
      ['alice', 0],
    ],
  );
});

test('the state hash tells two tables apart, and comes back with the table', () => {
  const scene = new Scene();
  const before = scene.store.stateHash();
  scene.change({ action: 'role-add', name: 'a' });
  assert.notEqual(scene.store.stateHash(), before);
  const one = scene.store.stateHash();
  scene.change({ action: 'role-grant', name: 'a', access: 'read', prefix: bytes('x') });
  assert.notEqual(scene.store.stateHash(), one);
  scene.change({ action: 'role-revoke', name: 'a', access: 'read', prefix: bytes('x') });
  assert.equal(scene.store.stateHash(), one);
});

test('hashes that are weaker or dearer than they may be are no passwords', () => {
  const good = decodePasswordHash(hash);
  assert.ok(good !== undefined);
  for (const wrong of [
    { ...good, costLog: 13 },
    { ...good, costLog: 30 },
    { ...good, parallel: 99 },
    { ...good, blockSize: 255 },
    { ...good, salt: nothing },
    { ...good, hash: nothing },
  ])
    assert.equal(decodePasswordHash(encodePasswordHash(wrong)), undefined);
});

test('garbage where a change or an envelope should be is refused and harms nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(255), fc.nat(80), (garbage, to, at) => {
      const scene = new Scene().enabled();
      const before = scene.store.stateHash();
      const change = encoded({
        kind: 'security',
        change: { action: 'role-grant', name: 'r', access: 'read', prefix: bytes('p') },
      });
      const damaged = change.slice();
      damaged[at % damaged.length] = to;
      const hostile = [
        garbage,
        Uint8Array.from([1, 80, 0, ...garbage]),
        Uint8Array.from([0xfe, ...garbage]),
        damaged,
        inEnvelope(999, damaged),
      ];
      for (const command of hostile) {
        decodePasswordHash(command);
        const answer = outcome(scene.store.apply(scene.store.appliedIndex + 1, command).reply);
        assert.ok(typeof answer === 'string' || answer.kind === 'done', 'refused, or the leader’s own');
        try {
          decodeCommand(command);
        } catch (error) {
          assert.ok(isQuorateError(error));
        }
      }
      assert.equal(scene.store.stateHash(), before);
    }),
    { numRuns: 300 },
  );
});

test('a change of users and roles is read as it was written', () => {
  const name = fc.stringMatching(/^[!-~]{1,20}$/);
  const access = fc.constantFrom<Access>('read', 'write', 'read-write', 'admin');
  const change: fc.Arbitrary<SecurityChange> = fc.oneof(
    fc.record({ action: fc.constantFrom('enable' as const, 'disable' as const) }),
    fc.record({
      action: fc.constantFrom('user-add' as const, 'user-password' as const),
      name,
      password: fc.uint8Array(),
    }),
    fc.record({ action: fc.constant('user-remove' as const), name }),
    fc.record({ action: fc.constantFrom('user-grant' as const, 'user-revoke' as const), name, role: name }),
    fc.record({
      action: fc.constantFrom('role-grant' as const, 'role-revoke' as const),
      name,
      access,
      prefix: fc.uint8Array(),
    }),
  );
  fc.assert(
    fc.property(change, (drawn) => {
      const { body } = decodeCommand(encoded({ kind: 'security', change: drawn }));
      assert.ok(body.kind === 'security');
      assert.deepEqual(plain(body.change), plain(drawn));
    }),
  );
});

function plain(change: SecurityChange): unknown {
  return JSON.parse(JSON.stringify(change));
}

test('rights are the same where the bytes of a command came as a Buffer, whose slices are views', () => {
  const scene = new Scene().enabled();
  scene.change({ action: 'user-add', name: 'alice', password: hash }, 'root');
  scene.change({ action: 'role-add', name: 'r' }, 'root');
  scene.change({ action: 'user-grant', name: 'alice', role: 'r' }, 'root');
  const grant = encoded({
    kind: 'security',
    change: { action: 'role-grant', name: 'r', access: 'read', prefix: bytes('p/') },
  });
  const command = Buffer.from(inEnvelope(scene.credential('root'), grant));
  const before = Buffer.from(command).toString('hex');
  scene.store.apply(scene.store.appliedIndex + 1, command);
  assert.equal(command.toString('hex'), before, 'what the log holds is left alone');
  command.fill(0);
  assert.ok(!isRefused(scene.read('alice', get(range('p/', 'p0')))));
});
