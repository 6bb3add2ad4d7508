/** Programs in other languages and ours in one line: `etcdctl lock` and `etcdctl elect` against the recipes, both ways. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openEtcd } from '../../src/engines/etcd/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { outputOf } from '../../tools/peers/index.ts';
import { startedEtcd, urlOf } from './etcd/servers.ts';
import { usedAndLeft } from './used-and-left.ts';

const members = await startedEtcd({ port: 17_120 });
const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** What it has printed, and how it is let go. */
class Etcdctl {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  text = '';

  constructor(...words: readonly string[]) {
    const [endpoint] = members.endpoints;
    const address = `${endpoint?.host}:${endpoint?.port}`;
    this.#child = spawn('etcdctl', ['--endpoints', address, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(this.#child);
    this.#child.stdout?.setEncoding('utf8').on('data', (piece: string) => {
      this.text += piece;
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  /** It prints what it holds when it holds it. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.text)) await delay(10);
  }

  /** It gives up what it holds, and ends. */
  async letGo(): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
    children.delete(this.#child);
  }
}

async function placesIn(engine: Engine, directory: string, count: number): Promise<void> {
  while ((await engine.list(directory)).items.length < count) await delay(10);
}

test('etcdctl lock waits for our lock, and ours for theirs, in the order of coming', async () => {
  await using engine = await openEtcd(urlOf(members), { prefix: '' });
  await using coordination = coordinate(engine, { ttl: '10s' });
  const lock = coordination.lock('orders');
  const directory = 'locks/orders';
  const order: string[] = [];
  const first = await lock.acquire();
  const theirs = new Etcdctl('lock', directory);
  await placesIn(engine, directory, 2);
  const second = lock.acquire().then((one) => {
    order.push('ours');
    return one;
  });
  await placesIn(engine, directory, 3);
  assert.equal(theirs.text, '', 'it waits');
  await first.release();
  await theirs.says(/^locks\/orders\/[0-9a-f]+\n/);
  order.push('theirs');
  assert.deepEqual(order, ['theirs'], 'who came later waits');
  await theirs.letGo();
  const held = await second;
  assert.deepEqual(order, ['theirs', 'ours']);
  assert.ok(held.token > first.token);
  await held.release();
});

test('etcdctl lock that is killed is waited for until its lease is over', async () => {
  await using engine = await openEtcd(urlOf(members), { prefix: '' });
  await using coordination = coordinate(engine, { ttl: '10s' });
  const theirs = new Etcdctl('lock', '--ttl', '2', 'locks/killed');
  await theirs.says(/^locks\/killed\//);
  for (const child of children) child.kill('SIGKILL');
  const held = await coordination.lock('killed').acquire();
  held.assertHeld();
  await held.release();
});

test('etcdctl elect stands in one line with an append of ours, and each sees who leads', async () => {
  await using engine = await openEtcd(urlOf(members), { prefix: '' });
  await using session = await engine.session({ ttlMs: 10_000 });
  const value = new TextEncoder().encode('node-us');
  const theirs = new Etcdctl('elect', 'leaders/jobs', 'node-them');
  await theirs.says(/node-them/);
  const watch = engine.watch({ directory: 'leaders/jobs' });
  const { value: present } = await watch.next();
  assert.ok(present?.kind === 'present');
  const [leader] = present.items;
  assert.equal(new TextDecoder().decode(leader?.value), 'node-them');
  const append = {
    kind: 'append',
    directory: 'leaders/jobs',
    label: 'leader',
    id: 'abcdefgh',
    value,
    session,
  } as const;
  const answer = await engine.transact({ operations: [append] });
  const [own] = answer.succeeded ? answer.results : [];
  assert.ok(own?.kind === 'append');
  const ahead = await engine.list('leaders/jobs', { before: own, descending: true, limit: 1 });
  assert.deepEqual(
    ahead.items.map(({ key }) => key),
    [leader?.key],
  );
  const next = new Etcdctl('elect', 'leaders/jobs', 'node-next');
  await placesIn(engine, 'leaders/jobs', 3);
  const observer = new Etcdctl('elect', '--listen', 'leaders/jobs');
  await theirs.letGo();
  await observer.says(/node-us/);
  assert.equal(next.text, '', 'it waits for ours');
  assert.deepEqual((await engine.list('leaders/jobs', { before: own })).items, []);
  await session.close();
  await next.says(/node-next/);
  await watch.return();
  await Promise.all([next.letGo(), observer.letGo()]);
});

test('what is deleted and what went with its session has left neither keys nor a lease', async () => {
  await using engine = await openEtcd(urlOf(members), { prefix: 'left/' });
  const { id } = await usedAndLeft(engine, 'used');
  const [endpoint] = members.endpoints;
  const asked = async (...words: readonly string[]): Promise<string> =>
    (await outputOf('etcdctl', ['--endpoints', `${endpoint?.host}:${endpoint?.port}`, ...words])) ??
    assert.fail(`etcdctl ${words.join(' ')} failed`);
  assert.equal(await asked('get', '--prefix', 'left/', '--keys-only'), '');
  assert.ok(!(await asked('lease', 'list')).includes(id));
});
