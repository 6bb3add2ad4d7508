/** The store on three real nodes: leases that end, and watches that neither lose nor repeat, while nodes come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, type QuorateError } from '../../src/base/index.ts';
import { type ClusterClient, StoreWatch, type StoreWatchOptions } from '../../src/client/index.ts';
import { type CommandBody, decodeReply, encodeCommand, type ReplyBody } from '../../src/mvcc/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import { realMachine } from '../../src/ports/real/index.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { bytes, TestCluster, text } from './test-cluster.ts';

const everything = { start: new Uint8Array(0), end: new Uint8Array(0) };

function encoded(body: CommandBody): Uint8Array {
  const writer = new ByteWriter(64);
  encodeCommand(writer, { session: undefined, fences: [], body });
  return writer.copy();
}

async function send(client: ClusterClient, body: CommandBody): Promise<ReplyBody> {
  return decodeReply(await client.command(0, encoded(body))).body;
}

function put(key: string, value: string, lease = 0): CommandBody {
  return { kind: 'put', key: bytes(key), value: bytes(value), lease, keepLease: false, wantPrevious: false };
}

async function stores(members: readonly number[]): Promise<TestCluster> {
  const cluster = await TestCluster.make(members, { stateMachine: () => new StoreMachine() });
  await cluster.begin();
  return cluster;
}

function watch(client: ClusterClient, options: Partial<StoreWatchOptions> = {}): StoreWatch {
  const { clock } = realMachine({ log: new RecordingLog() });
  return new StoreWatch({ client, clock, group: 0, range: everything, ...options });
}

/** Reads until `count` changes were heard, as lines. */
async function hear(stream: StoreWatch, count: number): Promise<string[]> {
  const lines: string[] = [];
  while (lines.length < count) {
    const { value, done } = await stream.next();
    if (done === true) break;
    for (const { kind, key, value: now, modifyRevision } of value.events)
      lines.push(`${modifyRevision} ${kind} ${text(key)}=${text(now)}`);
  }
  return lines;
}

test('a key on a lease is there while the lease is renewed, and goes when nobody does, leader lost or not', async () => {
  await using cluster = await stores([1, 2, 3]);
  await using client = cluster.client();
  const granted = await send(client, { kind: 'lease-grant', lease: 0, ttlMs: 600, session: 0 });
  assert.ok(granted.kind === 'lease');
  await send(client, put('lock', 'mine', granted.lease));
  await using stream = watch(client, { from: 1 });
  assert.deepEqual(await hear(stream, 1), ['1 put lock=mine']);
  assert.equal((await send(client, { kind: 'lease-keep-alive', lease: granted.lease })).kind, 'lease');
  const { leader } = cluster;
  assert.ok(leader !== undefined);
  await cluster.stop(leader);
  assert.deepEqual(await hear(stream, 1), ['2 expired lock=']);
  const late = await send(client, { kind: 'lease-keep-alive', lease: granted.lease });
  assert.ok(late.kind === 'refused' && late.refusal.code === 'lease-not-found');
});

test('nobody but the leader ends a lease before its time', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  await send(client, { kind: 'lease-grant', lease: 5, ttlMs: 60_000, session: 0 });
  await assert.rejects(
    send(client, { kind: 'lease-expire', leases: [{ lease: 5, renewals: 0 }] }),
    (error: QuorateError) => error.code === 'not-for-clients' && error.outcome === 'not-applied',
  );
  assert.equal((await send(client, { kind: 'lease-keep-alive', lease: 5 })).kind, 'lease');
});

test('a watch hears every change once and in order, while each node in turn is stopped and comes back', async () => {
  await using cluster = await stores([1, 2, 3]);
  await using client = cluster.client();
  await using observer = cluster.client();
  await using stream = watch(observer);
  assert.equal(await stream.began, 0);
  let written = 0;
  for (const member of cluster.members) {
    for (let more = 0; more < 20; more += 1) await send(client, put(`k${written % 7}`, String(++written)));
    await cluster.stop(member);
    for (let more = 0; more < 20; more += 1) {
      // What has no answer may have been written: the next number shows which.
      const reply = await send(client, put(`k${written % 7}`, String(written + 1))).catch(() => undefined);
      if (reply !== undefined) written += 1;
    }
    await cluster.start(member);
  }
  await send(client, put('last', 'one'));
  const lines: string[] = [];
  while (!lines.at(-1)?.includes('last')) lines.push(...(await hear(stream, 1)));
  const revisions = lines.map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(
    revisions,
    revisions.map((_, place) => place + 1),
  );
  assert.ok(lines.length > written);
});

test('a reader that comes late finds all changes, and a node keeps nothing for it meanwhile', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  await using stream = watch(client, { eventsMax: 10 });
  await stream.began;
  for (let count = 1; count <= 200; count += 1) await send(client, put('k', String(count)));
  const lines = await hear(stream, 200);
  assert.deepEqual(
    lines,
    lines.map((_, place) => `${place + 1} put k=${place + 1}`),
  );
});

test('a watch of what is compacted ends with the reason, and is over then', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  for (let count = 1; count <= 5; count += 1) await send(client, put('k', String(count)));
  await send(client, { kind: 'compact', revision: 4 });
  await using stream = watch(client, { from: 2 });
  await assert.rejects(stream.next(), { code: 'compacted' });
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  await assert.rejects(stream.began, { code: 'compacted' });
});

test('a watch that is given up ends at once, wherever it is', async () => {
  await using cluster = await stores([1]);
  await using client = cluster.client();
  const abort = new AbortController();
  const stream = watch(client, { signal: abort.signal });
  await stream.began;
  const waiting = stream.next();
  abort.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  const closed = watch(client);
  const last = closed.next();
  await closed.return();
  await closed.return();
  assert.deepEqual(await last, { done: true, value: undefined });
  const never = watch(client, { signal: abort.signal });
  await assert.rejects(never.next(), /enough/);
});
