/**
 * Strangers, mistaken neighbours and broken clocks: a machine that is no member sends to all members whatever it
 * likes. Each kind is refused with a count, nobody is accused of anything, and nothing is written to a log.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Prng } from '../../src/base/index.ts';
import { Swim, swimSettings } from '../../src/gossip/index.ts';
import { Envelope, type EnvelopeOptions } from '../../src/membership/envelope.ts';
import type { RefusalReason } from '../../src/membership/index.ts';
import { framed } from '../../src/membership/message-frame.ts';
import type { Machine } from '../../src/ports/index.ts';
import { realCryptography } from '../../src/ports/real/index.ts';
import { healthy, type Letter, written } from '../gossip/solo.ts';
import { patterned } from '../ports/expectations.ts';
import { clusterKey, port, Town, townsfolk } from './simulated-members.ts';

const all = townsfolk(5);

async function town(): Promise<Town> {
  const place = new Town(all, { strangers: ['stranger'], wallOffsetMsMax: 0 });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  return place;
}

function envelope({ random }: Machine, options: Partial<EnvelopeOptions> = {}): Envelope {
  return new Envelope({
    cluster: 'town',
    keys: [clusterKey],
    cryptography: realCryptography(),
    random,
    ...options,
  });
}

function letter(machine: Machine, words: Letter): Uint8Array {
  return envelope(machine).close(written({ ...words, cluster: 'town' }));
}

/** The first word of a newcomer at the stranger’s address, who says that it is in this incarnation. */
function firstWord(incarnation: number): Uint8Array {
  const newcomer = new Swim({
    id: 'x',
    cluster: 'town',
    address: 'stranger:1',
    incarnation,
    options: { incarnationJumpMax: 2 ** 48 },
    random: new Prng(1),
    nowMs: 0,
  });
  const [send] = newcomer.join([`a:${port}`], { nowMs: 0, wallMs: 0 }).sends;
  assert.ok(send !== undefined);
  return send.bytes;
}

const lie = firstWord(2 ** 45);

const packets: readonly (readonly [
  title: string,
  reason: RefusalReason,
  make: (machine: Machine, count: number, to: string) => Uint8Array,
])[] = [
  [
    'garbage',
    'malformed',
    (_machine, count) => {
      const prng = new Prng(count);
      return Uint8Array.from({ length: prng.below(1_400) }, () => prng.below(256));
    },
  ],
  ['a format of tomorrow', 'unknown-version', (machine) => envelope(machine).close(patterned(100))],
  ['half a word', 'malformed', (machine) => envelope(machine).close(lie.slice(0, -1))],
  [
    'a key that nobody has',
    'wrong-key',
    (machine) => envelope(machine, { keys: [patterned(32, 9)] }).close(lie),
  ],
  [
    'the right key in a cluster of another name',
    'wrong-cluster',
    (machine) => envelope(machine, { cluster: 'city' }).close(lie),
  ],
  ['no key', 'unsealed', (machine) => envelope(machine, { keys: 'none' }).close(lie)],
  ['an incarnation that nobody reaches', 'far-incarnation', (machine) => envelope(machine).close(lie)],
  [
    'more than a member sends in a packet',
    'oversized',
    (machine) => envelope(machine).close(patterned(1_300)),
  ],
  [
    'the word that a member is somewhere else',
    'conflict',
    (machine) => letter(machine, { sender: 'x', claims: [healthy('c', 2 ** 31 + 7, 'stranger:1')] }),
  ],
  [
    'the name of their receiver as that of their sender',
    'own-id',
    (machine, _count, to) => letter(machine, { sender: to }),
  ],
  [
    'a question for somebody else',
    'wrong-target',
    (machine) => letter(machine, { sender: 'x', body: { kind: 'ping', sequence: 1, target: 'y' } }),
  ],
  [
    'answers to no question',
    'unasked',
    (machine, count) =>
      letter(machine, { sender: 'x', body: { kind: 'ack', sequence: 2 ** 40 + count, heardMs: 0 } }),
  ],
];

