/** Which question has which answer, row by row, through the bytes of both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/base/index.ts';
import { DnsAnswerer, type DnsWay } from '../../../src/discovery/dns/dns-answerer.ts';
import { DnsCounters } from '../../../src/discovery/dns/dns-counters.ts';
import { DnsZone, type DnsZoneOptions } from '../../../src/discovery/dns/dns-zone.ts';
import { ServiceNames } from '../../../src/discovery/dns/service-names.ts';
import { ViewShelf } from '../../../src/discovery/dns/view-shelf.ts';
import type { Instance } from '../../../src/discovery/index.ts';
import { ManualClock } from '../../net/manual-clock.ts';
import { HeldView, instance } from './dns-ground.ts';
import {
  nameBytes,
  type QuestionOptions,
  questionBytes,
  type ReadReply,
  readReply,
  word,
} from './dns-messages.ts';

const udp: DnsWay = { transport: 'udp', bytesMax: 1232 };
const tcp: DnsWay = { transport: 'tcp', bytesMax: 65_535 };

interface Asked {
  readonly services: Readonly<Record<string, readonly Instance[]>>;
  readonly zone?: Partial<DnsZoneOptions>;
  readonly way?: DnsWay;
  readonly seed?: number;
}

function answererOf({ services, zone = {}, seed = 1 }: Asked): {
  answerer: DnsAnswerer;
  counters: DnsCounters;
} {
  const counters = new DnsCounters();
  const clock = new ManualClock();
  const shelf = new ViewShelf({
    views: (service) => new HeldView(service, services[service] ?? []),
    clock,
    namesMax: 100,
    openingsMax: 10,
    readyMsMax: 1000,
    strangersMax: 100,
    strangerMsMax: 1000,
  });
  const made = new DnsZone({ negativeTtlS: 5, ...zone }, new Prng(seed));
  const failed = (service: string, error: unknown): void => {
    throw new Error(`${service} cannot be looked up`, { cause: error });
  };
  const everyMs = 1000;
  const names = new ServiceNames({ names: undefined, clock, everyMs, readMsMax: everyMs, failed });
  const answerer = new DnsAnswerer({ zone: made, names, shelf, counters, ttlS: 5, failed });
  return { answerer, counters };
}

async function ask(asked: Asked, name: string, options: QuestionOptions = {}): Promise<ReadReply> {
  const reply = await answererOf(asked).answerer.answer(questionBytes(name, options), asked.way ?? udp);
  assert.ok(reply !== undefined);
  return readReply(reply);
}

const orders = [
  instance('a', '10.0.0.1', { tags: ['v1', 'Main'], zone: 'eu-1' }),
  instance('b', '10.0.0.2', { tags: ['v2'], zone: 'eu-2', weight: 3 }),
  instance('c', '10.0.0.3', { status: 'critical', tags: ['old'] }),
  instance('d', '10.0.0.4', { status: 'draining' }),
  instance('e', '2001:db8::5', { zone: 'eu-2' }),
  instance('f', '10.0.0.6', { status: 'warning' }),
];
const town = {
  orders,
  ill: [instance('x', '10.0.1.1', { status: 'critical' })],
  named: [instance('n', 'host-1.example.org', { address: { host: 'host-1.example.org', port: 81 } })],
};

interface Row {
  readonly name: string;
  readonly type: QuestionOptions['type'];
  readonly code: number;
  /** Without names and times; in order of their text. */
  readonly answers: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'orders.service.quorate', type: 'A', code: 0, answers: ['A 10.0.0.1', 'A 10.0.0.2'] },
  { name: 'ORDERS.Service.Quorate', type: 'A', code: 0, answers: ['A 10.0.0.1', 'A 10.0.0.2'] },
  {
    name: 'orders.service.quorate',
    type: 'AAAA',
    code: 0,
    answers: ['AAAA 20010db8000000000000000000000005'],
  },
  { name: 'v2.orders.service.quorate', type: 'A', code: 0, answers: ['A 10.0.0.2'] },
  { name: 'main.orders.service.quorate', type: 'A', code: 0, answers: ['A 10.0.0.1'] },
  // Somebody has that tag, and nobody of them passes.
  { name: 'old.orders.service.quorate', type: 'A', code: 0, answers: [] },
  { name: 'v9.orders.service.quorate', type: 'A', code: 3, answers: [] },
  { name: 'ill.service.quorate', type: 'A', code: 0, answers: [] },
  { name: 'unknown.service.quorate', type: 'A', code: 3, answers: [] },
  { name: 'orders.service.quorate', type: 'TXT', code: 0, answers: [] },
  {
    name: '_orders._tcp.service.quorate',
    type: 'SRV',
    code: 0,
    answers: [
      'SRV 0 1 7000 0a000001.addr.quorate',
      'SRV 0 1 7000 20010db8000000000000000000000005.addr.quorate',
      'SRV 0 3 7000 0a000002.addr.quorate',
    ],
  },
  {
    name: 'v2.orders.service.quorate',
    type: 'SRV',
    code: 0,
    answers: ['SRV 0 3 7000 0a000002.addr.quorate'],
  },
  { name: 'named.service.quorate', type: 'SRV', code: 0, answers: ['SRV 0 1 81 host-1.example.org'] },
  { name: 'named.service.quorate', type: 'A', code: 0, answers: [] },
  { name: '_orders._tcp.service.quorate', type: 'A', code: 0, answers: ['A 10.0.0.1', 'A 10.0.0.2'] },
  { name: 'orders._tcp.service.quorate', type: 'SRV', code: 3, answers: [] },
  { name: '_tcp.service.quorate', type: 'SRV', code: 0, answers: [] },
  { name: '0a000001.addr.quorate', type: 'A', code: 0, answers: ['A 10.0.0.1'] },
  { name: '0a000001.addr.quorate', type: 'AAAA', code: 0, answers: [] },
  { name: 'zz000001.addr.quorate', type: 'A', code: 3, answers: [] },
  { name: 'quorate', type: 'SOA', code: 0, answers: ['SOA ns.quorate'] },
  { name: 'quorate', type: 'A', code: 0, answers: [] },
  { name: 'service.quorate', type: 'A', code: 0, answers: [] },
  { name: 'a.b.orders.service.quorate', type: 'A', code: 3, answers: [] },
  { name: 'nothing.quorate', type: 'A', code: 3, answers: [] },
  { name: 'example.org', type: 'A', code: 5, answers: [] },
  { name: 'orders.service.notquorate', type: 'A', code: 5, answers: [] },
  { name: '.', type: 'NS', code: 5, answers: [] },
];

