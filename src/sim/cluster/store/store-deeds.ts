/**
 * The deeds of a client of the store. Registers lie under `reg/` and go into the history; everything else is judged
 * as it takes effect or by what watches tell. All values are numbers that no other write of the run has.
 */
import { ByteWriter, isQuorateError } from '../../../base/index.ts';
import type { WriteOptions } from '../../../client/index.ts';
import { encodeCommand } from '../../../mvcc/index.ts';
import { InvariantBroken } from '../invariants/index.ts';
import type { StoreClient } from './client-state.ts';
import { add, append, readCounter, readLine } from './counting-deeds.ts';

export type Deed = (self: StoreClient) => Promise<void>;

/** How often each is drawn, among the deeds that are not reads. */
const deeds: readonly (readonly [weight: number, deed: Deed])[] = [
  [20, write],
  [20, compareAndSet],
  [6, writePair],
  [8, writeLeased],
  [6, deleteSome],
  [10, lock],
  [14, writeGuarded],
  [3, unlock],
  [4, readStale],
  [2, compact],
  [10, ofSecondLevel(add)],
  [4, readCounter],
  [8, ofSecondLevel(append)],
  [3, readLine],
];

const total = deeds.reduce((sum, [weight]) => sum + weight, 0);
const locks = ['lock/1', 'lock/2'] as const;

export function drawDeed({ prng, options }: StoreClient): Deed {
  if (prng.chance(options.readShare)) return read;
  let left = prng.below(total);
  for (const [weight, deed] of deeds) {
    left -= weight;
    if (left < 0) return deed;
  }
  return write;
}

async function read(self: StoreClient): Promise<void> {
  const { recorded, store, seen } = self;
  const key = register(self);
  const { value } = await recorded.attempt({ f: 'read', key }, async () => {
    const entry = await store.get(key);
    return {
      value: entry === undefined ? null : Number(entry.text),
      revision: entry?.modifyRevision ?? 0,
    };
  });
  if (value !== null) seen.set(key, value);
}

async function write(self: StoreClient): Promise<void> {
  const { recorded, store, options } = self;
  const key = register(self);
  const value = options.nextValue();
  const how = writeOptions(self);
  await recorded.attempt({ f: 'write', key, value }, async () => {
    const { revision } = await store.put(key, String(value), how);
    options.truth.told(revision);
    return { revision };
  });
}

async function compareAndSet(self: StoreClient): Promise<void> {
  const { recorded, store, seen, options } = self;
  const key = register(self);
  const expected = seen.get(key);
  const value = options.nextValue();
  const how = writeOptions(self);
  await recorded.attempt({ f: 'cas', key, value: [expected ?? null, value] }, async () => {
    const { succeeded, revision, results } = await store.transaction(
      {
        when: [
          expected === undefined
            ? { target: 'absent', keys: key }
            : { target: 'value', keys: key, operator: 'equal', value: String(expected) },
        ],
        onSuccess: [{ kind: 'put', key, value: String(value) }],
        onFailure: [{ kind: 'get', keys: key }],
      },
      how,
    );
    options.truth.told(revision);
    if (succeeded) {
      seen.set(key, value);
      return { value: true, revision };
    }
    const [got] = results;
    const [entry] = got?.kind === 'get' ? got.entries : [];
    if (entry !== undefined) seen.set(key, Number(entry.text));
    return { value: false, revision: entry?.modifyRevision ?? 0 };
  });
}

/** Two keys at one revision, which a watch must not tear apart. */
async function writePair(self: StoreClient): Promise<void> {
  const { store, options } = self;
  const value = String(options.nextValue());
  await store.transaction(
    {
      onSuccess: ['pair/a', 'pair/b'].map((key) => ({ kind: 'put', key, value })),
    },
    writeOptions(self),
  );
}

async function writeLeased(self: StoreClient): Promise<void> {
  const { store, options, session, prng } = self;
  if (session === undefined) return;
  const key = `leased/${options.name}/${prng.below(3)}`;
  await store.put(key, String(options.nextValue()), { lease: session.id, ...writeOptions(self) });
}

