/**
 * Random commands, applied by the store and by the model. They must agree on every answer, on every revision
 * that can still be read and on every change; a store that was restored from a snapshot, or opened again after
 * a crash, must not be told apart from one that never stopped.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { auditState, decodeReply, RevisionedStore, SnapshotRestore } from '../../src/mvcc/index.ts';
import type { OrderedStore } from '../../src/ports/index.ts';
import { MemoryMedium, MemoryOrderedStore } from '../../src/storage/index.ts';
import { bare, encode, everything, get } from './commands.ts';
import { Model, type ModelEvent } from './model.ts';
import { drawnCommand, resolve } from './random-commands.ts';
import { assertProperty, Story } from './story.ts';

const steps = fc.array(fc.tuple(drawnCommand, fc.nat(20)), { minLength: 20, maxLength: 120, size: 'max' });

/** What happens to the second store between two commands, by a number that is drawn with each. */
const restoreAt = 7;
const crashAt = 13;

test('store and model agree on every answer, change and revision, whatever commands come', () => {
  const property = fc.property(steps, (drawn) => {
    const story = new Story();
    story.tell(() => {
      const ordered = new MemoryOrderedStore();
      const store = new RevisionedStore(ordered);
      const model = new Model();
      for (const [index, [step]] of drawn.entries()) {
        const command = resolve(step, model);
        story.sent(index + 1, command);
        const expected = model.apply(index + 1, command);
        const applied = store.apply(index + 1, encode(command));
        assert.deepEqual(decodeReply(applied.reply), expected);
        assert.equal(store.revision, model.revision);
        assert.equal(applied.revision === 0 ? 0 : model.revision, applied.revision);
        assert.equal(applied.eventCount, applied.revision === 0 ? 0 : model.events[applied.revision]?.length);
      }
      compareReads(store, model);
      compareKeys(store, model);
      compareChanges(store, model);
      compareLeases(store, model);
      store.prepareCommit();
      assert.deepEqual(auditState(ordered), []);
    });
  });
  assertProperty(property, 150);
});

test('a member that restores snapshots and crashes stays equal to one that does neither', () => {
  const property = fc.property(steps, (drawn) => {
    const story = new Story();
    story.tell(() => {
      const steady = new RevisionedStore(new MemoryOrderedStore());
      const model = new Model();
      let other = new Restless();
      const log: Uint8Array[] = [];
      for (const [index, [step, fate]] of drawn.entries()) {
        const command = resolve(step, model);
        story.sent(index + 1, command);
        model.apply(index + 1, command);
        log.push(encode(command));
        steady.apply(index + 1, log[index] as Uint8Array);
        other.catchUp(log);
        assert.equal(other.store.stateHash(), steady.stateHash());
        if (fate === restoreAt) {
          story.note('restored from a snapshot');
          other = Restless.restored(steady);
        } else if (fate === crashAt) {
          story.note('crashed');
          other.crash(log);
        }
      }
      assert.equal(other.store.stateHash(), steady.stateHash());
      assert.deepEqual(chunksOf(other.store), chunksOf(steady));
      other.store.prepareCommit();
      assert.deepEqual(auditState(other.ordered), []);
    });
  });
  assertProperty(property, 150);
});

/** A store whose process dies now and then, after a commit that may lie some commands back. */
class Restless {
  readonly #medium = new MemoryMedium();
  ordered: OrderedStore = this.#medium.open();
  store: RevisionedStore = new RevisionedStore(this.ordered);

  static restored(from: RevisionedStore): Restless {
    const restless = new Restless();
    const restore = new SnapshotRestore(restless.ordered);
    for (const chunk of chunksOf(from)) {
      restore.accept(chunk);
      void restless.ordered.commit(0);
    }
    restore.finish();
    restless.store = new RevisionedStore(restless.ordered);
    void restless.ordered.commit(restless.store.appliedIndex);
    return restless;
  }

  catchUp(log: readonly Uint8Array[]): void {
    for (let index = this.store.appliedIndex; index < log.length; index += 1) {
      this.store.apply(index + 1, log[index] as Uint8Array);
      if (index % 5 === 0) void this.ordered.commit(this.store.prepareCommit());
    }
  }

  crash(log: readonly Uint8Array[]): void {
    this.ordered = this.#medium.open();
    this.store = new RevisionedStore(this.ordered);
    assert.equal(this.store.appliedIndex, this.ordered.appliedIndex);
    this.catchUp(log);
  }
}

function chunksOf(store: RevisionedStore): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const snapshot = store.snapshot({ chunkBytes: 300 });
  for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) chunks.push(chunk);
  return chunks;
}

function compareReads(store: RevisionedStore, model: Model): void {
  for (let revision = Math.max(model.compacted, 1); revision <= model.revision; revision += 1) {
    for (const descending of [false, true]) {
      const reply = decodeReply(store.read(encode(bare(get(everything, { revision, descending })))));
      const entries = model.list(everything, revision);
      if (descending) entries.reverse();
      assert.deepEqual(reply.body, {
        kind: 'get',
        entries,
        count: entries.length,
        more: false,
        resume: undefined,
      });
    }
  }
}

/** One key at a time is read in another way than a range. */
function compareKeys(store: RevisionedStore, model: Model): void {
  const names = new Map(model.past.flatMap((keys) => [...keys].map(([name, { key }]) => [name, key])));
  for (let revision = Math.max(model.compacted, 1); revision <= model.revision; revision += 3) {
    for (const start of names.values()) {
      const range = { start, end: undefined };
      const entries = model.list(range, revision);
      const { body } = decodeReply(store.read(encode(bare(get(range, { revision })))));
      assert.deepEqual(body.kind === 'get' && body.entries, entries);
    }
  }
}

function compareChanges(store: RevisionedStore, model: Model): void {
  const expected: ModelEvent[] = model.events.slice(model.compacted + 1).flat();
  const cursor = store.history(model.compacted + 1, model.revision + 1);
  const found: ModelEvent[] = [];
  while (cursor.next()) {
    const { kind, key, value, createRevision, revision, version, lease, previous } = cursor.event;
    const before = previous.revision === 0 ? undefined : store.event(previous);
    const entry = { key, value, createRevision, modifyRevision: revision, version, lease };
    found.push({ kind, entry, previous: before?.kind === 'put' ? keyValueOf(before) : undefined });
  }
  assert.deepEqual(found, expected);
}

function keyValueOf(event: NonNullable<ReturnType<RevisionedStore['event']>>): ModelEvent['entry'] {
  const { key, value, createRevision, revision, version, lease } = event;
  return { key, value, createRevision, modifyRevision: revision, version, lease };
}

function compareLeases(store: RevisionedStore, model: Model): void {
  const entries = model.list(everything);
  const expected = [...model.leases].map(([lease, { session, ttlMs, remainingMs, renewals, answers }]) => {
    const keyCount = entries.filter((entry) => entry.lease === lease).length;
    return { lease, session, isSession: answers !== undefined, ttlMs, remainingMs, renewals, keyCount };
  });
  assert.deepEqual(
    [...store.leases()].sort((left, right) => left.lease - right.lease),
    expected.sort((left, right) => left.lease - right.lease),
  );
}
