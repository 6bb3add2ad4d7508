/** A member as its program has it: what it can be told, who hears of changes, and how everything ends. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import {
  checkMembership,
  joinMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
  type MissedEvents,
  seedsBeside,
} from '../../src/membership/index.ts';
import { failsWith, patterned, throwsWith } from '../ports/expectations.ts';
import { Town, townsfolk } from './simulated-members.ts';

const all = townsfolk(4);

async function town(member?: (name: string) => Partial<MembershipOptions>): Promise<Town> {
  const place = new Town(all, member === undefined ? {} : { member });
  await place.until('everybody knows everybody', () => place.agree(all, all));
  return place;
}

test('members and live are the same arrays until something changes, in the order of ids', async () => {
  const place = await town();
  const member = place.member('b');
  const { members, live } = member;
  await place.live(5_000);
  assert.equal(member.members, members);
  assert.equal(member.live, live);
  assert.deepEqual(
    members.map(({ id }) => id),
    all,
  );
  void place.member('d').leave();
  await place.until('d has left', () => member.live !== live);
  assert.deepEqual(
    [member.live.length, member.members.length, live.length],
    [3, 4, 4],
    'who has left is known and does not live',
  );
});

describe('a listener', () => {
  test('hears until it is disposed, and one that throws harms nobody', async () => {
    const place = await town();
    const member = place.member('a');
    const heard: string[] = [];
    const bad = member.subscribe(() => {
      throw new Error('a mistake of the program');
    });
    const good = member.subscribe(({ kind }) => void heard.push(kind));
    place.member('b').setMetadata({ zone: 'north' });
    await place.until('the change is heard', () => heard.includes('updated'));
    assert.equal(member.counters.listenerFailures, 1);
    assert.deepEqual(
      place.logged.map(({ event }) => event),
      ['a listener of membership failed'],
    );
    bad[Symbol.dispose]();
    good[Symbol.dispose]();
    place.member('b').setMetadata({ zone: 'south' });
    await place.live(5_000);
    assert.deepEqual(heard, ['updated']);
    assert.equal(member.counters.listenerFailures, 1);
  });

  test('may change what it listens to, and all hear in the order of what happened', async () => {
    const place = await town();
    const member = place.member('a');
    const zones: (string | undefined)[] = [];
    const note = (event: MembershipEvent): void => {
      if (event.kind === 'updated') zones.push(event.member.metadata.zone);
    };
    member.subscribe((event) => {
      if (event.kind === 'updated' && event.member.metadata.zone === 'one')
        member.setMetadata({ zone: 'two' });
    });
    member.subscribe(note);
    member.setMetadata({ zone: 'one' });
    assert.deepEqual(zones, ['one', 'two']);
  });
});

describe('changes', () => {
  async function read(
    stream: AsyncIterableIterator<MembershipEvent | MissedEvents>,
    count: number,
  ): Promise<(MembershipEvent | MissedEvents)[]> {
    const events: (MembershipEvent | MissedEvents)[] = [];
    while (events.length < count) {
      const { done, value } = await stream.next();
      if (done === true) break;
      events.push(value);
    }
    return events;
  }

  test('wait for a slow reader up to a bound, and say how many it missed', async () => {
    const place = await town(() => ({ changesMax: 3 }));
    const member = place.member('a');
    const changes = member.changes();
    for (let count = 1; count <= 5; count += 1) member.setMetadata({ zone: String(count) });
    const events = await read(changes, 3);
    assert.deepEqual(
      events.map((event) => (event.kind === 'updated' ? event.member.metadata.zone : event)),
      [{ kind: 'missed', events: 3 }, '4', '5'],
    );
    await changes.return?.();
    member.setMetadata({ zone: 'unheard' });
    assert.deepEqual(await changes.next(), { done: true, value: undefined });
  });

  test('end with the member, behind what was noticed before', async () => {
    const place = await town();
    const member = place.member('a');
    const changes = member.changes();
    const waiting = member.changes().next();
    member.setMetadata({ zone: 'last' });
    assert.equal((await waiting).done, false);
    await member.close();
    assert.deepEqual(
      (await read(changes, 5)).map(({ kind }) => kind),
      ['updated'],
    );
    assert.deepEqual(await member.changes().next(), { done: true, value: undefined });
  });

  test('end by their signal, and leave no listener on it', async () => {
    const place = await town();
    const controller = new AbortController();
    const { signal } = controller;
    const changes = place.member('a').changes({ signal });
    const waiting = changes.next();
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    assert.deepEqual(await changes.next(), { done: true, value: undefined });
    const late = place.member('a').changes({ signal });
    await assert.rejects(late.next(), reason);
  });
});

describe('until', () => {
  test('holds at once or after a change, and ends by its signal or with the member', async () => {
    const place = await town();
    const member = place.member('a');
    assert.equal(await member.until((members) => members.length === 4), member.members);
    const controller = new AbortController();
    const { signal } = controller;
    const aborted = member.until(() => false, { signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(aborted, reason);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    await assert.rejects(
      member.until(() => false, { signal }),
      reason,
    );

    const mistaken = member.until((members) => {
      if (members[0]?.metadata.zone !== undefined) throw new Error('a mistake of the program');
      return false;
    });
    const patient = member.until((members) => members[0]?.metadata.zone === 'here');
    const endless = failsWith(
      'closed',
      member.until(() => false),
    );
    member.setMetadata({ zone: 'here' });
    await assert.rejects(mistaken, /a mistake of the program/);
    await patient;
    await member.close();
    assert.match((await endless).message, /member a has left or was closed; join again/);
    await failsWith(
      'closed',
      member.until(() => true),
    );
  });
});

test('a free port is free for packets and connections', async () => {
  const place = new Town([], { strangers: ['a'] });
  let address = '';
  await place.tell('a', async (machine) => {
    // Of the next ports that a machine gives out for connections, some are taken for datagrams.
    for (const taken of [49_153, 49_154, 49_155]) {
      await machine.datagrams.open({ address: { host: 'a', port: taken } }, () => undefined);
    }
    const member = await joinMembership({ id: 'a', cluster: 'test', keys: 'none', listen: 'a:0', machine });
    address = member.address;
    const listener = await machine.network.listen({ address: { host: 'a', port: 49_153 } }, () => undefined);
    await listener.close();
    await member.close();
  });
  assert.equal(address, 'a:49156');
});

test('closing twice is one, and what is closed takes nothing', async () => {
  const place = await town();
  const member = place.member('a');
  await Promise.all([member.close(), member.close(), member.leave()]);
  throwsWith('closed', () => member.setMetadata({}));
  await place.live(60_000);
  const rest = all.filter((name) => name !== 'a');
  assert.ok(place.agree(rest, rest), 'the others have found it dead');
  assert.ok(place.heard('b').some(({ kind }) => kind === 'failed'));
});

test('a goodbye that nobody hears ends when its time is over, and its wait by a signal', async () => {
  const place = await town();
  place.world.apply({ kind: 'crash', machine: 'b', unsynced: 'keep' });
  const member = place.member('a');
  const reason = new Error('no patience');
  await assert.rejects(member.leave({ timeout: 1_000, signal: AbortSignal.abort(reason) }), reason);
  let isOver = false;
  void member.leave().then(() => {
    isOver = true;
  });
  await place.until('it is closed', () => isOver, 1_100);
});

test('a port that breaks its promise ends this member with a word, and not the process', async () => {
  const place = await town();
  const member = place.member('a');
  const waiting = failsWith(
    'closed',
    member.until(() => false),
  );
  const machine = place.world.machine('a').processes[0];
  assert.ok(machine !== undefined);
  const cause = new Error('no clock any more');
  Object.assign(machine.clock, {
    wall: () => {
      throw cause;
    },
  });
  await place.until('it has failed', () => member.failed.aborted);
  assert.equal(member.failed.reason, cause);
  const error = await waiting;
  assert.equal(error.cause, cause);
  assert.match(error.message, /member a stopped by a failure/);
  assert.deepEqual(
    place.logged.map(({ event }) => event),
    ['membership failed'],
  );
});

test('a port that cannot be closed is written down, and everybody who waits for the end is told', async () => {
  const place = new Town([], { strangers: ['a'] });
  const cause = new Error('this port stays open');
  let ended = 0;
  await place.tell('a', async (machine) => {
    const datagrams: typeof machine.datagrams = {
      open: async (options, received) => {
        const socket = await machine.datagrams.open(options, received);
        return Object.assign(socket, { close: () => Promise.reject(cause) });
      },
    };
    const ports = { ...machine, datagrams };
    const member = await joinMembership({
      id: 'a',
      cluster: 'test',
      keys: 'none',
      listen: 'a:1',
      machine: ports,
    });
    for (const end of [member.close(), member.close(), member.leave()]) {
      await end;
      ended += 1;
    }
  });
  assert.equal(ended, 3);
  assert.deepEqual(
    place.logged.map(({ event, fields: { error } }) => [event, error]),
    [['membership did not close', cause]],
  );
});

describe('options', () => {
  const right: MembershipOptions = {
    id: 'a',
    cluster: 'test',
    keys: [patterned(32)],
    listen: '127.0.0.1:0',
  };
  const wrong: readonly (readonly [string, Partial<Record<keyof MembershipOptions, unknown>>, RegExp])[] = [
    ['no keys', { keys: undefined }, /keys is undefined, but must be a list of keys, or 'none'/],
    ['a key that is none', { keys: ['secret'] }, /keys\[0\] is "a string"/],
    ['no id', { id: '' }, /actor|id/],
    ['no cluster', { cluster: '' }, /cluster is ""/],
    ['a port that is none', { listen: '127.0.0.1:99999' }, /listen\.port is 99999/],
    ['text that is no address', { listen: 'localhost' }, /listen is "localhost", but must be host:port/],
    [
      'an address that nobody finds',
      { listen: '0.0.0.0:0' },
      /advertise is undefined, but must be an address/,
    ],
    ['a seed without a port', { seeds: ['10.0.0.1'] }, /seeds\[0\] is "10\.0\.0\.1"/],
    ['a seed that is none', { seeds: [null] }, /seeds\[0\] is null, but must be host:port/],
    [
      'a host that crowds packets',
      { seeds: [{ host: 'h'.repeat(300), port: 1 }] },
      /seeds\[0\]\.host is "hhh/,
    ],
    ['seeds that are no list', { seeds: 'a:1' }, /seeds is "a:1", but must be a list/],
    ['no stall', { stallMin: 0 }, /stallMin is 0, but must be at least 1 ms/],
    ['no room for changes', { changesMax: 0 }, /changesMax is 0/],
    [
      'packets that no datagram carries',
      { gossip: { packetBytesMax: 1_390 } },
      /gossip\.packetBytesMax is 1390, but must be at most 1362/,
    ],
    [
      'metadata that is too much',
      { metadata: { zone: 'z'.repeat(600) } },
      /metadata is "6\d\d bytes", but must be at most 512/,
    ],
    ['clocks without a bound', { clocks: { skewMax: -1 } }, /skewMax is -1/],
  ];
  for (const [title, options, message] of wrong) {
    test(`with ${title} are refused, and nothing stays open`, async () => {
      const refused = await failsWith(
        'invalid-option',
        joinMembership({ ...right, ...options } as MembershipOptions),
      );
      assert.match(refused.message, message);
      // What datagrams carry only the machine tells.
      if (title === 'packets that no datagram carries') return;
      const before = throwsWith('invalid-option', () =>
        checkMembership({ ...right, ...options } as MembershipOptions),
      );
      assert.equal(before.message, refused.message);
    });
  }

  test('may name a seed beside each voter of a cluster', () => {
    assert.deepEqual(seedsBeside('quorate://user@10.0.0.1:7701,[fd00::2]:7701/?x', 7946), [
      { host: '10.0.0.1', port: 7946 },
      { host: 'fd00::2', port: 7946 },
    ]);
    throwsWith('invalid-option', () => seedsBeside('redis://', 7946));
  });
});

test('an ended member does not keep its process: everything it opened is closed', async () => {
  const open = (): number =>
    process.getActiveResourcesInfo().filter((name) => /TCP|UDP|Timeout/.test(name)).length;
  // What earlier tests opened may still be about to go.
  for (let turn = 0; turn < 100 && open() > 0; turn += 1) await new Promise(setImmediate);
  const before = open();
  let member: Membership | undefined;
  {
    await using used = await joinMembership({
      id: 'a',
      cluster: 'test',
      keys: 'none',
      listen: '127.0.0.1:0',
      seeds: ['127.0.0.1:9'],
    });
    member = used;
    assert.equal(used.live.length, 1);
    assert.ok(open() > before);
  }
  await assert.rejects(
    member.until(() => true),
    isQuorateError,
  );
  for (let turn = 0; turn < 100 && open() > before; turn += 1) await new Promise(setImmediate);
  assert.equal(open(), before);
});