async function deleteSome(self: StoreClient): Promise<void> {
  const { store, options, prng } = self;
  const keys = prng.pick(['pair/a', { prefix: 'pair/' }, { prefix: `leased/${options.name}/` }]);
  await store.delete(keys, writeOptions(self));
}

/** Whoever makes the key holds the lock, while its session lives. */
async function lock(self: StoreClient): Promise<void> {
  const { store, options, session, prng } = self;
  if (session === undefined || self.held !== undefined) return;
  const key = prng.pick(locks);
  const value = String(options.nextValue());
  const { succeeded, revision } = await store.transaction(
    {
      when: [{ target: 'absent', keys: key }],
      onSuccess: [{ kind: 'put', key, value, lease: session.id }],
    },
    { session },
  );
  if (!succeeded) return;
  self.held = { key, token: revision };
  options.monitor.count('locks taken');
}

/** Shows the token that it has, also long after the lock went to somebody else. */
async function writeGuarded(self: StoreClient): Promise<void> {
  const { store, options, held, prng } = self;
  if (held === undefined) return;
  const { key, token } = held;
  const fence = prng.chance(0.3) ? { key: `far/${key}`, token, isElsewhere: true } : { key, token };
  try {
    await store.put(`guarded/${key}`, String(options.nextValue()), {
      fences: [fence],
      ...writeOptions(self),
    });
  } catch (error) {
    if (prng.chance(0.3)) self.held = undefined;
    throw error;
  }
}

async function unlock(self: StoreClient): Promise<void> {
  const { store, held, prng } = self;
  if (held === undefined) return;
  await store.delete(held.key, { fences: [held], ...writeOptions(self) });
  if (prng.chance(0.5)) self.held = undefined;
}

/** An old answer is one all the same: it was true once. */
async function readStale(self: StoreClient): Promise<void> {
  const { store, options } = self;
  const { entries, revision } = await store.list({ prefix: 'reg/' }, { consistency: 'stale' });
  options.truth.told(revision);
  for (const entry of entries) {
    if (entry.modifyRevision > revision)
      throw new InvariantBroken(`a read as of ${revision} shows the revision ${entry.modifyRevision}`);
    options.truth.shown(entry.key, entry, entry.text);
  }
}

/** Forgets history behind the present, so that some watch begins too late. */
async function compact(self: StoreClient): Promise<void> {
  const { client, store, prng } = self;
  const { revision } = await store.list('reg/1', { keysOnly: true });
  const upTo = revision - prng.below(40);
  if (upTo <= 0) return;
  const writer = new ByteWriter(64);
  encodeCommand(writer, {
    session: undefined,
    fences: [],
    body: { kind: 'compact', revision: upTo },
  });
  await client.command(0, writer.copy(), { isRepeatable: true });
}

/** Counted as of the new release where the cluster is upgraded meanwhile; it is not waited for until it may be done. */
function ofSecondLevel(deed: (self: StoreClient, how: WriteOptions) => Promise<void>): Deed {
  return async (self) => {
    const { monitor, writesInSecondForm } = self.options;
    if (!writesInSecondForm) return await deed(self, writeOptions(self));
    try {
      await deed(self, { deadline: '500ms', ...writeOptions(self) });
      monitor.count('commands of the new release carried out');
    } catch (error) {
      if (isQuorateError(error) && (isTooNew(error) || isTooNew(error.cause)))
        monitor.count('commands of the new release refused');
      throw error;
    }
  };
}

function isTooNew(error: unknown): boolean {
  return isQuorateError(error) && (error.code === 'level-too-low' || error.code === 'command-unknown');
}

function register({ prng, options }: StoreClient): string {
  return `reg/${prng.below(options.keys)}`;
}

/** Often under the session, so that what is sent again is carried out once. */
function writeOptions({ prng, session }: StoreClient): WriteOptions {
  return session !== undefined && prng.chance(0.6) ? { session } : {};
}