for (const { name, type = 'A', code, answers } of rows) {
  test(`${name} ${type} answers ${code} with ${answers.length}`, async () => {
    const reply = await ask({ services: town }, name, { type });
    assert.equal(reply.code, code);
    const plain = reply.answers.map((answer) => answer.split(' ').toSpliced(0, 2).join(' '));
    assert.deepEqual(plain.sort(), answers);
    assert.ok(reply.answers.every((answer) => answer.split(' ')[1] === '5'));
    // Who says that there is nothing says whose word that is.
    const isNegative = answers.length === 0 && code !== 5;
    assert.deepEqual(reply.authority, isNegative ? ['quorate 5 SOA ns.quorate'] : []);
    assert.equal(reply.isAuthoritative, code !== 5, 'of what is not ours there is no word of ours');
  });
}

test('of EDNS there is one version: who asks by another is told so, and of nothing else', async () => {
  const name = 'orders.service.quorate';
  const other = await ask({ services: town }, name, { edns: 1232, ednsVersion: 1 });
  // BADVERS is 16: nothing of it stands in the head.
  assert.deepEqual([other.code, other.additional, other.answers], [0, ['OPT 1232, code 1'], []]);
  const known = await ask({ services: town }, name, { edns: 1232 });
  assert.deepEqual([known.code, known.additional, known.answers.length], [0, ['OPT 1232'], 2]);
  const signed = await ask({ services: town }, name, { edns: 1232, ednsFlags: 0xffff });
  assert.deepEqual(
    signed.additional,
    ['OPT 1232, flags 32768'],
    'the wish for signatures, and no other flag',
  );
  const twice = await ask({ services: town }, name, { edns: 1232, ednsTimes: 2 });
  assert.equal(twice.code, 1);
});

