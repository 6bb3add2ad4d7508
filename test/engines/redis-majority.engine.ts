/** The lock of a majority on three and on five real servers, of which some are killed and some stand still. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MajorityLocks, openMajorityLocks } from '../../src/engines/redis/index.ts';
import { type OwnServer, ownServer } from './redis/servers.ts';

test('who holds it keeps others out, until it is released', async () => {
  await using stage = await staged(17_170, 3);
  const [one, other] = [await stage.open(), await stage.open()];
  const held = await one.acquire(['orders', 'stock']);
  assert.equal(held.isHeld, true);
  await assert.rejects(other.acquire(['stock'], { wait: 0 }), { code: 'not-granted' });
  const waiting = other.acquire(['stock']);
  await held.release();
  assert.throws(() => held.assertHeld(), { code: 'not-held' });
  await using next = await waiting;
  assert.equal(next.isHeld, true);
});

test('one server of three may be gone, and one may stand still, but not both', async () => {
  await using stage = await staged(17_173, 3);
  const locks = await stage.open();
  const [first, second] = stage.servers;
  await first?.kill();
  await (await locks.acquire(['orders'])).release();
  process.kill(second?.pid ?? 0, 'SIGSTOP');
  await assert.rejects(locks.acquire(['orders'], { wait: 300, ttl: 400 }), { code: 'not-granted' });
  process.kill(second?.pid ?? 0, 'SIGCONT');
  await (await locks.acquire(['orders'])).release();
});

test('what a server was asked while it was away it does not grant to nobody when it is back', async () => {
  await using stage = await staged(17_193, 3);
  const locks = await stage.open();
  const [, second, third] = stage.servers;
  await third?.kill();
  await (await locks.acquire(['orders'], { ttl: 60_000 })).release();
  await third?.start();
  await second?.kill();
  await (await locks.acquire(['orders'], { ttl: 1_000, wait: 20_000 })).release();
});

test('who does not want it any more does not wait for servers that stand still', async () => {
  await using stage = await staged(17_196, 3);
  const locks = await stage.open();
  const standing = stage.servers.slice(1).map(({ pid }) => pid);
  for (const pid of standing) process.kill(pid, 'SIGSTOP');
  const wish = new AbortController();
  const acquiring = locks.acquire(['orders'], { ttl: 86_400_000, signal: wish.signal });
  wish.abort(new Error('no more'));
  await assert.rejects(acquiring, { message: 'no more' });
  for (const pid of standing) process.kill(pid, 'SIGCONT');
});

test('of five one is killed and one stands still, and one at a time is inside', async () => {
  await using stage = await staged(17_176, 5);
  const clients = await Promise.all(Array.from({ length: 4 }, () => stage.open()));
  await stage.servers[0]?.kill();
  process.kill(stage.servers[1]?.pid ?? 0, 'SIGSTOP');
  let inside = 0;
  let done = 0;
  const work = async (locks: MajorityLocks): Promise<void> => {
    for (let left = 5; left > 0; left -= 1) {
      await locks.using(['orders'], 20_000, async () => {
        inside += 1;
        assert.equal(inside, 1, 'one at a time');
        await new Promise((resolve) => setImmediate(resolve));
        inside -= 1;
        done += 1;
      });
    }
  };
  await Promise.all(clients.map(work));
  assert.equal(done, 20);
  process.kill(stage.servers[1]?.pid ?? 0, 'SIGCONT');
});

test('it is renewed while it is held, also late in its time', async () => {
  await using stage = await staged(17_181, 3);
  const locks = await stage.open();
  for (const renewalShare of [0.25, 0.7]) {
    await using held = await locks.acquire(['orders'], { ttl: 2_000, renewalShare });
    const [server] = stage.servers;
    const ttls: number[] = [];
    while (ttls.filter((ttl, at) => ttl > (ttls[at - 1] ?? ttl)).length < 2)
      ttls.push(Number(await server?.raw('PTTL', 'orders')));
    assert.equal(held.isHeld, true);
  }
});

test('when the servers stand still it is over before they let it go, and the task hears of it', async () => {
  await using stage = await staged(17_184, 3);
  const locks = await stage.open();
  let reason: unknown;
  const lost = locks.using(['orders'], 1_000, async (signal) => {
    for (const { pid } of stage.servers) process.kill(pid, 'SIGSTOP');
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    reason = signal.reason;
    return 'done all the same';
  });
  await assert.rejects(lost, { code: 'not-held', message: /no renewal was answered in time/ });
  assert.ok(reason instanceof Error && 'code' in reason && reason.code === 'not-held');
  for (const { pid } of stage.servers) process.kill(pid, 'SIGCONT');
});

test('a key that another program holds on most servers is held', async () => {
  await using stage = await staged(17_187, 3);
  const locks = await stage.open();
  for (const server of stage.servers.slice(0, 2)) await server.raw('SET', 'orders', 'theirs', 'PX', '60000');
  await assert.rejects(locks.acquire(['orders'], { wait: 0 }), { code: 'not-granted' });
  assert.equal(await stage.servers[2]?.raw('EXISTS', 'orders'), 0, 'the vote of the third is given back');
  assert.equal(String(await stage.servers[0]?.raw('GET', 'orders')), 'theirs');
});

test('one server under two names has one vote, and that is told', async () => {
  await using stage = await staged(17_190, 2);
  const urls = stage.servers.map(({ url }) => url);
  const twice = [...urls, urls[0]?.replace('127.0.0.1', 'localhost') ?? ''];
  await assert.rejects(openMajorityLocks(twice), { code: 'engine-failed', message: /is the server at/ });
});

interface Stage extends AsyncDisposable {
  readonly servers: readonly OwnServer[];
  open(): Promise<MajorityLocks>;
}

async function staged(port: number, count: number): Promise<Stage> {
  const servers = await Promise.all(Array.from({ length: count }, (_, at) => ownServer(port + at)));
  const opened: MajorityLocks[] = [];
  return {
    servers,
    open: async () => {
      const locks = await openMajorityLocks(servers.map(({ url }) => url));
      opened.push(locks);
      return locks;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(opened.map((locks) => locks.close()));
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}
