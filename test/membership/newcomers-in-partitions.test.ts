/** Members that come while a partition lasts, and members that never come back, over real gossip in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartitionOptions } from '../../src/membership/index.ts';
import { Town, townsfolk } from './simulated-members.ts';

const all = townsfolk(5);
const majority = ['a', 'b', 'c'];
const newcomers = ['p', 'q', 'r', 's'];

/** Of whom all count; newcomers find them by `d`. */
async function settledTown(partition: PartitionOptions): Promise<Town> {
  const seeds = ['d:7946'];
  const place = new Town(all, { member: (name) => ({ partition, ...(name > 'e' && { seeds }) }) });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  await place.until('all say that they count', () => all.every((name) => saysSettled(place, name)), 400_000);
  return place;
}

function saysSettled(place: Town, name: string): boolean {
  return place.member('a').member(name)?.metadata.labels?.['quorate/settled'] === '1';
}

function going(place: Town, names: readonly string[]): string {
  return names.filter((name) => place.member(name).partition?.access === 'full').join('');
}

test('newcomers that outnumber the others do not make their side the majority, and count when it is over', async () => {
  const place = await settledTown({ strategy: { kind: 'keep-majority' } });
  for (const name of newcomers) place.add(name);
  place.world.apply({ kind: 'partition', sides: [majority, ['d', 'e', ...newcomers]] });
  await place.live(300_000);
  assert.equal(going(place, [...all, ...newcomers]), 'abc');
  place.world.heal();
  await place.until('all are whole', () => going(place, [...all, ...newcomers]) === 'abcdepqrs');
  await place.until(
    'newcomers say that they count',
    () => newcomers.every((name) => saysSettled(place, name)),
    400_000,
  );
  place.member('p').setMetadata({ zone: 'north' });
  await place.live(5_000);
  assert.equal(place.member('a').member('p')?.metadata.zone, 'north');
  assert.ok(saysSettled(place, 'p'), 'whatever the program says of it');
});

test('who is lost for long enough is forgotten by a side that goes on, and newcomers hear nothing of it', async () => {
  const place = await settledTown({ strategy: { kind: 'keep-majority' }, forgetLostAfter: '10m' });
  for (const name of ['d', 'e']) place.world.apply({ kind: 'crash', machine: name, unsynced: 'keep' });
  await place.live(300_000);
  assert.deepEqual(place.member('a').partition, { state: 'up', access: 'full', alive: 3, known: 5 });
  await place.live(400_000);
  for (const name of majority) {
    assert.deepEqual(place.member(name).partition, { state: 'whole', access: 'full', alive: 3, known: 3 });
    assert.equal(place.member(name).member('d'), undefined);
  }
});

test('a member that starts on a losing side hears of the lost also when they are forgotten', async () => {
  const seeds = ['d:7946'];
  const partition: PartitionOptions = { strategy: { kind: 'keep-majority' } };
  const gossip = { forgetAfter: '30s' } as const;
  const place = new Town(all, { member: (name) => ({ partition, gossip, ...(name > 'e' && { seeds }) }) });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  await place.live(60_000);
  place.world.apply({ kind: 'partition', sides: [majority, ['d', 'e']] });
  await place.until('d knows nothing of them', () => place.member('d').members.length === 2);
  place.add('p');
  place.world.apply({ kind: 'partition', sides: [majority, ['d', 'e', 'p']] });
  await place.live(60_000);
  assert.deepEqual(place.member('p').partition, {
    state: 'degraded',
    access: 'read-only',
    alive: 3,
    known: 6,
  });
  assert.deepEqual(
    place.member('p').members.map(({ id }) => id),
    ['d', 'e', 'p'],
    'to gossip they are nobody',
  );
});

test('a side that would give way may refuse before it is judged', async () => {
  const place = await settledTown({ strategy: { kind: 'keep-majority' }, whileDeciding: 'read-only' });
  place.world.apply({ kind: 'partition', sides: [majority, ['d', 'e']] });
  await place.until('d has lost all of them', () => place.member('d').partition?.alive === 2);
  assert.deepEqual(place.member('d').partition, {
    state: 'deciding',
    access: 'read-only',
    alive: 2,
    known: 5,
  });
  await place.until('a has lost both', () => place.member('a').partition?.alive === 3);
  assert.equal(going(place, majority), 'abc');
});