test('the question comes back as it was sent, letter by letter, and so does its number', async () => {
  const reply = await ask({ services: town }, 'oRdErS.sErViCe.QuOrAtE', { id: 0xbeef });
  assert.equal(reply.id, 0xbeef);
  assert.equal(reply.question, String.fromCharCode(...nameBytes('oRdErS.sErViCe.QuOrAtE')));
});

test('an SRV answer brings the addresses that would be asked for next', async () => {
  const reply = await ask({ services: town }, '_orders._tcp.service.quorate', { type: 'SRV' });
  assert.deepEqual([...reply.additional].sort(), [
    '0a000001.addr.quorate 5 A 10.0.0.1',
    '0a000002.addr.quorate 5 A 10.0.0.2',
    '20010db8000000000000000000000005.addr.quorate 5 AAAA 20010db8000000000000000000000005',
  ]);
});

test('the nearest come first, by priority in SRV, and alone where that is asked for', async () => {
  const zone = { near: { zone: 'eu-2' } };
  const plain = await ask({ services: town, zone }, 'orders.service.quorate', { type: 'SRV' });
  const nearness = plain.answers.map((answer) =>
    answer.split(' ').slice(3, 4).concat(answer.split(' ').slice(6)),
  );
  assert.deepEqual(nearness.at(-1), ['1', '0a000001.addr.quorate']);
  for (let seed = 1; seed < 20; seed += 1) {
    const { answers } = await ask({ services: town, zone, seed }, 'orders.service.quorate');
    assert.deepEqual(answers, ['orders.service.quorate 5 A 10.0.0.2', 'orders.service.quorate 5 A 10.0.0.1']);
  }
  const alone = await ask({ services: town, zone: { ...zone, onlyNearest: true } }, 'orders.service.quorate');
  assert.deepEqual(alone.answers, ['orders.service.quorate 5 A 10.0.0.2']);
});

test('who weighs three times as much stands first three times as often', async () => {
  const two = [instance('a', '10.0.0.1'), instance('b', '10.0.0.2', { weight: 3 })];
  const { answerer } = answererOf({ services: { orders: two } });
  let heavyFirst = 0;
  for (let round = 0; round < 2000; round += 1) {
    const bytes = await answerer.answer(questionBytes('orders.service.quorate'), udp);
    if (readReply(bytes as Uint8Array).answers[0]?.endsWith('10.0.0.2') === true) heavyFirst += 1;
  }
  // 1500 expected; six standard deviations are 116.
  assert.ok(heavyFirst > 1384 && heavyFirst < 1616, String(heavyFirst));
});

test('weights beyond what SRV can say keep their proportions', async () => {
  const two = [instance('a', '10.0.0.1', { weight: 0.5 }), instance('b', '10.0.0.2', { weight: 200_000 })];
  const { answers } = await ask({ services: { orders: two } }, 'orders.service.quorate', { type: 'SRV' });
  assert.deepEqual(answers.map((answer) => answer.split(' ')[4]).sort(), ['1', '1000']);
});

const many = Array.from({ length: 200 }, (_, at) => instance(`i${at}`, `10.1.${at >> 8}.${at & 255}`));

