/** The engine on a server in memory: the conformance suite, and what happens when answers, order and data are lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, textOf } from '../../../src/engines/conformance/story.ts';
import { openNats } from '../../../src/engines/nats/index.ts';
import type { Engine } from '../../../src/engines/port/index.ts';
import { coordinate } from '../../../src/recipes/index.ts';
import { conforms } from '../conformance.ts';
import { FakeServer } from './fake-server.ts';

const shared = new FakeServer();
const everywhere = ['linearizable-reads', 'watch-resume', 'expiry-events'] as const;

conforms('nats in memory', { open: () => opened(shared), provided: everywhere });

const subject = 'QUORATE.quorate.a.x';
const key = 'a/x';

test('an append whose answers are lost is there once, and says which number it got', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  await engine.list('a');
  server.loseAnswers = 2;
  const id = 'abcdefgh';
  const operation = { kind: 'append', directory: 'a', label: 'x', id, value: bytes('one') } as const;
  const answer = await engine.transact({ operations: [operation] });
  const { items } = await engine.list('a');
  assert.deepEqual(answer.succeeded && answer.results, [
    { kind: 'append', key: `a/x-${id}`, created: items[0]?.created },
  ]);
  assert.equal(items.length, 1);
  assert.equal(server.messages.filter((message) => message.subject === `${subject}-${id}`).length, 3);
});

test('a counter whose answers and questions are lost adds once', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  for (const [answers, questions] of [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    server.loseAnswers = answers;
    server.loseQuestions = questions;
    await engine.transact({ operations: [{ kind: 'add', key, amount: 1 }] });
  }
  assert.equal(textOf(await engine.get(key)), '3');
});

test('who comes too late has not written, though the server has taken it', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  const first = await put(engine, 'one');
  server.before = (): void => {
    server.append(subject, [['Quorate-Previous', String(first)]], bytes('from elsewhere'));
  };
  const answer = await engine.transact({
    when: [{ key, is: 'unchanged', modified: first }],
    operations: [{ kind: 'put', key, value: bytes('two') }],
  });
  assert.deepEqual(answer, { succeeded: false, reason: 'condition' });
  assert.equal(textOf(await engine.get(key)), 'from elsewhere');
  await using other = await opened(server);
  assert.equal(textOf(await other.get(key)), 'from elsewhere', 'who reads it all judges alike');
});

test('an end that is not heard is unknown, and one before anything was sent is not', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  await put(engine, 'one');
  server.loseAnswers = Number.POSITIVE_INFINITY;
  const late = engine.transact({ operations: [{ kind: 'add', key: 'a/y', amount: 1 }], deadline: 50 });
  await assert.rejects(late, { code: 'deadline-exceeded', outcome: 'unknown' });
  server.loseAnswers = 0;
  for (const connection of server.connections) connection.lose();
  // The engine hears of it by then.
  await new Promise((resolve) => setImmediate(resolve));
  const unsent = engine.transact({ operations: [{ kind: 'add', key: 'a/y', amount: 1 }], deadline: 50 });
  await assert.rejects(unsent, { code: 'deadline-exceeded', outcome: 'not-applied' });
});

test('a write that was acknowledged and not seen again is unknown', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  await put(engine, 'one');
  const [connection] = server.connections;
  assert.ok(connection !== undefined);
  connection.isDeaf = true;
  const late = engine.transact({ operations: [{ kind: 'add', key: 'a/y', amount: 1 }], deadline: 50 });
  await assert.rejects(late, { code: 'deadline-exceeded', outcome: 'unknown' });
  await using other = await opened(server);
  assert.equal(textOf(await other.get('a/y')), '1', 'it was carried out');
});

test('a watch goes on behind a lost connection without leaving out a change', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  await using other = await opened(server);
  const watch = engine.watch({ directory: 'a' });
  assert.equal((await watch.next()).value?.kind, 'present');
  const [connection] = server.connections;
  connection?.lose();
  for (const value of ['one', 'two', 'three']) await put(other, value);
  connection?.restore();
  const told: (string | undefined)[] = [];
  while (told.length < 3) {
    const { value } = await watch.next();
    assert.ok(value?.kind === 'changes');
    for (const event of value.events) told.push(event.kind === 'put' ? textOf(event.item) : event.kind);
  }
  assert.deepEqual(told, ['one', 'two', 'three']);
  await watch.return();
});

test('who came too late counts for nobody, though what counts was dropped from before it', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  const first = await put(engine, 'one');
  await put(engine, 'two');
  const late = server.append(subject, [['Quorate-Previous', String(first)]], bytes('too late'));
  await put(engine, 'three');
  server.evict(subject, late);
  await using other = await opened(server);
  for (const one of [engine, other]) assert.equal(textOf(await one.get(key)), 'three');
  await put(other, 'four');
  assert.equal(textOf(await engine.get(key)), 'four');
});

test('a watch behind which messages were taken out of the stream hears what is there', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  await using other = await opened(server);
  const watch = engine.watch({ directory: 'a' });
  await watch.next();
  const [connection] = server.connections;
  connection?.lose();
  await put(other, 'one');
  const last = await put(other, 'two');
  server.evict(subject, last);
  connection?.restore();
  const { value } = await watch.next();
  assert.deepEqual(value?.kind === 'present' && value.items.map(textOf), ['two']);
  await watch.return();
});

const losses: Readonly<Record<string, (server: FakeServer) => void>> = {
  'made anew': (server) => {
    server.deleteStream();
    server.makeStream(fit);
  },
  gone: (server) => server.deleteStream(),
  'of yesterday': (server) => server.loseFrom(2),
};

for (const [name, lose] of Object.entries(losses))
  test(`a stream that is ${name} is data lost, and sessions with it`, async () => {
    const server = new FakeServer();
    await using engine = await opened(server);
    const session = await engine.session({ ttlMs: 60_000 });
    await put(engine, 'one');
    lose(server);
    await assert.rejects(put(engine, 'two'), { code: 'engine-data-lost' });
    assert.deepEqual([session.isLive, session.state], [false, 'lost']);
    await assert.rejects(engine.get(key), { code: 'engine-data-lost' });
  });

test('a stream of which another server tells another date is the same stream', async () => {
  const server = new FakeServer();
  await using engine = await opened(server);
  const session = await engine.session({ ttlMs: 60_000 });
  await put(engine, 'one');
  const { mark } = await engine.list('a');
  assert.ok(mark !== undefined);
  for (const value of ['two', 'three']) {
    const [connection] = server.connections;
    connection?.lose();
    server.redate();
    connection?.restore();
    await put(engine, value);
  }
  assert.equal(session.isLive, true);
  await using other = await opened(server);
  await using watch = other.watch({ directory: 'a' }, { from: mark });
  const { value } = await watch.next();
  assert.equal(value?.kind, 'changes', 'marks are understood by who has come since');
});

test('all who open a stream at once know it by the same word', async () => {
  const server = new FakeServer();
  const engines = await Promise.all([1, 2, 3, 4].map(() => opened(server)));
  const marks = await Promise.all(engines.map(async (engine) => (await engine.list('a')).mark));
  assert.equal(new Set(marks.map((mark) => mark?.split('/')[0])).size, 1);
  await Promise.all(engines.map((engine) => engine.close()));
});

const fit = {
  name: 'QUORATE',
  subjects: ['QUORATE.>'],
  retention: 'limits',
  storage: 'file',
  discard: 'new',
  max_msgs_per_subject: 1_024,
};

const unfit: Readonly<Record<string, Record<string, unknown>>> = {
  'drops by age': { max_age: 1_000 },
  'drops by number': { max_msgs_per_subject: 10 },
  'drops the oldest when it is full': { discard: 'old' },
  'keeps what is wanted only': { retention: 'interest' },
  'takes other subjects': { subjects: ['other.>'] },
  'cannot be swept': { deny_delete: true },
};

for (const [name, change] of Object.entries(unfit))
  test(`a stream that ${name} is refused`, async () => {
    const server = new FakeServer();
    server.makeStream({ ...fit, ...change });
    await assert.rejects(opened(server), { code: 'engine-failed', outcome: 'not-applied' });
    assert.equal(server.connections.size, 0, 'nothing is left open');
  });

test('servers without JetStream, too old, or with fewer copies than asked for are refused', async () => {
  const off = new FakeServer();
  off.jetStream = false;
  await assert.rejects(opened(off), { code: 'engine-failed', message: /--jetstream/ });
  const old = new FakeServer();
  old.version = '2.8.4';
  await assert.rejects(opened(old), {
    code: 'engine-too-old',
    data: { engine: 'nats', version: '2.8.4', needed: '2.9' },
  });
  const alone = new FakeServer();
  const { module, network } = alone;
  const three = openNats('nats://fake', { load: () => Promise.resolve(module), network, copies: 3 });
  await assert.rejects(three, {
    code: 'engine-failed',
    message: /1 copies, and 3 are asked for/,
  });
});

test('surviving a failover is promised by permission only, however many copies there are', async () => {
  const server = new FakeServer();
  server.copies = 3;
  const { module, network } = server;
  const options = { load: () => Promise.resolve(module), network, copies: 3 } as const;
  await using strict = await openNats('nats://fake', options);
  await using permitted = await openNats('nats://fake', { ...options, allow: 'failover-loss' });
  assert.equal('survives-failover' in strict.provides, false);
  assert.equal(permitted.provides['survives-failover'], true);
  assert.match(permitted.notes?.['survives-failover'] ?? '', /by permission only, with 3 copies on disk/);
  await using one = await opened(new FakeServer());
  assert.equal('survives-failover' in one.provides, false);
});

test('without permission a lock does not compile, and is refused with the option that permits it', async () => {
  const server = new FakeServer();
  server.copies = 3;
  const { module, network } = server;
  const options = { load: () => Promise.resolve(module), network, copies: 3 } as const;
  await using strict = await openNats('nats://fake', options);
  await using refusing = coordinate(strict);
  // @ts-expect-error: the lock needs survives-failover, which nobody has permitted
  assert.throws(() => refusing.lock('orders'), {
    code: 'capability-missing',
    message: /survives-failover .*\{ allow: 'failover-loss' \}/,
  });
  await using permitted = await openNats('nats://fake', { ...options, allow: 'failover-loss' });
  await using granting = coordinate(permitted);
  await using held = await granting.lock('orders').acquire();
  assert.equal(held.isHeld, true);
});

test('what else is allowed than a loss is refused', async () => {
  const allow = 'everything' as 'failover-loss';
  await assert.rejects(openNats('nats://fake', { allow }), { code: 'invalid-option' });
});

async function put(engine: Engine, value: string): Promise<number> {
  const answer = await engine.transact({ operations: [{ kind: 'put', key, value: bytes(value) }] });
  const [result] = answer.succeeded ? answer.results : [];
  assert.ok(result?.kind === 'put');
  return result.modified;
}

function opened(server: FakeServer): Promise<Engine> {
  return openNats('nats://fake', { load: () => Promise.resolve(server.module), network: server.network });
}
