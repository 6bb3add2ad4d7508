/** What becomes of calls whose connection breaks, or whose server stops to answer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRedis } from '../../../src/engines/redis/index.ts';
import { inOrder, list, scriptedServer } from './scripted-server.ts';

const put = { kind: 'put', key: 'a/b', value: new Uint8Array(1) } as const;

/** Behind the prefix and the marker: the client, its slot, the number, and whether it is sent again. */
function headOf(words: readonly string[]): readonly string[] {
  return words.slice(5, 9);
}

test('a change whose connection broke is sent again as the same one', async () => {
  const heads: (readonly string[])[] = [];
  await using server = await scriptedServer((words) => {
    if (words[1] !== 'transact') return inOrder(words);
    heads.push(headOf(words));
    return heads.length === 1 ? null : list('done', '7', 'put', '7', '7');
  });
  await using engine = await openRedis(server.url);
  const answer = await engine.transact({ operations: [put] });
  assert.deepEqual(answer.succeeded && answer.results, [{ kind: 'put', created: 7, modified: 7 }]);
  const [first, second] = heads;
  assert.deepEqual(first?.slice(0, 3), second?.slice(0, 3));
  assert.deepEqual([first?.[3], second?.[3]], ['0', '1']);
});

test('two changes under way are in two slots, and the next one has a larger number', async () => {
  const heads: (readonly string[])[] = [];
  await using server = await scriptedServer((words) => {
    if (words[1] !== 'transact') return inOrder(words);
    heads.push(headOf(words));
    return list('done', '7', 'put', '7', '7');
  });
  await using engine = await openRedis(server.url);
  await Promise.all([engine.transact({ operations: [put] }), engine.transact({ operations: [put] })]);
  await engine.transact({ operations: [put] });
  const [one, two, three] = heads.map(([, slot, number]) => `${slot}:${number}`);
  assert.notEqual(one, two);
  assert.match(three ?? '', /^[01]:2$/);
});

test('a change that was sent and never answered is unknown; one that found no connection is not', async () => {
  let isAway = false;
  await using server = await scriptedServer((words, socket) => {
    if (words[1] === 'transact') return undefined;
    if (!isAway) return inOrder(words);
    socket.destroy();
    return undefined;
  });
  await using engine = await openRedis(server.url);
  const sent = engine.transact({ operations: [put], deadline: 50 });
  await assert.rejects(sent, { code: 'deadline-exceeded', outcome: 'unknown' });
  isAway = true;
  await assert.rejects(engine.get('a/b', { deadline: 50 }), { outcome: 'not-applied' });
  const never = engine.transact({ operations: [put], deadline: 300 });
  await assert.rejects(never, { code: 'engine-unreachable', outcome: 'not-applied' });
});

test('a refusal behind a lost try says that the first one may have been carried out', async () => {
  let tries = 0;
  await using server = await scriptedServer((words) => {
    if (words[1] !== 'transact') return inOrder(words);
    tries += 1;
    return tries === 1 ? null : "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
  });
  await using engine = await openRedis(server.url);
  const change = engine.transact({ operations: [put] });
  await assert.rejects(change, { code: 'engine-full', outcome: 'unknown' });
});

test('a script that the server has forgotten is sent whole', async () => {
  const commands: string[] = [];
  await using server = await scriptedServer((words) => {
    if (words[1] !== 'transact' && words[0] !== 'EVAL') return inOrder(words);
    commands.push(words[0] ?? '');
    return words[0] === 'EVAL'
      ? list('done', '7', 'put', '7', '7')
      : '-NOSCRIPT No matching script. Please use EVAL.\r\n';
  });
  await using engine = await openRedis(server.url);
  assert.equal((await engine.transact({ operations: [put] })).succeeded, true);
  assert.deepEqual(commands, ['EVALSHA', 'EVAL']);
});

test('a server that has become a replica is left, and the next one is asked', async () => {
  let refusals = 0;
  await using server = await scriptedServer((words) => {
    if (words[1] !== 'transact') return inOrder(words);
    refusals += 1;
    return refusals === 1
      ? "-READONLY You can't write against a read only replica.\r\n"
      : list('done', '7', 'put', '7', '7');
  });
  await using engine = await openRedis(server.url);
  assert.equal((await engine.transact({ operations: [put] })).succeeded, true);
});

test('a database that is another one ends everything', async () => {
  let isLost = false;
  await using server = await scriptedServer((words) => {
    if (words[0] !== 'EVALSHA') return inOrder(words);
    if (isLost) return list('lost');
    return words[1] === 'hello' ? inOrder(words) : list('ok', '5');
  });
  await using engine = await openRedis(server.url);
  const session = await engine.session({ ttlMs: 60_000 });
  isLost = true;
  const lost = { code: 'engine-data-lost', message: /open the engine anew/ };
  await assert.rejects(engine.get('a/b'), lost);
  await assert.rejects(engine.get('a/b'), lost);
  assert.throws(() => engine.watch({ directory: 'a' }), lost);
  assert.deepEqual([session.isLive, session.state], [false, 'lost']);
});

test('an answer that is none is told as such', async () => {
  for (const answer of ['+OK\r\n', '*0\r\n', list('done', 'seven'), list('done', '7', 'put', '7')]) {
    await using server = await scriptedServer((words) => (words[1] === 'transact' ? answer : inOrder(words)));
    await using engine = await openRedis(server.url);
    await assert.rejects(engine.transact({ operations: [put] }), {
      code: 'engine-protocol',
      outcome: 'unknown',
    });
  }
});

test('calls in the very moment in which the server hangs up wait for the next connection', async () => {
  const answer = list('done', '7', 'put', '7', '7');
  await using server = await scriptedServer((words, socket) => {
    if (words[1] !== 'transact') return inOrder(words);
    socket.end(answer);
    return undefined;
  });
  await using engine = await openRedis(server.url);
  for (let round = 0; round < 20; round += 1) {
    await engine.transact({ operations: [put] });
    const turns = Array.from({ length: 4 }, async (_, turn) => {
      for (let left = turn; left > 0; left -= 1) await new Promise(setImmediate);
      return await engine.transact({ operations: [put] });
    });
    assert.equal(
      (await Promise.all(turns)).every(({ succeeded }) => succeeded),
      true,
    );
  }
});
