/**
 * The store as a group's state machine on one member: what it decides while that member leads, and what it
 * tells subscribers, as the node drives it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StoreMachine } from '../../src/node/index.ts';
import { encoded, Member, put } from './store-member.ts';
import { bytes } from './test-cluster.ts';

test('a lease ends by the clock of the member that leads, and by no other', () => {
  const member = new Member();
  const { body } = member.apply({ kind: 'lease-grant', lease: 0, ttlMs: 1000, session: 0 });
  assert.ok(body.kind === 'lease');
  member.apply(put('lock', 'mine', body.lease));
  member.pass(5000, undefined);
  const watch = member.watch();
  const leadership = member.lead(3);
  member.pass(990, leadership);
  assert.deepEqual(watch.lines, ['started 1']);
  member.pass(20, leadership);
  member.tellAll();
  assert.deepEqual(watch.lines, ['started 1', '2 expired lock=']);
});

test('a lease that is granted and renewed while a member leads ends a whole time after the last renewal', () => {
  const member = new Member();
  const leadership = member.lead(1);
  member.pass(10, leadership);
  const { body } = member.apply({ kind: 'lease-grant', lease: 7, ttlMs: 1000, session: 0 });
  assert.ok(body.kind === 'lease');
  for (let turn = 0; turn < 10; turn += 1) {
    member.pass(610, leadership);
    assert.equal(member.apply({ kind: 'lease-keep-alive', lease: 7 }).body.kind, 'lease');
  }
  member.pass(990, leadership);
  assert.equal(member.apply({ kind: 'lease-keep-alive', lease: 7 }).body.kind, 'lease');
  member.pass(1020, leadership);
  assert.equal(member.apply({ kind: 'lease-keep-alive', lease: 7 }).body.kind, 'refused');
});

test('in another term of leading the clock begins with what the log knows', () => {
  const member = new Member();
  member.apply({ kind: 'lease-grant', lease: 7, ttlMs: 1000, session: 0 });
  member.pass(400, member.lead(1));
  member.pass(900, member.lead(2));
  assert.equal(member.apply({ kind: 'lease-keep-alive', lease: 7 }).body.kind, 'lease');
});

test('what a client may not send is refused with a reason, and all else is nobody’s business here', () => {
  const { machine } = new Member();
  assert.equal(machine.refusal(encoded({ kind: 'lease-expire', leases: [] }))?.code, 'not-for-clients');
  assert.equal(machine.refusal(encoded({ kind: 'lease-checkpoint', leases: [] }))?.code, 'not-for-clients');
  for (const body of [put('a'), { kind: 'compact', revision: 1 } as const])
    assert.equal(machine.refusal(encoded(body)), undefined);
});

test('a command of a later release, or of none, stays out of the log', () => {
  const machine = new StoreMachine();
  const known = encoded(put('k'));
  for (const [place, value] of [
    [0, 99],
    [1, 99],
  ] as const) {
    const unknown = known.slice();
    unknown[place] = value;
    const refusal = machine.refusal(unknown);
    assert.deepEqual([refusal?.code, refusal?.outcome], ['command-unknown', 'not-applied']);
    assert.match(refusal?.message ?? '', /knows no command .*99/);
  }
  assert.equal(machine.refusal(new Uint8Array(0))?.code, 'command-unknown');
});

test('a watch tells where it begins, and then every change, with what was before where that was asked for', () => {
  const member = new Member();
  member.apply(put('a', '1'));
  const watch = member.watch({ wantPrevious: true });
  member.apply(put('a', '2'));
  member.apply({ kind: 'delete', range: { start: bytes('a'), end: undefined }, wantPrevious: false });
  member.tellAll();
  assert.deepEqual(watch.lines, ['started 1', '2 put a=2 was 1', '3 delete a= was 2']);
});

test('a watch from the past hears all of it before anything new, and a transaction as one', () => {
  const member = new Member();
  member.apply(put('a', '1'));
  member.apply({
    kind: 'transaction',
    compares: [],
    onSuccess: [put('b', '2'), put('c', '2')],
    onFailure: [],
  });
  const watch = member.watch({ from: 1 });
  member.apply(put('d', '3'));
  assert.deepEqual(watch.lines, ['started 0']);
  member.tellAll();
  member.apply(put('e', '4'));
  member.tellAll();
  assert.deepEqual(watch.lines.slice(1), ['1 put a=1', '2 put b=2', '2 put c=2', '3 put d=3', '4 put e=4']);
});

test('a subscriber that takes no more is left alone until it asks, and then misses nothing', () => {
  const member = new Member();
  const slow = member.watch();
  const quick = member.watch();
  slow.isFull = true;
  for (let count = 1; count <= 100; count += 1) {
    member.apply(put('k', String(count)));
    member.tellAll();
  }
  assert.deepEqual(slow.lines, ['started 0', '1 put k=1']);
  assert.equal(quick.lines.length, 101);
  slow.isFull = false;
  slow.subscription.resume();
  member.tellAll();
  assert.deepEqual(slow.lines, quick.lines);
});

test('what one turn brings is one item, the same for all who hear the same, and waits only so long', () => {
  const member = new Member();
  const watches = [member.watch(), member.watch(), member.watch({ wantPrevious: true })] as const;
  for (let count = 1; count <= 3; count += 1) member.apply(put('k', String(count)));
  assert.deepEqual(watches[0].lines, ['started 0']);
  member.tellAll();
  const [first, second, third] = watches.map(({ items }) => items.slice(1));
  assert.equal(first?.length, 1);
  assert.equal(first?.[0], second?.[0], 'the very same bytes');
  assert.notEqual(first?.[0], third?.[0]);
  assert.deepEqual(watches[0].lines.slice(1), ['1 put k=1', '2 put k=2', '3 put k=3']);
  const large = 'x'.repeat(100_000);
  for (let count = 0; count < 3; count += 1) member.apply(put('k', large));
  assert.equal(watches[0].lines.length, 7, 'so much is told before the turn is over');
});

test('who comes and who goes in the middle of a turn hears its own part of it', () => {
  const member = new Member();
  const goes = member.watch();
  member.apply(put('k', '1'));
  const comes = member.watch();
  member.apply(put('k', '2'));
  goes.subscription.close();
  member.apply(put('k', '3'));
  member.tellAll();
  assert.deepEqual(goes.lines, ['started 0', '1 put k=1', '2 put k=2']);
  assert.deepEqual(comes.lines, ['started 1', '2 put k=2', '3 put k=3']);
});

test('35 · a watch whose next change is compacted is told so, and a new one from there too', () => {
  const member = new Member();
  const slow = member.watch();
  slow.isFull = true;
  for (let count = 1; count <= 10; count += 1) {
    member.apply(put('k', String(count)));
    member.tellAll();
  }
  member.apply({ kind: 'compact', revision: 8 });
  slow.isFull = false;
  slow.subscription.resume();
  member.tellAll();
  assert.deepEqual(slow.lines, ['started 0', '1 put k=1']);
  assert.equal(slow.ended?.code, 'compacted');
  assert.throws(() => member.watch({ from: 2 }), { code: 'compacted' });
  slow.subscription.resume();
  slow.subscription.close();
});

test('35 · a watch from a revision to come hears nothing before it', () => {
  const member = new Member();
  const watch = member.watch({ from: 3 });
  for (const name of ['a', 'b', 'c', 'd']) member.apply(put(name));
  member.tellAll();
  assert.deepEqual(watch.lines, ['started 2', '3 put c=', '4 put d=']);
});

test('35 · a mark of progress comes behind everything up to it, to watches that asked for it', () => {
  const member = new Member();
  member.apply(put('old'));
  const quiet = member.watch({ range: { start: bytes('z'), end: undefined }, wantProgress: true });
  const deaf = member.watch({ range: { start: bytes('z'), end: undefined } });
  const late = member.watch({ from: 1, wantProgress: true });
  member.apply(put('a'));
  member.pass(10, undefined);
  assert.deepEqual(late.lines, ['started 0', 'progress 0']);
  member.tellAll();
  member.apply(put('b'));
  member.pass(10_000, undefined);
  assert.deepEqual(quiet.lines, ['started 1', 'progress 2', 'progress 3', 'progress 3']);
  assert.deepEqual(deaf.lines, ['started 1']);
  assert.deepEqual(late.lines.slice(2), ['1 put old=', '2 put a=', '3 put b=', 'progress 3', 'progress 3']);
});

test('a closed watch hears nothing more', () => {
  const member = new Member();
  const watch = member.watch();
  watch.subscription.close();
  member.apply(put('a'));
  watch.subscription.close();
  assert.deepEqual(watch.lines, ['started 0']);
});

test('a snapshot that takes the place of the state costs no watcher a change, or says that it does', async () => {
  const [ahead, behind] = [new Member(), new Member()];
  for (const member of [ahead, behind]) member.apply(put('a', '1'));
  const live = behind.watch();
  const stopped = behind.watch();
  const lost = behind.watch({ from: 1 });
  stopped.isFull = true;
  for (const member of [ahead, behind]) member.apply(put('a', '2'));
  for (const value of ['3', '4', '5']) ahead.apply(put('a', value));
  ahead.apply({ kind: 'compact', revision: 2 });
  const chunks = [...ahead.machine.snapshot()].map((chunk) => chunk.slice());
  await behind.machine.restore(
    ahead.machine.applied,
    (async function* () {
      yield* chunks;
    })(),
  );
  behind.apply(put('a', '6'));
  behind.tellAll();
  const all = ['started 1', '2 put a=2', '3 put a=3', '4 put a=4', '5 put a=5', '6 put a=6'];
  assert.deepEqual(live.lines, all);
  assert.deepEqual(stopped.lines, all.slice(0, 2));
  stopped.isFull = false;
  stopped.subscription.resume();
  behind.tellAll();
  assert.deepEqual(stopped.lines, all);
  assert.equal(lost.ended?.code, 'compacted');
  ahead.apply(put('a', '6'));
  assert.equal(behind.machine.hash(), ahead.machine.hash());
});
