/** What single members of a real etcd do to whoever talks to them: they die, stand still, fill up, lose what they held. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openEtcd } from '../../src/engines/etcd/index.ts';
import type { Engine, Operation, WatchBatch } from '../../src/engines/port/index.ts';
import { outputOf } from '../../tools/peers/index.ts';
import { startedEtcd, urlOf } from './etcd/servers.ts';

const members = await startedEtcd({ port: 17_110, words: ['--quota-backend-bytes', '16777216'] });
const value = new TextEncoder().encode('x');

function addressOf(place: number): string {
  const { host, port } = members.endpoints[place] as (typeof members.endpoints)[number];
  return `${host}:${port}`;
}

/** That it begins with this member. */
function urlFrom(place: number): string {
  return `etcd://${[0, 1, 2].map((step) => addressOf((place + step) % 3)).join(',')}`;
}

async function placeOfLeader(): Promise<number> {
  const { port } = await members.leader();
  return members.endpoints.findIndex((one) => one.port === port);
}

async function etcdctl(...words: readonly string[]): Promise<string> {
  const output = await outputOf('etcdctl', ['--endpoints', addressOf(0), ...words]);
  assert.ok(output !== undefined, `etcdctl ${words.join(' ')}`);
  return output;
}

function put(key: string): Operation {
  return { kind: 'put', key, value };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(10);
}

/** Takes no notice of the batch before. */
async function batchWith(watch: AsyncIterator<WatchBatch>, key: string): Promise<WatchBatch> {
  while (true) {
    const { value: batch } = await watch.next();
    const keys = batch.kind === 'present' ? batch.items : batch.events;
    if (keys.some((one: { readonly key: string }) => one.key === key)) return batch;
  }
}

test('a session and a watch outlive the member that they talk to, standing still', async () => {
  const place = ((await placeOfLeader()) + 1) % 3;
  await using engine = await openEtcd(urlFrom(place));
  await using other = await openEtcd(urlFrom((place + 1) % 3));
  const session = await engine.session({ ttlMs: 6_000 });
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  const watch = engine.watch({ directory: 'frozen' });
  await watch.next();
  const beganMs = performance.now();
  process.kill(members.pid(place), 'SIGSTOP');
  try {
    await other.transact({ operations: [put('frozen/a')] });
    await batchWith(watch, 'frozen/a');
    await until(() => performance.now() - beganMs > 1.2 * session.ttlMs);
    assert.ok(session.isLive, states.join());
    assert.notEqual(session.state, 'suspended');
  } finally {
    process.kill(members.pid(place), 'SIGCONT');
    await watch.return();
  }
});

test('a session and a watch outlive the death of the leader that they talk to', async () => {
  const place = await placeOfLeader();
  await using engine = await openEtcd(urlFrom(place));
  const session = await engine.session({ ttlMs: 10_000 });
  const append = {
    kind: 'append',
    directory: 'dead',
    label: 'lock',
    id: 'abcdefgh',
    value,
    session,
  } as const;
  const [appended] = resultsOf(await engine.transact({ operations: [append] }));
  const watch = engine.watch({ directory: 'dead' });
  await watch.next();
  process.kill(members.pid(place), 'SIGKILL');
  await members.stop(place);
  const deadline = '20s';
  const again = resultsOf(await engine.transact({ operations: [append], deadline }));
  assert.deepEqual(again, [appended], 'it is found, and not made twice');
  const second = { ...append, id: 'hgfedcba' };
  await engine.transact({ operations: [second], deadline });
  const batch = await batchWith(watch, 'dead/lock-hgfedcba');
  assert.equal(batch.kind, 'changes', 'nothing was missed');
  assert.equal(session.isLive, true);
  await watch.return();
  members.start(place);
  await members.leader();
});

test('a watch whose history was compacted begins anew with what is there', async () => {
  await using engine = await openEtcd(urlOf(members));
  await engine.transact({ operations: [put('compacted/a')] });
  const { mark } = await engine.list('compacted');
  assert.ok(mark !== undefined);
  await engine.transact({ operations: [put('compacted/b')] });
  await engine.transact({ operations: [{ kind: 'delete', key: 'compacted/a' }] });
  const now = (await engine.list('compacted')).mark;
  await etcdctl('compaction', String(now));
  const watch = engine.watch({ directory: 'compacted' }, { from: mark });
  const { value: batch } = await watch.next();
  assert.ok(batch?.kind === 'present');
  assert.deepEqual(
    batch.items.map(({ key }) => key),
    ['compacted/b'],
  );
  await engine.transact({ operations: [put('compacted/c')] });
  const { value: change } = await watch.next();
  assert.equal(change?.kind, 'changes');
  await watch.return();
});

test('a session whose lease was revoked by somebody else is over with the next request within it', async () => {
  await using engine = await openEtcd(urlOf(members));
  const session = await engine.session({ ttlMs: 60_000 });
  await etcdctl('lease', 'revoke', session.id);
  const operations = [{ ...put('revoked/a'), session }] as Operation[];
  await assert.rejects(engine.transact({ operations }), { code: 'session-expired', outcome: 'not-applied' });
  assert.deepEqual([session.isLive, session.state], [false, 'lost']);
});

