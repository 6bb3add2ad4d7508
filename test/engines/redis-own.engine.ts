/** What is this engine's own on a real Redis: requests that are sent twice, expiry, marks, bounds, and a server that refuses. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Engine, EngineSession, Operation, Watch, WatchBatch } from '../../src/engines/port/index.ts';
import { openRedis } from '../../src/engines/redis/index.ts';
import { lineTo, ownServer } from './redis/servers.ts';
import { usedAndLeft } from './used-and-left.ts';

const server = await ownServer(17_161);
after(() => server[Symbol.asyncDispose]());

const text = new TextEncoder();
const utf8 = new TextDecoder();

test('an addition whose answer was lost is done once', async () => {
  await using line = await lineTo(server.port);
  await using engine = await openRedis(line.url);
  const key = 'once/counter';
  const sums: number[] = [];
  for (let at = 0; at < 12; at += 1) {
    if (at % 3 === 0) line.loseNextAnswer();
    const answer = await engine.transact({ operations: [{ kind: 'add', key, amount: 1 }] });
    const [result] = answer.succeeded ? answer.results : [];
    sums.push(result?.kind === 'add' ? result.after : Number.NaN);
  }
  assert.deepEqual(sums, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assert.equal(utf8.decode((await engine.get(key))?.value), '12');
});

test('a deletion whose answer was lost says that there was something', async () => {
  await using line = await lineTo(server.port);
  await using engine = await openRedis(line.url);
  await put(engine, 'once/a');
  line.loseNextAnswer();
  const answer = await engine.transact({ operations: [{ kind: 'delete', key: 'once/a' }] });
  assert.deepEqual(answer.succeeded && answer.results, [{ kind: 'delete', existed: true }]);
});

test('what is deleted and what went with its session leaves only what goes by itself', async () => {
  await using engine = await openRedis(server.url, { prefix: 'left/' });
  const { id } = await usedAndLeft(engine, 'used');
  const left = (await server.raw('KEYS', 'left/*')) as readonly string[];
  // The counter of revisions and who has led, which are two keys of the database, and who is to be told an answer once more.
  const lasting = left.filter((key) => !/>(?:state|servers|sessions|client\/.+)$/.test(key));
  assert.deepEqual(lasting.toSorted(), ['left/used/>events', 'left/used/>last']);
  for (const key of lasting) assert.ok(Number(await server.raw('PTTL', key)) > 0, key);
  const living = (await server.raw('ZRANGE', 'left/>sessions', '0', '-1')) as readonly string[];
  assert.deepEqual(
    living.filter((one) => one === id || !one.startsWith('c')),
    [],
  );
});

test('who waits hears of an expiry in time, though nobody writes', async () => {
  await using line = await lineTo(server.port);
  await using holder = await openRedis(line.url);
  await using engine = await openRedis(server.url);
  const session = await holder.session({ ttlMs: 300 });
  await put(holder, 'expiry/a', session);
  const watch = engine.watch({ key: 'expiry/a' });
  assert.equal(itemsOf(await next(watch)).length, 1);
  line.hold();
  assert.deepEqual(eventsOf(await next(watch)), [{ kind: 'expired', key: 'expiry/a' }]);
  assert.deepEqual([session.isLive, session.state], [false, 'lost'], 'its holder knew before');
  await watch.return();
});

test('who goes on from a mark hears of an expiry in time too, though nobody writes', async () => {
  await using line = await lineTo(server.port);
  await using holder = await openRedis(line.url);
  await using engine = await openRedis(server.url);
  const session = await holder.session({ ttlMs: 300 });
  await put(holder, 'expiry/b', session);
  const { mark = '' } = await engine.list('expiry');
  const watch = engine.watch({ key: 'expiry/b' }, { from: mark });
  line.hold();
  assert.deepEqual(eventsOf(await next(watch)), [{ kind: 'expired', key: 'expiry/b' }]);
  await watch.return();
});

test('a call that was too impatient costs nobody else the connection', async () => {
  await using engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 30_000 });
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  process.kill(server.pid, 'SIGSTOP');
  try {
    await assert.rejects(engine.get('hasty/a', { deadline: 20 }), { code: 'deadline-exceeded' });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await put(engine, 'hasty/a', session);
  assert.deepEqual(states, []);
});

test('a connection that is cut and made again costs no session its locks', async () => {
  await using line = await lineTo(server.port);
  await using engine = await openRedis(line.url);
  const session = await engine.session({ ttlMs: 60_000 });
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  line.lead(server.port);
  await put(engine, 'cut/a', session);
  assert.deepEqual([session.isLive, states], [true, []]);
});

test('closing waits no longer for a server that says nothing than a call does', async () => {
  await using line = await lineTo(server.port);
  const engine = await openRedis(line.url, { deadline: 300 });
  const session = await engine.session({ ttlMs: 86_400_000 });
  line.hold();
  await engine.close();
  assert.equal(session.state, 'lost');
});

test('what hung on a dead session is gone before anything else is seen or done', async () => {
  await using engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 60_000 });
  const first = await put(engine, 'dead/a', session);
  const { mark } = await engine.list('dead');
  await server.raw('ZADD', 'quorate/>sessions', '1', session.id);
  const answer = await engine.transact({
    when: [{ key: 'dead/a', is: 'absent' }],
    operations: [{ kind: 'put', key: 'dead/a', value: text.encode('new') }],
  });
  assert.ok(answer.succeeded && answer.results[0]?.kind === 'put' && answer.results[0].created > first);
  const watch = engine.watch({ directory: 'dead' }, { from: mark ?? '' });
  assert.deepEqual(eventsOf(await next(watch)), [{ kind: 'expired', key: 'dead/a' }]);
  assert.equal(eventsOf(await next(watch))[0]?.kind, 'put');
  await assert.rejects(put(engine, 'dead/b', session), { code: 'session-expired', outcome: 'not-applied' });
  await watch.return();
});

test('a mark goes on for as long as its changes are kept, and then begins anew', async () => {
  await using engine = await openRedis(server.url);
  await put(engine, 'marks/a');
  const { mark = '' } = await engine.list('marks');
  for (let left = 500; left > 0; left -= 100) await putMany(engine, 'marks/b', 100);
  const near = engine.watch({ directory: 'marks' }, { from: mark });
  assert.equal((await next(near)).kind, 'changes');
  await near.return();
  for (let left = 1_000; left > 0; left -= 100) await putMany(engine, 'marks/b', 100);
  const far = engine.watch({ directory: 'marks' }, { from: mark });
  assert.equal(itemsOf(await next(far)).length, 2);
  await far.return();
});

test('a mark of another database, or none at all, begins anew', async () => {
  await using engine = await openRedis(server.url);
  await put(engine, 'foreign/a');
  const { mark = '' } = await engine.list('foreign');
  const future = mark.replace(/\d+$/, '9007199254740991');
  for (const from of ['another.1', 'nonsense', '', future]) {
    const watch = engine.watch({ directory: 'foreign' }, { from });
    assert.equal(itemsOf(await next(watch)).length, 1);
    await watch.return();
  }
});

test('a mark whose stream has vanished begins anew, and hears what follows', async () => {
  await using engine = await openRedis(server.url);
  await put(engine, 'vanished/a');
  const { mark = '' } = await engine.list('vanished');
  await put(engine, 'vanished/b');
  await server.raw('DEL', 'quorate/vanished/>events', 'quorate/vanished/>last');
  const watch = engine.watch({ directory: 'vanished' }, { from: mark });
  assert.equal(itemsOf(await next(watch)).length, 2);
  await put(engine, 'vanished/c');
  assert.equal(eventsOf(await next(watch))[0]?.key, 'vanished/c');
  await watch.return();
});

test('a reader that does not come hears what is there, and not everything that happened', async () => {
  await using engine = await openRedis(server.url);
  const watch = engine.watch({ directory: 'slow' });
  await next(watch);
  const pace = engine.watch({ directory: 'slow' });
  await next(pace);
  for (let round = 0; round < 12; round += 1) {
    await putMany(engine, 'slow/a', 100);
    for (let left = 100; left > 0; left -= 1) assert.equal((await next(pace)).kind, 'changes');
  }
  assert.deepEqual(
    itemsOf(await next(watch)).map(({ value }) => utf8.decode(value)),
    ['99'],
  );
  await Promise.all([watch.return(), pace.return()]);
});

test('a counter is exact to its last number', async () => {
  await using engine = await openRedis(server.url);
  const most = Number.MAX_SAFE_INTEGER;
  const add = async (key: string, amount: number): Promise<unknown> => {
    const answer = await engine.transact({ operations: [{ kind: 'add', key, amount }] });
    return answer.succeeded ? answer.results[0] : answer.reason;
  };
  for (const [key, sign] of [
    ['exact/up', 1],
    ['exact/down', -1],
  ] as const) {
    const added = { kind: 'add', before: sign * (most - 1), after: sign * most };
    await add(key, sign * (most - 1));
    assert.deepEqual(await add(key, sign), added);
    assert.equal(await add(key, sign), 'bound');
    assert.equal(await add(key, sign * most), 'bound');
    assert.equal(utf8.decode((await engine.get(key))?.value), String(sign * most));
  }
});

test('a counter that holds no number is refused and stays', async () => {
  await using engine = await openRedis(server.url);
  await put(engine, 'no-counter/a');
  const adding = engine.transact({ operations: [{ kind: 'add', key: 'no-counter/a', amount: 1 }] });
  await assert.rejects(adding, { code: 'engine-failed', outcome: 'not-applied' });
  assert.equal(utf8.decode((await engine.get('no-counter/a'))?.value), 'x');
});

test('a server without memory takes nothing and gives back everything', async () => {
  await using full = await ownServer(17_162);
  await using engine = await openRedis(full.url);
  await put(engine, 'full/a');
  const session = await engine.session({ ttlMs: 60_000 });
  await put(engine, 'full/b', session);
  await full.raw('CONFIG', 'SET', 'maxmemory', '1');
  await assert.rejects(put(engine, 'full/c'), { code: 'engine-full', outcome: 'not-applied' });
  assert.equal((await engine.list('full')).items.length, 2);
  const deleted = await engine.transact({ operations: [{ kind: 'delete', key: 'full/a' }] });
  assert.equal(deleted.succeeded, true);
  await session.close();
  assert.deepEqual((await engine.list('full')).items, []);
  await full.raw('CONFIG', 'SET', 'maxmemory', '0');
  assert.ok((await put(engine, 'full/c')) > 0);
});

test('a key of another program is told as such, and nothing is done to it', async () => {
  await using engine = await openRedis(server.url);
  await server.raw('SET', 'quorate/theirs/a', 'text');
  await assert.rejects(put(engine, 'theirs/a'), { code: 'engine-failed', message: /WRONGTYPE.*prefix/ });
  assert.equal(String(await server.raw('GET', 'quorate/theirs/a')), 'text');
});

test('a server that forgets its scripts is told them again', async () => {
  await using engine = await openRedis(server.url);
  await put(engine, 'scripts/a');
  await server.raw('SCRIPT', 'FLUSH');
  assert.ok((await put(engine, 'scripts/a')) > 0);
});

test('a user with the rights that the page names can do everything, and one with less is told', async () => {
  const rights =
    '+evalsha +eval +script|load +info +xread +xadd +pexpire +time +hset +hget +hmget +hdel +hincrby +del ' +
    '+get +set +sadd +srem +smembers +xrange +zadd +zrem +zscore +zrange +zrangebyscore +zrevrangebyscore ' +
    '+lindex +lrange +rpush +ltrim';
  await server.raw('ACL', 'SETUSER', 'much', 'on', '>secret', '~quorate/*', ...rights.split(' '));
  await server.raw('ACL', 'SETUSER', 'little', 'on', '>secret', '~other/*', '+@all');
  await using engine = await openRedis(server.url.replace('//', '//much:secret@'));
  const session = await engine.session({ ttlMs: 60_000 });
  const watch = engine.watch({ directory: 'rights' });
  await next(watch);
  await put(engine, 'rights/a', session);
  assert.equal(eventsOf(await next(watch))[0]?.key, 'rights/a');
  assert.equal((await engine.list('rights', { descending: true })).items.length, 1);
  await session.close();
  assert.equal(eventsOf(await next(watch))[0]?.kind, 'deleted');
  await watch.return();
  const refused = { code: 'engine-unauthenticated' };
  await assert.rejects(openRedis(server.url.replace('//', '//little:secret@')), refused);
  await assert.rejects(openRedis(server.url.replace('//', '//much:wrong@')), refused);
});

test('two engines with prefixes of their own do not see each other', async () => {
  await using one = await openRedis(server.url, { prefix: 'one/' });
  await using two = await openRedis(server.url, { prefix: 'two/' });
  await put(one, 'a/b');
  assert.equal(await two.get('a/b'), undefined);
  assert.deepEqual((await two.list('a')).items, []);
});

async function put(engine: Engine, key: string, session?: EngineSession): Promise<number> {
  const operation: Operation = {
    ...{ kind: 'put', key, value: text.encode('x') },
    ...(session === undefined ? {} : { session }),
  };
  const answer = await engine.transact({ operations: [operation] });
  const [result] = answer.succeeded ? answer.results : [];
  assert.ok(result?.kind === 'put');
  return result.created;
}

async function putMany(engine: Engine, key: string, count: number): Promise<void> {
  const puts = Array.from({ length: count }, (_, at) =>
    engine.transact({ operations: [{ kind: 'put', key, value: text.encode(String(at)) }], deadline: '30s' }),
  );
  await Promise.all(puts);
}

async function next(watch: Watch): Promise<WatchBatch> {
  const { value } = await watch.next();
  assert.ok(value !== undefined);
  return value;
}

function itemsOf(batch: WatchBatch): Extract<WatchBatch, { kind: 'present' }>['items'] {
  assert.ok(batch.kind === 'present', `it begins anew, and does not bring ${batch.kind}`);
  return batch.items;
}

function eventsOf(batch: WatchBatch): Extract<WatchBatch, { kind: 'changes' }>['events'] {
  return batch.kind === 'changes' ? batch.events : [];
}
