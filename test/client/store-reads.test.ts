/** How new an answer is: three nodes of which one lags, and one store object that reads from all of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from '../../src/base/index.ts';
import { type Receipt, Store } from '../../src/client/index.ts';
import { encodeCommand, RevisionedStore } from '../../src/mvcc/index.ts';
import { decodeBoundedQuery, encodeBoundedAnswer, type Request } from '../../src/net/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { FakeCluster, notLeader } from './fake-cluster.ts';

/** Nodes that lead or not, and hold as much of one history as a test lets them. */
class LaggingCluster extends FakeCluster {
  readonly kinds: string[] = [];
  readonly bounds: number[] = [];
  readonly store: Store = new Store({ client: this.client, clock: this.clock });
  readonly #states: RevisionedStore[];
  #writes = 0;

  constructor() {
    super(3);
    this.#states = this.nodes.map(() => new RevisionedStore(new MemoryOrderedStore()));
    for (const [place, node] of this.nodes.entries()) node.answer = (request) => this.#answer(place, request);
  }

  /** A write that reaches only these nodes. */
  write(value: string, places: readonly number[]): void {
    this.#writes += 1;
    for (const place of places) this.#state(place).apply(this.#writes, putCommand(value));
  }

  #state(place: number): RevisionedStore {
    const state = this.#states[place];
    assert(state !== undefined);
    return state;
  }

  #answer(place: number, { kind, body }: Request): Uint8Array | ReturnType<typeof notLeader> {
    this.kinds.push(`${kind} at ${place}`);
    if (kind === 'stale-read') return this.#state(place).read(body).slice();
    if (kind === 'bounded-read') {
      const { query, staleMsMax } = decodeBoundedQuery(body);
      this.bounds.push(staleMsMax);
      return encodeBoundedAnswer({ staleMs: 40, answer: this.#state(place).read(query) });
    }
    if (place !== 0) return notLeader(1);
    if (kind === 'read') return this.#state(0).read(body).slice();
    this.#writes += 1;
    return this.#state(0).apply(this.#writes, body).reply.slice();
  }
}

function putCommand(value: string): Uint8Array {
  const writer = new ByteWriter(64);
  const put = {
    kind: 'put',
    key: utf8('k'),
    value: utf8(value),
    lease: 0,
    keepLease: false,
    wantPrevious: false,
  } as const;
  encodeCommand(writer, { session: undefined, fences: [], body: put });
  return writer.copy();
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

test('a session read never falls behind what this store object has seen, wherever it is answered', async () => {
  const cluster = new LaggingCluster();
  const { store } = cluster;
  cluster.write('old', [0, 1, 2]);
  // Nothing was seen yet, so any node will do.
  for (const _ of [1, 2, 3]) assert.equal((await store.get('k', { consistency: 'session' }))?.text, 'old');
  assert.deepEqual(cluster.kinds, ['stale-read at 1', 'stale-read at 2', 'stale-read at 0']);

  await store.put('k', 'mine');
  cluster.kinds.length = 0;
  const texts: (string | undefined)[] = [];
  for (const _ of [1, 2, 3]) texts.push((await store.get('k', { consistency: 'session' }))?.text);
  assert.deepEqual(texts, ['mine', 'mine', 'mine']);
  assert.deepEqual(cluster.kinds, [
    'stale-read at 1',
    'read at 0',
    'stale-read at 2',
    'read at 0',
    'stale-read at 0',
  ]);
  assert.equal((await store.get('k', { consistency: 'stale' }))?.text, 'old');
  await store.close();
});

test('what a strong read has seen, later session reads see too; another store object has seen nothing', async () => {
  const cluster = new LaggingCluster();
  cluster.write('old', [0, 1, 2]);
  cluster.write('new', [0]);
  const other = new Store({ client: cluster.client, clock: cluster.clock });
  assert.equal((await cluster.store.get('k'))?.text, 'new');
  assert.equal((await cluster.store.get('k', { consistency: 'session' }))?.text, 'new');
  assert.equal((await other.get('k', { consistency: 'session' }))?.text, 'old');
  await cluster.store.close();
});

test('a receipt tells what was asked and delivered, who answered, how often it was tried and how old it may be', async () => {
  const cluster = new LaggingCluster();
  const { store } = cluster;
  cluster.write('x', [0, 1, 2]);
  const receipts: Receipt[] = [];
  const receipt = (one: Receipt): void => void receipts.push(one);
  await store.get('k', { maxStaleness: '1s', receipt });
  await store.get('k', { receipt });
  await store.put('k', 'y', { receipt });
  // The next node is one that has not heard of the last write.
  await store.get('k', { consistency: 'session', receipt });
  const node = (port: number) => ({ host: 'node', port });
  const tookMs = 0;
  assert.deepEqual(receipts, [
    { asked: 'bounded', delivered: 'bounded', node: node(2), tries: 1, revision: 1, staleMs: 40, tookMs },
    { asked: 'strong', delivered: 'strong', node: node(1), tries: 1, revision: 1, tookMs },
    { asked: 'strong', delivered: 'strong', node: node(1), tries: 1, revision: 2, tookMs },
    { asked: 'session', delivered: 'strong', node: node(1), tries: 1, revision: 2, tookMs },
  ]);
  assert.deepEqual(cluster.bounds, [1_000]);
  await failsWith('invalid-option', store.get('k', { maxStaleness: '1s', consistency: 'stale' }));
  await store.close();
});

test('a call ends at its own deadline, and says what is known of its effect', async () => {
  const cluster = new LaggingCluster();
  const { store } = cluster;
  for (const node of cluster.nodes) node.answer = () => 'nothing';
  const read = store.get('k', { deadline: '50ms' });
  const write = store.put('k', 'x', { deadline: 50 });
  const other = store.get('k');
  const ends = Promise.all([failsWith('deadline-exceeded', read), failsWith('deadline-exceeded', write)]);
  await new Promise(setImmediate);
  cluster.clock.advance(50);
  await ends;
  await assert.rejects(read, { outcome: 'not-applied', data: { milliseconds: 50 } });
  await assert.rejects(write, { outcome: 'unknown' });
  cluster.clock.advance(5_000);
  await assert.rejects(other, { data: { milliseconds: 5_000 } });
  await store.close();
});
