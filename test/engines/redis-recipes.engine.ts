/** Recipes on Redis: refused without permission for what a failover may lose, and whole with it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openRedis } from '../../src/engines/redis/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { runHere } from '../cli/command.ts';
import { ownServer } from './redis/servers.ts';

const server = await ownServer(17_163);
after(() => server[Symbol.asyncDispose]());

test('a lock is refused without permission, by the compiler too, and a value is not', async () => {
  await using engine = await openRedis(server.url);
  await using coordination = coordinate(engine);
  // @ts-expect-error The engine does not survive a failover.
  assert.throws(() => coordination.lock('orders'), {
    code: 'capability-missing',
    message: /survives-failover/,
  });
  await coordination.value('greeting').set('hello');
  assert.equal(await coordination.value('greeting').get(), 'hello');
});

test('with permission a lock goes from hand to hand in order, with growing tokens', async () => {
  const engines = await Promise.all(
    Array.from({ length: 3 }, () => openRedis(server.url, { allow: 'failover-loss' })),
  );
  const locks = engines.map((engine) => coordinate(engine).lock('orders'));
  const tokens: number[] = [];
  let inside = 0;
  const work = async (lock: (typeof locks)[number]): Promise<void> => {
    for (let left = 10; left > 0; left -= 1) {
      await lock.run((held) => {
        inside += 1;
        assert.equal(inside, 1, 'one at a time');
        tokens.push(held.token);
        inside -= 1;
      });
    }
  };
  await Promise.all(locks.map(work));
  assert.equal(tokens.length, 30);
  assert.deepEqual(
    tokens,
    tokens.toSorted((left, right) => left - right),
  );
  await Promise.all(engines.map((engine) => engine.close()));
});

test('the command is told how to say so, and holds a lock when it did', async () => {
  const words = ['lock', 'nightly', '--endpoints', server.url, '--timeout', '30s'];
  const command = [
    '--',
    process.execPath,
    '--eval',
    'process.exit(Number(process.env.QUORATE_TOKEN) > 0 ? 7 : 8)',
  ];
  const refused = await runHere([...words, ...command]);
  assert.deepEqual([refused.code, /allow: 'failover-loss'/.test(refused.stderr)], [1, true]);
  assert.equal((await runHere([...words, '--allow', 'failover-loss', ...command])).code, 7);
  assert.equal((await runHere([...words, '--allow', 'anything', ...command])).code, 2);
});
