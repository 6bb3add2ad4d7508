/** The parts of the engine on NATS that know no server: names, options and proofs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readStoredPlace } from '../../../src/engines/nats/answers.ts';
import { Call } from '../../../src/engines/nats/call.ts';
import { Gate } from '../../../src/engines/nats/gate.ts';
import { History } from '../../../src/engines/nats/history.ts';
import { natsSettings } from '../../../src/engines/nats/options.ts';
import { readDelivery } from '../../../src/engines/nats/stored-message.ts';
import { placeOf, sessionsPlace } from '../../../src/engines/nats/subjects.ts';
import { ManualClock } from '../../net/manual-clock.ts';

test('every name becomes one token of letters that NATS takes, and comes back', () => {
  const place = placeOf('Q', 'locks/orders');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
      const subject = place.subjectOf(name);
      assert.match(subject, /^Q\.locks\.orders\.[A-Za-z0-9_=-]+$/);
      assert.equal(place.nameOf(subject), name);
    }),
  );
});

test('names that differ have subjects that differ, and none of them is one of ours', () => {
  const place = placeOf('Q', 'a');
  const names = ['barrier', '=barrier', '=62arrier', 'a.b', 'a=b', 'a=2Eb', '*', '>', 'ü', 'u'];
  const subjects = [...names.map((name) => place.subjectOf(name)), place.barrier, place.floor];
  assert.equal(new Set(subjects).size, subjects.length);
  for (const own of [place.barrier, place.floor]) assert.equal(place.nameOf(own), undefined);
  assert.notEqual(placeOf('Q', '=sessions').filter, sessionsPlace('Q').filter);
});

test('tokens that we do not write are nobody’s names', () => {
  const place = placeOf('Q', 'a');
  for (const token of ['=', '=4', '=zz', '=2e', 'a.b', '=FF', ''])
    assert.equal(place.nameOf(`Q.a.${token}`), undefined);
});

test('where a message lies is read from both forms of its reply address', () => {
  const moment = 14_938_273_000_000;
  const expected = { sequence: 17, consumerSequence: 2, takenMs: 1_796_011_738_273, moment };
  for (const stream of ['Q.c', 'hub.ACCOUNT.Q.c'])
    assert.deepEqual(readDelivery(`$JS.ACK.${stream}.1.17.2.1796011738273000000.1`), expected);
  for (const reply of ['', '$JS.ACK.Q.c.1.17.2.x.1', '$JS.ACK.Q.c.1.17', '_INBOX.Q.c.1.17.2.1.1.1'])
    assert.throws(() => readDelivery(reply), { code: 'malformed-bytes' });
});

test('when a message was taken is told alike by who delivers it and by who is asked for it', () => {
  const moments = {
    '2026-11-30T04:08:58.273509501Z': '1796011738273509501',
    '2026-11-30T04:08:58.2735Z': '1796011738273500000',
    '2026-11-30T04:08:58Z': '1796011738000000000',
    '2026-11-30T23:59:59.999999999Z': '1796083199999999999',
  };
  for (const [time, nanoseconds] of Object.entries(moments)) {
    const { moment } = readDelivery(`$JS.ACK.Q.c.1.17.2.${nanoseconds}.1`);
    assert.deepEqual(readStoredPlace({ message: { seq: 17, time } }), { sequence: 17, moment });
  }
  for (const time of [undefined, '', '2026-11-30', '2026-11-30T04:08:58+01:00'])
    assert.throws(() => readStoredPlace({ message: { seq: 17, time } }), { code: 'malformed-bytes' });
});

const addresses: Readonly<Record<string, readonly [url: string, servers: string, tls: boolean]>> = {
  'one server': ['nats://one', 'one:4222', false],
  'several, with ports': ['nats://one:1,two:2', 'one:1 two:2', false],
  IPv6: ['nats://[::1]:5', '::1:5', false],
  TLS: ['natss://one/', 'one:4222', true],
};

for (const [name, [url, servers, tls]] of Object.entries(addresses))
  test(`an address: ${name}`, () => {
    const settings = natsSettings(url, {});
    assert.equal(settings.servers.map(({ host, port }) => `${host}:${port}`).join(' '), servers);
    assert.equal(settings.tls !== undefined, tls);
  });

test('who we are stands in the address or in the options, and in no error', () => {
  const { user, password } = natsSettings('nats://me:pa%25ss@one', {});
  assert.deepEqual([user, password], ['me', 'pa%ss']);
  assert.equal(natsSettings('nats://secret@one', {}).token, 'secret');
  for (const url of ['nats://me:hunter%2@one', 'http://me:hunter2@one', 'nats://me:hunter2@one:70000'])
    assert.throws(
      () => natsSettings(url, {}),
      (error: Error) => {
        assert.doesNotMatch(error.message, /hunter/);
        return true;
      },
    );
});

test('options that are none are refused', () => {
  const wrong = [
    { stream: 'a.b' },
    { prefix: '/a' },
    { domain: '>' },
    { copies: 2 as 1 },
    { deadline: '5x' as '5s' },
  ];
  for (const options of wrong)
    assert.throws(() => natsSettings('nats://one', options), { code: 'invalid-option' });
});

test('a proof is shared by those who came before it began, and by nobody who came later', async () => {
  const begun: PromiseWithResolvers<void>[] = [];
  const gate = new Gate(() => {
    const proof = Promise.withResolvers<void>();
    begun.push(proof);
    return proof.promise;
  });
  const first = gate.pass();
  const [second, third] = [gate.pass(), gate.pass()];
  assert.equal(begun.length, 1);
  begun[0]?.reject(new Error('lost'));
  await assert.rejects(first, /lost/);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(begun.length, 2, 'one proof for both who came while the first was under way');
  begun[1]?.resolve();
  await Promise.all([second, third]);
});

test('a history that has lost its beginning does not go on from there', () => {
  const history = new History();
  const at = (sequence: number): void =>
    history.add({ sequence, event: { kind: 'deleted', key: `a/${sequence}` } });
  for (let sequence = 1; sequence <= 4_096; sequence += 1) at(sequence);
  assert.equal(history.behind(4_090)?.length, 6);
  assert.equal(history.behind(0)?.length, 4_096);
  at(4_097);
  assert.equal(history.behind(0), undefined);
  assert.equal(history.behind(1)?.length, 4_096);
  history.loseUpTo(100);
  assert.deepEqual([history.behind(99), history.behind(100)?.length], [undefined, 3_997]);
});

test('a call that ends says whether something may have happened', async () => {
  const clock = new ManualClock();
  const never = new Promise<void>(() => undefined);
  for (const [mayHaveHappened, outcome] of [
    [false, 'not-applied'],
    [true, 'unknown'],
  ] as const) {
    using call = new Call({ clock, what: 'a test', deadlineMs: 1_000, signals: [] });
    call.mayHaveHappened = mayHaveHappened;
    const waiting = call.wait(never);
    clock.advance(1_000);
    await assert.rejects(waiting, { code: 'deadline-exceeded', outcome });
  }
  assert.equal(clock.timers, 0, 'no timer is left');
});
