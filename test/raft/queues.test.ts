import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FollowerReads } from '../../src/raft/follower-reads.ts';
import { emptyConfiguration, type Message, RaftGroup } from '../../src/raft/index.ts';
import { IndexedReads } from '../../src/raft/indexed-reads.ts';
import { LeaderReads } from '../../src/raft/leader-reads.ts';
import { Outbox } from '../../src/raft/outbox.ts';
import { acceptedLetter, appendLetter, heartbeatLetter, pulseLetter } from './letters.ts';
import { entriesOf } from './logs.ts';

/** A script of small whole numbers, each of which a test reads as one step. */
const script = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 80 });

/** What each message that was handed over waits for, by the rules in words. */
class OutboxModel {
  readonly outbox: Outbox = new Outbox();
  #serial = 0;
  #issued = 0;
  #durable = 0;
  #hardStateDirty = false;
  #logDirty = false;
  #hardStateAt = 0;
  #waiting: { readonly id: number; readonly until: number }[] = [];

  take(step: number, size: number): void {
    if (step === 0) this.#markHardState();
    else if (step === 1) this.#markLog();
    else if (step === 2) this.outbox.send(this.#letter(0));
    else if (step <= 4)
      this.outbox.sendAfterHardState(
        this.#letter(this.#hardStateDirty ? this.#issued + 1 : this.#hardStateAt),
      );
    else if (step <= 6)
      this.outbox.sendAfterLog(this.#letter(this.#isDirty ? this.#issued + 1 : this.#issued));
    else if (step === 7 && this.#isDirty) this.#beginPersist();
    else if (step === 8) this.#answer(Math.min(this.#issued, this.#durable + size));
    else if (step === 9 && size === 0) this.#forget();
  }

  check(): void {
    assert.equal(this.outbox.needsPersist, this.#isDirty);
    assert.equal(this.outbox.isPersisting, this.#durable < this.#issued);
    assert.equal(this.outbox.hardStateDurable, !this.#hardStateDirty && this.#hardStateAt <= this.#durable);
    const left = this.outbox.take().map((message) => (message.kind === 'read-request' ? message.context : 0));
    const due = this.#waiting.filter(({ until }) => until <= this.#durable).map(({ id }) => id);
    assert.deepEqual(
      left.sort((a, b) => a - b),
      due,
    );
    this.#waiting = this.#waiting.filter(({ until }) => until > this.#durable);
  }

  get #isDirty(): boolean {
    return this.#hardStateDirty || this.#logDirty;
  }

  #letter(until: number): Message {
    this.#serial += 1;
    this.#waiting.push({ id: this.#serial, until });
    return { kind: 'read-request', group: 1, from: 1, to: 2, term: 1, context: this.#serial };
  }

  #markHardState(): void {
    this.outbox.markHardState();
    this.#hardStateDirty = true;
  }

  #markLog(): void {
    this.outbox.markLog();
    this.#logDirty = true;
  }

  #beginPersist(): void {
    this.#issued += 1;
    assert.equal(this.outbox.beginPersist(), this.#issued);
    if (this.#hardStateDirty) this.#hardStateAt = this.#issued;
    this.#hardStateDirty = false;
    this.#logDirty = false;
  }

  #answer(sequence: number): void {
    this.#durable = sequence;
    this.outbox.persisted(sequence);
  }

  #forget(): void {
    this.outbox.forgetWaiting();
    this.#waiting = this.#waiting.filter(({ until }) => until <= this.#durable);
  }
}

test('outbox: nothing leaves before what it waits for is durable, and nothing waits longer', () => {
  fc.assert(
    fc.property(script, (steps) => {
      const model = new OutboxModel();
      for (const [step, size] of steps) {
        model.take(step, size);
        model.check();
      }
    }),
    { numRuns: 1000 },
  );
});

test('outbox: only a persist that was issued can be answered', () => {
  assert.throws(() => new Outbox().persisted(1), { name: 'AssertionFailure' });
  assert.throws(() => new Outbox().beginPersist(), { name: 'AssertionFailure' });
});

test('leader reads: each is confirmed once, by the first round that began after it', () => {
  fc.assert(
    fc.property(script, (steps) => {
      const reads = new LeaderReads();
      const roundOf = new Map<number, number>();
      const confirmed = new Set<number>();
      let serial = 0;
      let early: number[] = [];
      let round = 0;
      for (const [step, size] of steps) {
        if (step <= 2) {
          serial += 1;
          reads.add({ from: 1, id: serial, index: 5 });
          roundOf.set(serial, round + 1);
        } else if (step === 3) {
          serial += 1;
          reads.addEarly(1, serial);
          early.push(serial);
        } else if (step === 4) {
          reads.admitEarly(7);
          for (const id of early) roundOf.set(id, round + 1);
          early = [];
        } else if (step <= 6) {
          round += 1;
          assert.equal(reads.beginRound(round * 10), round);
        } else {
          const answered = Math.max(0, round - size);
          for (const { id } of reads.confirm(answered)) {
            assert((roundOf.get(id) as number) <= answered, 'its round was answered');
            assert(!confirmed.has(id), 'it is confirmed once');
            confirmed.add(id);
          }
        }
        const fresh = [...roundOf.values()].filter((its) => its > round).length;
        assert.equal(reads.needsRound, fresh > 0);
        assert.equal(reads.size, serial - confirmed.size);
      }
      const left = reads.takeAll().map(({ id }) => id);
      assert.equal(left.length, serial - confirmed.size, 'what was not confirmed is still there');
      assert.equal(reads.size, 0);
    }),
    { numRuns: 1000 },
  );
});

test('leader reads: the lease runs from the latest round that was answered, and a forfeited one never again', () => {
  const reads = new LeaderReads();
  for (const now of [10, 20, 30]) reads.beginRound(now);
  assert.equal(reads.leaseFrom, Number.NEGATIVE_INFINITY);
  reads.confirm(2);
  assert.equal(reads.leaseFrom, 20);
  reads.confirm(1);
  assert.equal(reads.leaseFrom, 20);
  reads.forfeitLease();
  assert.equal(reads.leaseFrom, Number.NEGATIVE_INFINITY);
  reads.beginRound(40);
  reads.confirm(4);
  assert.equal(reads.leaseFrom, Number.NEGATIVE_INFINITY);
});

test('follower reads: each ends once, by an answer, by time, or with the leader', () => {
  fc.assert(
    fc.property(script, (steps) => {
      const reads = new FollowerReads(1000);
      const open = new Set<number>();
      const contexts: number[] = [];
      let serial = 0;
      const end = (ids: readonly number[]): void => {
        for (const id of ids) assert(open.delete(id), `read ${id} ends once`);
      };
      for (const [step, size] of steps) {
        if (step <= 3) {
          serial += 1;
          reads.add(serial);
          open.add(serial);
        } else if (step <= 5 && reads.hasGathered) contexts.push(reads.ask(1 + size));
        else if (step <= 7) end(reads.answered(contexts[size % Math.max(1, contexts.length)] ?? 1));
        else if (step === 8) end(reads.tick());
        else if (size === 0) end(reads.takeAll());
        assert.equal(reads.size, open.size);
      }
      assert.equal(new Set(contexts).size, contexts.length, 'no question bears the number of another');
      if (reads.hasGathered) reads.ask(3);
      for (let tick = 0; tick < 12; tick += 1) end(reads.tick());
      assert.equal(open.size, 0, 'in time all have ended');
    }),
    { numRuns: 1000 },
  );
});

test('indexed reads: each is released once, when the state machine has reached its index', () => {
  fc.assert(
    fc.property(script, (steps) => {
      const reads = new IndexedReads();
      const indexOf = new Map<number, number>();
      let applied = 0;
      let serial = 0;
      for (const [step, size] of steps) {
        if (step <= 5) {
          const ids = Array.from({ length: 1 + (size % 3) }, (_, place) => serial + place + 1);
          serial += ids.length;
          const index = applied + 1 + size;
          reads.add(index, ids, 1000);
          for (const id of ids) indexOf.set(id, index);
        } else {
          applied += size % 4;
          const ready: number[] = [];
          reads.release(applied, ready);
          for (const id of ready) {
            assert((indexOf.get(id) as number) <= applied);
            assert(indexOf.delete(id), 'once');
          }
          assert(
            [...indexOf.values()].every((index) => index > applied),
            'none is left behind',
          );
        }
        assert.equal(reads.size, indexOf.size);
      }
    }),
    { numRuns: 500 },
  );
});

test('indexed reads: those that the log does not reach in time are given up, and the others are not', () => {
  const reads = new IndexedReads();
  reads.add(5, [1, 2], 3);
  reads.add(9, [3], 3);
  assert.deepEqual(reads.tick(5), []);
  reads.add(9, [4], 3);
  assert.deepEqual([...reads.tick(5), ...reads.tick(5)], [3, 4]);
  for (let tick = 0; tick < 20; tick += 1) assert.deepEqual(reads.tick(5), []);
  assert.equal(reads.size, 2);
});

test('a follower whose disk hangs gathers no answers without end, whatever its leader asks meanwhile', () => {
  const configuration = { ...emptyConfiguration, voters: [1, 2, 3] };
  const follower = new RaftGroup({ group: 1, member: 2, seed: 1 }, { configuration });
  const ends = { from: 1, to: 2, term: 1 };
  const entries = entriesOf([1, 1, 1]);
  follower.step({ kind: 'receive', message: appendLetter(ends, { entries }) });
  const { persist } = follower.output() ?? {};
  for (let round = 1; round <= 1_000; round += 1) {
    follower.step({ kind: 'receive', message: heartbeatLetter(ends, { round }) });
    follower.step({ kind: 'receive', message: appendLetter(ends, { previous: [3, 1] }) });
    follower.step({ kind: 'receive', message: appendLetter(ends, { entries }) });
    assert.equal(follower.output(), undefined, 'nothing may leave');
  }
  follower.step({ kind: 'persisted', sequence: persist?.sequence ?? 0 });
  const answers = { from: 2, to: 1, term: 1 };
  assert.deepEqual(follower.output()?.messages, [acceptedLetter(answers, 3), pulseLetter(answers, 1_000)]);
});

test('of two acknowledgements that wait for the same write the greater one leaves', () => {
  const outbox = new Outbox();
  const answers = { from: 2, to: 1, term: 1 };
  outbox.markLog();
  for (const match of [4, 7, 5]) outbox.sendAfterLog(acceptedLetter(answers, match));
  outbox.persisted(outbox.beginPersist());
  assert.deepEqual(outbox.take(), [acceptedLetter(answers, 7)]);
});
