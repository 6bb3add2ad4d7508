/** What can go wrong with a real NATS: each wrong address and state has its error, and a cluster that loses its leaders loses nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { bytes, textOf } from '../../src/engines/conformance/story.ts';
import { openNats } from '../../src/engines/nats/index.ts';
import { loadNats, type NatsConnection } from '../../src/engines/nats/nats-module.ts';
import type { Engine, Item } from '../../src/engines/port/index.ts';
import { makeAuthority } from '../ports/certificates.ts';
import { Progress, passing } from './nats/progress.ts';
import { faultsOf, openedOn, startedNats, together } from './nats/servers.ts';

const guarded = await startedNats({
  port: 17_280,
  servers: 1,
  settings: [
    'authorization { users: [',
    '  { user: all, password: "right" }',
    '  { user: reader, password: "right", permissions: { publish: { deny: "QUORATE.>" } } }',
    '] }',
  ].join('\n'),
});
const cluster = await startedNats({ port: 17_270, servers: 3 });
const address = guarded.url.replace('nats://', '');

test('who gives the wrong password, none, or has not the right is told so', async () => {
  for (const login of ['all:wrong@', 'stranger@', ''])
    await assert.rejects(openNats(`nats://${login}${address}`), {
      code: 'engine-unauthenticated',
      outcome: 'not-applied',
    });
  await using all = await openNats(`nats://all:right@${address}`);
  assert.equal(await all.get('a/x'), undefined);
  await using reader = await openNats(`nats://reader:right@${address}`);
  await assert.rejects(put(reader, 'a/x', 'one'), { code: 'engine-unauthenticated' });
});

test('a server without JetStream is told from none, from one that stands still and from a stranger', async () => {
  const without = await startedNats({ port: 17_290, servers: 1, jetStream: false });
  await assert.rejects(openNats(without.url), { code: 'engine-failed', message: /--jetstream/ });
  await assert.rejects(openNats('nats://127.0.0.1:17299'), {
    code: 'engine-unreachable',
    outcome: 'not-applied',
  });
  const goOn = await faultsOf(without).pause();
  await assert.rejects(openNats(without.url, { deadline: '1s' }), { code: 'engine-unreachable' });
  await goOn();
  const stranger = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  after(() => stranger.close());
  await new Promise<void>((resolve) => {
    stranger.listen(17_298, '127.0.0.1', resolve);
  });
  await assert.rejects(openNats('nats://127.0.0.1:17298'), { code: 'engine-protocol' });
});

test('a server that speaks TLS is believed when an authority of ours has signed for it', async () => {
  const authority = makeAuthority('ours');
  const { certificate, key } = authority.issue({ commonName: 'server', names: ['localhost'] });
  const directory = mkdtempSync(join(tmpdir(), 'quorate-nats-tls-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const [certificateFile, keyFile] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')];
  writeFileSync(certificateFile, certificate);
  writeFileSync(keyFile, key);
  const settings = `tls { cert_file: "${certificateFile}", key_file: "${keyFile}" }`;
  await startedNats({ port: 17_282, servers: 1, settings });
  const url = 'natss://localhost:17282';
  await using engine = await openNats(url, { tls: { authorities: [authority.certificate] } });
  await put(engine, 'a/x', 'one');
  assert.equal(textOf(await engine.get('a/x')), 'one');
  const strange = makeAuthority('theirs').certificate;
  for (const tls of [{}, { authorities: [strange] }])
    await assert.rejects(openNats(url, { tls }), { code: 'engine-unreachable', outcome: 'not-applied' });
});

test('a stream that is full refuses, and takes again when it has room', async () => {
  const url = `nats://all:right@${address}`;
  await ask('STREAM.CREATE.FULL', { ...fit, name: 'FULL', subjects: ['FULL.>'], max_bytes: 50_000 });
  await using engine = await openNats(url, { stream: 'FULL' });
  const fill = async (): Promise<never> => {
    for (let at = 0; ; at += 1) await put(engine, `a/x${at}`, 'x'.repeat(5_000));
  };
  await assert.rejects(fill(), { code: 'engine-full', outcome: 'not-applied' });
  await ask('STREAM.UPDATE.FULL', { ...fit, name: 'FULL', subjects: ['FULL.>'], max_bytes: 500_000 });
  await put(engine, 'a/y', 'one');
  assert.equal(textOf(await engine.get('a/y')), 'one');
});

test('a stream that is deleted under an engine is data lost', async () => {
  await using engine = await openNats(`nats://all:right@${address}`, { stream: 'GONE' });
  await put(engine, 'a/x', 'one');
  const session = await engine.session({ ttlMs: 60_000 });
  const watch = engine.watch({ directory: 'a' });
  await watch.next();
  await ask('STREAM.DELETE.GONE', {});
  await assert.rejects(put(engine, 'a/x', 'two'), { code: 'engine-data-lost' });
  await assert.rejects(watch.next(), { code: 'engine-data-lost' });
  assert.deepEqual([session.isLive, session.state], [false, 'lost']);
});

test('what a process held that is gone without a word is gone when its time is over', async () => {
  let connection: NatsConnection | undefined;
  const module = await loadNats();
  const connect: typeof module.connect = async (options) => {
    connection = await module.connect(options);
    return connection;
  };
  const url = `nats://all:right@${address}`;
  const holder = await openNats(url, { load: () => Promise.resolve({ ...module, connect }) });
  const session = await holder.session({ ttlMs: 1_000 });
  await holder.transact({ operations: [{ kind: 'put', key: 'held/x', value: bytes('me'), session }] });
  await using other = await openNats(url);
  const watch = other.watch({ key: 'held/x' });
  assert.equal((await watch.next()).value?.kind, 'present');
  await connection?.close();
  const { value } = await watch.next();
  assert.deepEqual(value?.kind === 'changes' && value.events, [{ kind: 'expired', key: 'held/x' }]);
  assert.equal(session.isLive, false, 'its owner gave up before');
  await watch.return();
  await holder.close();
});

test('however many write and read at once, every process sees the same', async () => {
  const engines: Engine[] = await Promise.all([1, 2, 3, 4].map(() => openedOn(cluster)));
  const write = async (engine: Engine): Promise<void> => {
    for (let at = 0; at < 25; at += 1) {
      const id = engine.random.uint32().toString(36).padStart(8, '0');
      const operation = { kind: 'append', directory: 'crowd', label: 'x', id, value: bytes('x') } as const;
      const [appended] = await Promise.all([
        engine.transact({ operations: [operation] }),
        engine.list('crowd'),
      ]);
      const [made] = appended.succeeded ? appended.results : [];
      assert.ok(made?.kind === 'append');
      if (at % 2 === 0) await engine.transact({ operations: [{ kind: 'delete', key: made.key }] });
    }
  };
  await Promise.all(engines.flatMap((engine) => [write(engine), write(engine)]));
  await using fresh = await openNats(cluster.url);
  const told = async (engine: Engine): Promise<string[]> =>
    (await engine.list('crowd')).items.map(({ key, created }) => `${key} ${created}`);
  const expected = await told(fresh);
  assert.equal(expected.length, 8 * 12);
  for (const engine of engines) assert.deepEqual(await told(engine), expected);
  await Promise.all(engines.map((one) => one.close()));
});

test('counters and lines are exact while one server after another is killed', () =>
  together(cluster, 4, async (engines) => {
    const progress = new Progress();
    const work = Promise.all(engines.map((one) => drive(one, progress)));
    for (const place of [0, 1, 2]) {
      await Promise.race([progress.more(20), work]);
      await cluster.kill(place);
      await cluster.start();
    }
    await Promise.race([progress.more(20), work]);
    progress.end();
    const done = await work;
    const engine = engines[0] as Engine;
    const sums = done.flatMap(({ sums: own }) => own);
    assert.equal(new Set(sums).size, sums.length, 'no two adds had the same sum');
    const total = Number(textOf(await engine.get('c/counter')));
    const unknown = done.reduce((sum, one) => sum + one.unknown, 0);
    assert.ok(
      total >= sums.length && total <= sums.length + unknown,
      `${total} of ${sums.length} and ${unknown}`,
    );
    const { items } = await engine.list('line');
    const there = new Map(items.map((item: Item) => [item.key, item.created]));
    for (const { made, unmade } of done) {
      for (const { key, created } of made)
        assert.equal(there.get(key), created, `${key} is there as it was answered`);
      for (const key of unmade) assert.equal(there.has(key), false, `${key} was said not to have been made`);
      const numbers = made.map(({ created }) => created);
      assert.deepEqual(
        numbers,
        numbers.toSorted((left, right) => left - right),
        'made one behind the other',
      );
    }
    assert.ok(sums.length > 0 && there.size > 0);
  }));

interface Done {
  readonly sums: number[];
  readonly made: { readonly key: string; readonly created: number }[];
  /** What is not there, by what was answered. */
  readonly unmade: string[];
  unknown: number;
}

