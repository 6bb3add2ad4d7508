/** What opening the engine says of whatever listens at the address. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRedis } from '../../../src/engines/redis/index.ts';
import { loadRedis } from '../../../src/engines/redis/redis-module.ts';
import { type Answers, bulk, inOrder, scriptedServer } from './scripted-server.ts';

interface Row {
  readonly answers: Answers;
  readonly code: string;
  readonly says: RegExp;
}

const rows: Readonly<Record<string, Row>> = {
  'a web server': {
    answers: () => 'HTTP/1.1 400 Bad Request\r\n\r\n',
    code: 'engine-protocol',
    says: /does not answer as Redis does/,
  },
  'a server that says of itself nothing that we know': {
    answers: () => bulk('hello'),
    code: 'engine-protocol',
    says: /INFO tells no version/,
  },
  'an echo': {
    answers: (words) => `*${words.length}\r\n${words.map(bulk).join('')}`,
    code: 'engine-protocol',
    says: /INFO tells no version/,
  },
  'a server that closes at once': {
    answers: () => null,
    code: 'engine-unreachable',
    says: /cannot be reached/,
  },
  'a server that says nothing': {
    answers: () => undefined,
    code: 'engine-unreachable',
    says: /no answer to INFO within/,
  },
  'a server that asks for a password': {
    answers: () => '-NOAUTH Authentication required.\r\n',
    code: 'engine-unauthenticated',
    says: /NOAUTH.*in the URL/,
  },
  'a server that lets us in and no further': {
    answers: (words) =>
      words[0] === 'EVALSHA' ? '-NOPERM this user has no permissions\r\n' : inOrder(words),
    code: 'engine-unauthenticated',
    says: /NOPERM/,
  },
  'an older one': {
    answers: (words) => inOrder(words, { redis_version: '6.0.16' }),
    code: 'engine-too-old',
    says: /is 6\.0\.16, but 6\.2 is needed/,
  },
  'a replica': {
    answers: (words) => inOrder(words, { role: 'slave' }),
    code: 'engine-read-only',
    says: /connect to its master/,
  },
  'a member of a Redis Cluster': {
    answers: (words) => inOrder(words, { cluster_enabled: '1' }),
    code: 'engine-failed',
    says: /cluster mode/,
  },
  'one that throws away what it was given': {
    answers: (words) => inOrder(words, { maxmemory: '1000', maxmemory_policy: 'allkeys-lru' }),
    code: 'engine-failed',
    says: /maxmemory-policy/,
  },
  'one that is full': {
    answers: (words) =>
      words[0] === 'EVALSHA'
        ? "-OOM command not allowed when used memory > 'maxmemory'.\r\n"
        : inOrder(words),
    code: 'engine-full',
    says: /raise its maxmemory/,
  },
  'one that is loading for longer than we wait': {
    answers: (words) => (words[0] === 'EVALSHA' ? '-LOADING Redis is loading\r\n' : inOrder(words)),
    code: 'engine-unreachable',
    says: /LOADING/,
  },
};

for (const [name, { answers, code, says }] of Object.entries(rows)) {
  test(`opening tells ${name}`, async () => {
    await using server = await scriptedServer(answers);
    await assert.rejects(openRedis(server.url, { deadline: 3_000 }), (error: Error & { code: string }) => {
      assert.equal(error.code, code);
      assert.match(error.message, says);
      assert.ok(error.message.includes(server.address), 'the message has the address');
      assert.equal((error as Error & { outcome?: string }).outcome, 'not-applied');
      return true;
    });
  });
}

test('where nobody listens, that is told at once and with the address', async () => {
  const server = await scriptedServer(() => undefined);
  const { url, address } = server;
  await server[Symbol.asyncDispose]();
  await assert.rejects(openRedis(url), { code: 'engine-unreachable', message: new RegExp(address) });
});

test('a user, a password and a database are shown before anything else', async () => {
  const heard: string[] = [];
  await using server = await scriptedServer((words) => {
    heard.push(words.join(' '));
    return inOrder(words);
  });
  const url = server.url.replace('//', '//nobody:pass%20word@');
  await using engine = await openRedis(`${url}/3`);
  assert.deepEqual(heard.slice(0, 3), ['AUTH nobody pass word', 'SELECT 3', 'INFO']);
  assert.equal(engine.kind, 'redis');
});

test('what the server keeps is told, and what it does not', async () => {
  await using durable = await scriptedServer((words) => inOrder(words, { aof_enabled: '1' }));
  await using careless = await scriptedServer((words) => inOrder(words));
  await using one = await openRedis(durable.url);
  await using other = await openRedis(careless.url);
  assert.match(one.notes.durability, /appendfsync is always/);
  assert.match(other.notes.durability, /appendonly is off/);
});

test('surviving a failover is promised by permission only', async () => {
  await using server = await scriptedServer((words) => inOrder(words));
  await using strict = await openRedis(server.url);
  await using permitted = await openRedis(server.url, { allow: 'failover-loss' });
  assert.equal('survives-failover' in strict.provides, false);
  assert.equal(permitted.provides['survives-failover'], true);
  assert.match(permitted.notes['survives-failover'] ?? '', /by permission only/);
});

test('options that are none are refused', async () => {
  const wrong = [
    openRedis('http://localhost'),
    openRedis('redis://localhost:99999'),
    openRedis('redis://localhost/one'),
    openRedis('redis://localhost?x=1'),
    openRedis('redis://localhost', { tls: {} }),
    openRedis('redis://localhost', { deadline: -1 }),
    openRedis('redis://localhost', { allow: 'everything' as 'failover-loss' }),
  ];
  for (const opening of wrong) await assert.rejects(opening, { code: 'invalid-option' });
});

test('a refused URL shows no password', async () => {
  await assert.rejects(openRedis('redis://me:se%zzcret@localhost:6379'), (error: Error) => {
    assert.doesNotMatch(error.message, /cret/);
    return true;
  });
});

test('a missing package is named', async () => {
  await assert.rejects(
    loadRedis(() => Promise.reject(new Error('Cannot find package'))),
    { code: 'package-unavailable', message: /npm install ioredis/ },
  );
});