test('a session whose lease is gone is over with its next renewal', async () => {
  await using engine = await openEtcd(urlOf(members));
  const session = await engine.session({ ttlMs: 2_000 });
  await etcdctl('lease', 'revoke', session.id);
  await until(() => session.over.aborted);
  assert.match(String(session.over.reason), /the server has ended it/);
});

test('nobody there: every way to ask says so in time, and that nothing was sent', async () => {
  await assert.rejects(openEtcd('etcd://127.0.0.1:17149', { deadline: '400ms' }), {
    code: 'engine-unreachable',
    outcome: 'not-applied',
    message: /127\.0\.0\.1:17149.*ECONNREFUSED/,
  });
});

test('another protocol at the address is told within the deadline', async () => {
  const other = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end("-ERR unknown command 'PRI'\r\n"));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  other.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = other.address() as AddressInfo;
  await assert.rejects(openEtcd(`etcd://127.0.0.1:${port}`), { code: 'engine-protocol' });
  await assert.rejects(
    openEtcd(`etcds://${addressOf(0)}`),
    { code: 'engine-protocol' },
    'TLS to a plain server',
  );
  other.close();
});

test('a member that is down is left for one that is not', async () => {
  await members.stop(2);
  try {
    await using engine = await openEtcd(urlFrom(2));
    await engine.transact({ operations: [put('left/a')] });
  } finally {
    members.start(2);
    await members.leader();
  }
});

test('without a majority, calls end at their deadline, and go on when there is one again', async () => {
  await using engine = await openEtcd(urlOf(members));
  const isLate = ({ code }: { readonly code: string }): boolean =>
    ['engine-unreachable', 'deadline-exceeded'].includes(code);
  await Promise.all([members.stop(1), members.stop(2)]);
  try {
    await assert.rejects(engine.transact({ operations: [put('alone/a')], deadline: '1s' }), isLate);
    const read = engine.get('alone/a', { deadline: '1s' });
    await assert.rejects(read, (error: { readonly code: string; readonly outcome: string }) => {
      assert.equal(error.outcome, 'not-applied', 'a read leaves no doubt');
      return isLate(error);
    });
  } finally {
    members.start(1);
    members.start(2);
    await members.leader();
  }
  await engine.transact({ operations: [put('alone/b')], deadline: '20s' });
});

test('asked for a password, it says so; with one it goes on; with a wrong one it says so', async () => {
  await etcdctl('user', 'add', 'root:secret');
  await etcdctl('user', 'grant-role', 'root', 'root');
  await etcdctl('auth', 'enable');
  try {
    await assert.rejects(openEtcd(urlOf(members)), { code: 'engine-unauthenticated' });
    await assert.rejects(openEtcd(urlOf(members), { user: 'root', password: 'wrong' }), {
      code: 'engine-unauthenticated',
    });
    await using engine = await openEtcd(urlOf(members), { user: 'root', password: 'secret' });
    await engine.transact({ operations: [put('secured/a')] });
    const watch = engine.watch({ directory: 'secured' });
    assert.equal((await watch.next()).value?.kind, 'present');
    // Changes to users make every token void; the next call logs in again, and so does the watch.
    await etcdctl('--user', 'root:secret', 'user', 'add', 'other:secret');
    await engine.transact({ operations: [put('secured/b')] });
    assert.equal((await batchWith(watch, 'secured/b')).kind, 'changes');
    await watch.return();
  } finally {
    await etcdctl('--user', 'root:secret', 'auth', 'disable');
  }
});

test('a server that is full says so, and serves again when there is room', async () => {
  await using engine = await openEtcd(urlOf(members));
  const large = new Uint8Array(1 << 20);
  const fill = async (): Promise<void> => {
    for (let at = 0; at < 40; at += 1)
      await engine.transact({ operations: [{ kind: 'put', key: 'full/a', value: large }], deadline: '20s' });
  };
  await assert.rejects(fill(), { code: 'engine-full', outcome: 'not-applied' });
  await engine.transact({ operations: [{ kind: 'delete', key: 'full/a' }] });
  const { mark } = await engine.list('full');
  await etcdctl('compaction', String(mark));
  for (const place of [0, 1, 2]) await outputOf('etcdctl', ['--endpoints', addressOf(place), 'defrag']);
  await etcdctl('alarm', 'disarm');
  await engine.transact({ operations: [put('full/b')] });
});

test('an etcd that comes back with nothing is found out by everybody who had relied on it', async () => {
  await using engine = await openEtcd(urlOf(members));
  const session = await engine.session({ ttlMs: 60_000 });
  const watch = engine.watch({ directory: 'lost' });
  await watch.next();
  const waiting = assert.rejects(Promise.resolve(watch.next()), { code: 'engine-data-lost' });
  await engine.transact({ operations: [put('other/a')] });
  await Promise.all([0, 1, 2].map((place) => members.stop(place)));
  for (const place of [0, 1, 2]) rmSync(members.directoryOf(place), { recursive: true });
  for (const place of [0, 1, 2]) members.start(place);
  await members.leader();
  await waiting;
  await assert.rejects(engine.get('other/a'), { code: 'engine-data-lost' });
  assert.equal(session.isLive, false);
});

function resultsOf(answer: Awaited<ReturnType<Engine['transact']>>): unknown[] {
  assert.ok(answer.succeeded);
  return [...answer.results];
}