/** Adds and appends in turn until told to stop, and keeps what was answered. */
async function drive(engine: Engine, progress: Progress): Promise<Done> {
  const done: Done = { sums: [], made: [], unmade: [], unknown: 0 };
  while (!progress.isOver) {
    try {
      const operation = { kind: 'add', key: 'c/counter', amount: 1 } as const;
      const added = await engine.transact({ operations: [operation], deadline: '3s' });
      if (added.succeeded && added.results[0]?.kind === 'add') done.sums.push(added.results[0].after);
      progress.step();
    } catch (error) {
      if (!isQuorateError(error) || !passing.has(error.code)) throw error;
      if (error.outcome === 'unknown') done.unknown += 1;
    }
    const id = engine.random.uint32().toString(36).padStart(8, '0');
    try {
      const operation = { kind: 'append', directory: 'line', label: 'x', id, value: bytes('x') } as const;
      const appended = await engine.transact({ operations: [operation], deadline: '3s' });
      if (appended.succeeded && appended.results[0]?.kind === 'append') done.made.push(appended.results[0]);
    } catch (error) {
      if (!isQuorateError(error) || !passing.has(error.code)) throw error;
      if (error.outcome === 'not-applied') done.unmade.push(`line/x-${id}`);
    }
  }
  return done;
}

const fit = {
  storage: 'file',
  retention: 'limits',
  discard: 'new',
  max_msgs_per_subject: 1_024,
};

/** Asks JetStream as an operator would. */
async function ask(what: string, body: object): Promise<void> {
  const { connect } = await import('@nats-io/transport-node');
  const connection = await connect({ servers: address, user: 'all', pass: 'right' });
  try {
    const answer = await connection.request(`$JS.API.${what}`, JSON.stringify(body));
    assert.equal('error' in answer.json<object>(), false, answer.string());
  } finally {
    await connection.close();
  }
}

async function put(engine: Engine, key: string, value: string): Promise<void> {
  const answer = await engine.transact({ operations: [{ kind: 'put', key, value: bytes(value) }] });
  assert.equal(answer.succeeded, true);
}