for (const [title, reason, make] of packets) {
  test(`packets with ${title} are refused as ${reason}, and no member suffers`, async () => {
    const place = await town();
    await place.tell('stranger', async (machine) => {
      const socket = await machine.datagrams.open(
        { address: { host: 'stranger', port: 1 } },
        () => undefined,
      );
      for (let count = 0; count < 100; count += 1) {
        for (const name of all) socket.send(make(machine, count, name), { host: name, port });
      }
    });
    await place.live(60_000);
    for (const name of all) {
      const { refused } = place.member(name).counters;
      assert.ok(refused[reason] >= 100, `${name} has refused ${refused[reason]} as ${reason}`);
      assert.equal(place.member(name).localHealth, 1, `${name} is well`);
    }
    assert.ok(place.agree(all, all));
    assert.deepEqual(place.accused(), []);
    assert.deepEqual(place.logged, []);
  });
}

test('more requests to ask others than there is room for are refused, and their asker alone waits', async () => {
  const place = await town();
  await place.tell('stranger', async (machine) => {
    const socket = await machine.datagrams.open({ address: { host: 'stranger', port: 1 } }, () => undefined);
    for (let count = 0; count < 300; count += 1) {
      const body = { kind: 'ask', sequence: count, target: 'x', targetAddress: 'stranger:2' } as const;
      socket.send(letter(machine, { sender: 'x', body }), { host: 'a', port });
    }
  });
  await place.live(60_000);
  assert.ok(place.member('a').counters.refused['too-many-relays'] > 0);
  assert.ok(place.agree(all, all));
  assert.deepEqual(place.accused(), []);
});

test('members beyond those that there is room for are refused, and those that are there stay', async () => {
  const place = new Town(all, {
    strangers: ['stranger'],
    wallOffsetMsMax: 0,
    member: () => ({ gossip: { membersMax: all.length } }),
  });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  await place.tell('stranger', async (machine) => {
    const socket = await machine.datagrams.open({ address: { host: 'stranger', port: 1 } }, () => undefined);
    for (let count = 0; count < 100; count += 1) {
      const claims = [healthy(`x${count}`, 1, 'stranger:1')];
      socket.send(letter(machine, { sender: `x${count}`, claims }), { host: 'a', port });
    }
  });
  await place.live(60_000);
  assert.ok(place.member('a').counters.refused['too-many-members'] >= 100);
  assert.ok(place.agree(all, all));
  assert.deepEqual(place.accused(), []);
});

test('a packet that is sent again is refused as replay, and says nothing a second time', async () => {
  const place = await town();
  await place.tell('stranger', async (machine) => {
    const socket = await machine.datagrams.open({ address: { host: 'stranger', port: 1 } }, () => undefined);
    const again = envelope(machine).close(firstWord(1));
    for (let count = 0; count < 10; count += 1) socket.send(again.slice(), { host: 'a', port });
  });
  await place.live(1_000);
  assert.ok(place.member('a').counters.refused.replay >= 9);
});

describe('a connection', () => {
  /** Sends bytes to member `a` over connections of their own, and keeps them open unless told otherwise. */
  async function connecting(count: number, bytes: Uint8Array, end: boolean): Promise<Town> {
    const place = await town();
    await place.tell('stranger', async ({ network }) => {
      for (let left = count; left > 0; left -= 1) {
        const connection = await network.connect({ address: { host: 'a', port } });
        connection.start({
          received: () => undefined,
          drained: () => undefined,
          ended: () => undefined,
          closed: () => undefined,
        });
        connection.write(bytes.slice());
        if (end) connection.end();
      }
    });
    return place;
  }

  test('that announces more than fits into memory is cut before it sends it', async () => {
    const place = await connecting(1, Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 1), false);
    await place.live(100);
    assert.equal(place.member('a').counters.refused.oversized, 1);
  });

  test('that ends in the middle of its message is refused', async () => {
    const place = await connecting(1, Uint8Array.of(100, 0, 0, 0, 1), true);
    await place.live(100);
    assert.equal(place.member('a').counters.refused.incomplete, 1);
  });

  test('that brings more than its message is refused', async () => {
    const place = await connecting(1, Uint8Array.of(1, 0, 0, 0, 1, 2), false);
    await place.live(100);
    assert.equal(place.member('a').counters.refused.malformed, 1);
  });

  test('whose message cannot be opened is refused', async () => {
    const place = await connecting(1, Uint8Array.of(3, 0, 0, 0, 1, 2, 3), true);
    await place.live(100);
    assert.equal(place.member('a').counters.refused.malformed, 1);
  });

  test('that has waited for longest gives its place to a newer one, whether it has said nothing or nonsense', async () => {
    for (const bytes of [new Uint8Array(2), Uint8Array.of(3, 0, 0, 0, 1, 2, 3)]) {
      const place = await connecting(32, bytes, false);
      await place.live(100);
      await place.tell('stranger', async (machine) => {
        const connection = await machine.network.connect({ address: { host: 'a', port } });
        connection.start({
          received: () => undefined,
          drained: () => undefined,
          ended: () => undefined,
          closed: () => undefined,
        });
        const address = 'stranger:7946';
        const body = { kind: 'exchange', cluster: 'town', address, wantsReply: false } as const;
        const message = letter(machine, { sender: 'f', body, claims: [healthy('f', 0, address)] });
        connection.write(framed(message));
      });
      await place.live(100);
      assert.equal(place.member('a').member('f')?.address, 'stranger:7946');
      // Whoever has said something was heard, and loses nothing.
      assert.equal(place.member('a').counters.refused.busy, bytes.length === 2 ? 1 : 0);
    }
  });

  test('that says nothing holds a place for ten seconds or until it is wanted, and there are so many places', async () => {
    const place = await connecting(40, new Uint8Array(2), false);
    await place.live(100);
    assert.equal(place.member('a').counters.refused.busy, 8);
    assert.equal(place.member('a').counters.refused.incomplete, 0);
    await place.live(12_000);
    assert.equal(place.member('a').counters.refused.incomplete, 32);
    assert.ok(place.agree(all, all));
    assert.deepEqual(place.accused(), []);
  });
});