test('an answer that is too long for a datagram is cut at a whole record, and says so', async () => {
  const crowd = { orders: many };
  const zone = { answersMax: 200 };
  const cut = await ask({ services: crowd, zone }, 'orders.service.quorate');
  assert.equal(cut.isCut, true);
  assert.ok(cut.answers.length > 20 && cut.answers.length < 40, String(cut.answers.length));
  const longer = await ask({ services: crowd, zone }, 'orders.service.quorate', { edns: 4096 });
  assert.equal(longer.isCut, true);
  assert.ok(longer.answers.length > 60, String(longer.answers.length));
  assert.deepEqual(longer.additional, ['OPT 1232']);
  const whole = await ask({ services: crowd, zone, way: tcp }, 'orders.service.quorate');
  assert.equal(whole.isCut, false);
  assert.equal(whole.answers.length, 200);
  const few = await ask({ services: crowd, way: tcp }, 'orders.service.quorate');
  assert.equal(few.answers.length, 64);
});

test('no datagram is longer than the resolver takes, whatever it asks for', async () => {
  const { answerer, counters } = answererOf({ services: { orders: many }, zone: { answersMax: 200 } });
  for (const [edns, most] of [
    [undefined, 512],
    [0, 512],
    [512, 512],
    [900, 900],
    [65_535, 1232],
  ] as const) {
    for (const type of ['A', 'SRV', 'ANY'] as const) {
      const question = questionBytes('orders.service.quorate', {
        type,
        ...(edns === undefined ? {} : { edns }),
      });
      const reply = await answerer.answer(question, udp);
      assert.ok(
        (reply?.length ?? 0) <= most && (reply?.length ?? 0) > most - 64,
        `${edns} ${type} ${reply?.length}`,
      );
    }
  }
  assert.equal(counters.cut, 15);
});

test('addresses beside an SRV answer are left out where there is no room, and nothing is cut for them', async () => {
  const nine = many.slice(0, 9);
  const reply = await ask({ services: { orders: nine } }, 'orders.service.quorate', { type: 'SRV' });
  assert.equal(reply.isCut, false);
  assert.equal(reply.answers.length, 9);
  assert.ok(reply.additional.length < 9, String(reply.additional.length));
});

test('what is no question is not answered, what cannot be read is told so', async () => {
  const { answerer, counters } = answererOf({ services: town });
  const plain = questionBytes('orders.service.quorate');
  const code = async (bytes: Uint8Array): Promise<number | undefined> => {
    const reply = await answerer.answer(bytes, udp);
    return reply === undefined ? undefined : readReply(reply).code;
  };
  assert.equal(await code(Uint8Array.of()), undefined);
  assert.equal(await code(plain.subarray(0, 11)), undefined);
  assert.equal(await code(questionBytes('orders.service.quorate', { flags: 0x8000 })), undefined);
  assert.equal(await code(questionBytes('orders.service.quorate', { flags: 0x2800 })), 4);
  assert.equal(await code(questionBytes('orders.service.quorate', { class: 3 })), 5);
  assert.equal(await code(plain.subarray(0, 20)), 1);
  assert.equal(await code(plain.subarray(0, plain.length - 1)), 1);
  const two = plain.slice();
  two[5] = 2;
  assert.equal(await code(two), 1);
  const burdened = plain.slice();
  burdened[11] = 200;
  assert.equal(await code(burdened), 1);
  assert.equal(counters.dropped['no-question'], 3);
  assert.equal(counters.replies.malformed, 4);
  assert.equal(counters.replies.notImplemented, 1);
});

test('names that go round in circles, or on without an end, are refused', async () => {
  const { answerer } = answererOf({ services: town });
  const head = [7, 0, 1, 0, 0, 0].flatMap(word);
  const tail = [...word(1), ...word(1)];
  const names: readonly (readonly number[])[] = [
    [0xc0, 12],
    [0xc0, 14, 0xc0, 12],
    [1, 97, 0xc0, 12],
    [0xc0, 0],
    [0xff, 0xff],
    [0x80, 1],
    [...Array.from({ length: 130 }, () => [1, 97]).flat(), 0],
    [63, 97],
  ];
  for (const name of names) {
    const reply = await answerer.answer(Uint8Array.from([...head, ...name, ...tail]), udp);
    assert.equal(readReply(reply as Uint8Array).code, 1, name.join(' '));
  }
});
