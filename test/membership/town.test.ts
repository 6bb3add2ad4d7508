/** Members on simulated machines in virtual time: they find each other, notice who is gone, and heal. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PhiAccrualDetector } from '../../src/membership/index.ts';
import { Town, townsfolk } from './simulated-members.ts';

test('a few dozen members find each other, notice who crashed, and take it back', async () => {
  const all = townsfolk(40);
  const town = new Town(all, { network: { datagramLossChance: 0.02 } });
  await town.until('everybody knows everybody', () => town.agree(all, all));
  const { messagesSent, messagesReceived } = town.member('a').counters;
  assert.ok(messagesSent > 0 && messagesReceived > 0, 'what is too large for a packet went over connections');

  const dead = ['f', 'm', 'z'];
  const rest = all.filter((name) => !dead.includes(name));
  for (const name of dead) town.world.apply({ kind: 'crash', machine: name, unsynced: 'keep' });
  await town.until('the rest knows who is gone', () => town.agree(rest, rest));
  for (const name of rest) {
    const failed = town.heard(name).flatMap((event) => (event.kind === 'failed' ? [event.member.id] : []));
    assert.deepEqual(failed.sort(), dead, `${name} took nobody else for dead`);
  }

  town.world.heal();
  await town.until('everybody is back', () => town.agree(all, all));
});

test('both sides of a partition bury the other, and are one again when it heals', async () => {
  const [left, right] = [
    ['a', 'b', 'c'],
    ['d', 'e'],
  ];
  const all = [...left, ...right];
  const town = new Town(all);
  await town.until('everybody knows everybody', () => town.agree(all, all));
  town.world.apply({ kind: 'partition', sides: [left, right] });
  await town.until('each side is alone', () => town.agree(left, left) && town.agree(right, right));
  town.world.heal();
  await town.until('all are one', () => town.agree(all, all));
});

test('a member that stands still for five seconds is not buried, and knows that it stood still', async () => {
  const all = townsfolk(6);
  const town = new Town(all);
  await town.until('everybody knows everybody', () => town.agree(all, all));
  town.world.apply({ kind: 'stall', machine: 'c', forMs: 5_000 });
  await town.live(60_000);
  assert.deepEqual(
    [...town.events.values()].flat().filter(({ kind }) => kind === 'failed'),
    [],
  );
  assert.deepEqual(
    town.accused().filter((id) => id !== 'c'),
    [],
    'nobody else was suspected',
  );
  assert.equal(town.member('c').counters.stalls, 1);
  assert.ok(town.agree(all, all));
});

test('who leaves is gone for everybody at once, and suspected by nobody', async () => {
  const all = townsfolk(8);
  const town = new Town(all);
  await town.until('everybody knows everybody', () => town.agree(all, all));
  let hasLeft = false;
  const leaver = town.member('d');
  void Promise.all([leaver.leave(), leaver.leave()]).then(() => {
    hasLeft = true;
  });
  const rest = all.filter((name) => name !== 'd');
  await town.until('everybody knows that it left', () => town.agree(rest, rest), 5_000);
  await town.until('it is closed', () => hasLeft, 10_000);
  for (const name of rest) assert.equal(town.member(name).member('d')?.status, 'LEFT', name);
  assert.deepEqual(town.accused(), []);
  const sentBefore = leaver.counters.packetsSent;
  await town.live(20_000);
  assert.equal(leaver.counters.packetsSent, sentBefore, 'it says nothing more');
});

test('what a member says of itself reaches everybody', async () => {
  const all = townsfolk(8);
  const town = new Town(all, { member: (name) => ({ metadata: { zone: name < 'e' ? 'west' : 'east' } }) });
  await town.until('everybody knows everybody', () => town.agree(all, all));
  assert.equal(town.member('a').member('h')?.metadata.zone, 'east');
  town.member('h').setMetadata({ zone: 'north', load: 0.5, capabilities: ['store'] });
  await town.until('everybody has heard', () =>
    all.every((name) => town.member(name).member('h')?.metadata.zone === 'north'),
  );
  assert.deepEqual(town.member('a').member('h')?.metadata, {
    zone: 'north',
    load: 0.5,
    capabilities: ['store'],
  });
});

test('keys are exchanged while everything runs, and nobody notices', async () => {
  const all = townsfolk(5);
  const [oldKey, newKey] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const town = new Town(all, { member: () => ({ keys: [oldKey] }) });
  await town.until('everybody knows everybody', () => town.agree(all, all));
  for (const keys of [[oldKey, newKey], [newKey, oldKey], [newKey]]) {
    for (const name of all) {
      town.member(name).setKeys(keys);
      await town.live(3_000);
    }
    await town.live(10_000);
  }
  assert.deepEqual(town.accused(), []);
  for (const name of all) assert.equal(town.member(name).counters.refused['wrong-key'], 0, name);
});

test('seeds may come late, from a function that fails at first, and a member that was alone still joins', async () => {
  let asked = 0;
  const town = new Town(['a', 'c'], {
    member: (name) =>
      name === 'a'
        ? { seeds: [] }
        : {
            seeds: async () => {
              asked += 1;
              if (asked < 3) throw new Error('the voters do not answer yet');
              return [{ host: 'a', port: 7946 }];
            },
          },
  });
  await town.until('both are there', () => town.members.size === 2);
  await town.until('they know each other', () => town.agree(['a', 'c'], ['a', 'c']));
  assert.equal(town.member('c').counters.seedFailures, 2);
  assert.equal(asked, 3);
});

test('seeds that a function never gives are given up, and it is asked again', async () => {
  const signals: AbortSignal[] = [];
  const hanging = ({ signal }: { readonly signal: AbortSignal }): string[] | Promise<string[]> => {
    signals.push(signal);
    return signals.length < 3 ? new Promise<string[]>(() => undefined) : ['a:7946'];
  };
  const town = new Town(['a', 'c'], { member: (name) => ({ seeds: name === 'c' ? hanging : [] }) });
  await town.until('it has found a', () => town.agree(['a', 'c'], ['a', 'c']), 120_000);
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true, false],
  );
  assert.equal(town.member('c').counters.seedFailures, 2);
  await town.member('c').close();
});

test('two seeds that start in any order, and both before the other answers, find each other', async () => {
  const town = new Town(['a', 'b']);
  town.world.apply({ kind: 'isolate', machine: 'a', forMs: 20_000 });
  await town.live(20_000);
  assert.ok(town.agree(['a'], ['a']) && town.agree(['b'], ['b']));
  await town.until('they know each other', () => town.agree(['a', 'b'], ['a', 'b']), 20_000);
});

test('a detector of the program’s own hears what the member hears, and has its own opinion', async () => {
  const all = townsfolk(5);
  const detector = new PhiAccrualDetector();
  const town = new Town(all, { member: (name) => (name === 'a' ? { detector } : {}) });
  await town.until('everybody knows everybody', () => town.agree(all, all));
  await town.live(60_000);
  const now = (): number => town.world.machine('a').processes[0]?.clock.now() ?? Number.NaN;
  for (const id of ['b', 'c', 'd', 'e']) assert.equal(detector.judge(id, now()).status, 'HEALTHY', id);
  void town.member('e').leave();
  town.world.apply({ kind: 'crash', machine: 'c', unsynced: 'keep' });
  await town.until('a knows', () => town.agree(['a'], ['a', 'b', 'd']));
  assert.equal(detector.judge('e', now()).status, 'LEFT');
  assert.ok(detector.judge('c', now()).suspicion > detector.judge('b', now()).suspicion);
});

test('one seed gives one run', async () => {
  const hashes: string[] = [];
  for (let run = 0; run < 2; run += 1) {
    const town = new Town(townsfolk(5), { seed: 7, network: { datagramLossChance: 0.1 } });
    town.world.apply({ kind: 'crash', machine: 'd', unsynced: 'keep', forMs: 20_000 });
    await town.live(40_000);
    hashes.push(town.world.traceHash());
  }
  assert.equal(hashes[0], hashes[1]);
});