test('of a member that was forgotten, because what was said of it cannot be true, the clock is forgotten too', async () => {
  const place = await town();
  const member = place.member('a');
  const clocks = (): string[] => member.clocks.peers.map(({ peer }) => peer);
  await place.until('its clock is known', () => clocks().includes('b'));
  const known = member.member('b');
  assert.ok(known !== undefined);
  const jump = swimSettings().incarnationJumpMax;
  let kept: boolean | undefined;
  member.subscribe((event) => {
    if (event.kind === 'forgotten' && event.member.id === 'b') kept ??= clocks().includes('b');
  });
  await place.tell('stranger', async (machine) => {
    const socket = await machine.datagrams.open({ address: { host: 'stranger', port: 1 } }, () => undefined);
    for (const jumps of [1, 2]) {
      const claim = healthy('b', known.incarnation + jumps * jump, known.address);
      socket.send(letter(machine, { sender: 'b', incarnation: claim.incarnation, claims: [claim] }), {
        host: 'a',
        port,
      });
    }
  });
  await place.until('it was forgotten', () => kept !== undefined);
  assert.equal(kept, false);
});

test('a clock an hour ahead is told to who has it and to the others, and changes nothing else', async () => {
  const place = new Town(all, { wallOffsetMsMax: 0 });
  place.world.apply({ kind: 'clock-jump', machine: 'c', byMs: 3_600_000 });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  await place.live(60_000);
  const own = place.heard('c').find(({ kind }) => kind === 'clock-skewed');
  assert.ok(own?.kind === 'clock-skewed', 'c was told');
  assert.ok(Math.abs(own.offsetMs + 3_600_000) < 1_000, `by ${own.offsetMs} ms`);
  for (const name of all.filter((other) => other !== 'c')) {
    const wrong = place.heard(name).filter(({ kind }) => kind === 'clocks-wrong');
    assert.deepEqual(wrong, [{ kind: 'clocks-wrong', ids: ['c'] }], `${name} knows whose clock is wrong`);
    assert.equal(
      place.heard(name).some(({ kind }) => kind === 'clock-skewed'),
      false,
    );
  }
  assert.ok(place.agree(all, all));
  assert.deepEqual(place.accused(), []);

  place.world.apply({ kind: 'clock-jump', machine: 'c', byMs: -3_600_000 });
  await place.live(660_000);
  assert.ok(place.heard('c').some(({ kind }) => kind === 'clock-stepped'));
  assert.ok(place.heard('c').some(({ kind }) => kind === 'clock-right'));
  assert.deepEqual(place.heard('a').at(-1), { kind: 'clocks-wrong', ids: [] });
  assert.deepEqual(place.accused(), []);
});

test('a machine that was suspended notices, and nobody whom it missed is accused by it', async () => {
  const place = await town();
  place.world.apply({ kind: 'suspend', machine: 'c', forMs: 4_000 });
  await place.live(60_000);
  assert.deepEqual(
    place.accused().filter((id) => id !== 'c'),
    [],
  );
  assert.ok(place.agree(all, all));
});
