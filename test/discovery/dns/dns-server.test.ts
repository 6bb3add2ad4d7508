/** The DNS server on real sockets, asked by the resolver that Node brings along, and by those who mean it ill. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import {
  type DnsEvent,
  type DnsServer,
  type DnsServerOptions,
  type DnsView,
  dnsServer,
  type Instance,
} from '../../../src/discovery/index.ts';
import { ManualClock, until } from '../../net/manual-clock.ts';
import { failsWith } from '../../ports/expectations.ts';
import { exchange } from './dns-exchange.ts';
import { HeldView, instance } from './dns-ground.ts';
import { questionBytes, readReply, word } from './dns-messages.ts';

interface Town {
  readonly server: DnsServer;
  readonly resolver: Resolver;
  readonly views: Map<string, HeldView>;
}

const orders = [
  instance('a', '127.0.0.1'),
  instance('b', '127.0.0.2', { weight: 5, tags: ['v2'], zone: 'eu-1' }),
  instance('c', '127.0.0.3', { status: 'draining' }),
  instance('d', '::1'),
];

async function town(
  services: Readonly<Record<string, readonly Instance[]>> = { orders },
  options: Partial<DnsServerOptions> = {},
): Promise<Town> {
  const views = new Map<string, HeldView>();
  const server = await dnsServer({
    listen: { port: 0 },
    ttl: '5s',
    views: (service) => {
      const view = new HeldView(service, services[service] ?? []);
      views.set(service, view);
      return view;
    },
    ...options,
  });
  return { server, resolver: resolverOf(server), views };
}

function resolverOf(server: DnsServer): Resolver {
  const resolver = new Resolver({ timeout: 5000, tries: 2 });
  resolver.setServers([`127.0.0.1:${server.address.port}`]);
  return resolver;
}

test('a resolver finds addresses, with their time to live, and locations', async () => {
  const { server, resolver } = await town();
  await using _ = server;
  const addresses = await resolver.resolve4('orders.service.quorate', { ttl: true });
  assert.deepEqual(
    addresses.sort((left, right) => left.address.localeCompare(right.address)),
    [
      { address: '127.0.0.1', ttl: 5 },
      { address: '127.0.0.2', ttl: 5 },
    ],
  );
  assert.deepEqual(await resolver.resolve6('orders.service.quorate'), ['::1']);
  assert.deepEqual(await resolver.resolve4('v2.orders.service.quorate'), ['127.0.0.2']);
  const locations = await resolver.resolveSrv('_orders._tcp.service.quorate');
  assert.equal(locations.length, 3);
  const [heavy] = locations.filter(({ weight }) => weight === 5);
  assert.equal(heavy?.port, 7000);
  assert.deepEqual(await resolver.resolve4(heavy?.name ?? ''), ['127.0.0.2']);
  assert.equal((await resolver.resolveSoa('quorate')).minttl, 5);
});

test('a resolver is told what does not exist, what has no such record, and what is not ours', async () => {
  const { server, resolver } = await town();
  await using _ = server;
  await assert.rejects(resolver.resolve4('unknown.service.quorate'), { code: 'ENOTFOUND' });
  await assert.rejects(resolver.resolveTxt('orders.service.quorate'), { code: 'ENODATA' });
  await assert.rejects(resolver.resolve4('example.org'), { code: 'EREFUSED' });
  const { replies } = server.figures;
  assert.equal(replies.unknownName >= 1 && replies.refused >= 1, true);
});

test('a resolver that got a cut answer asks again by TCP and has all of it', async () => {
  const many = Array.from({ length: 150 }, (_each, at) => instance(`i${at}`, `127.1.0.${at}`));
  const { server, resolver } = await town({ orders: many }, { answersMax: 150 });
  await using _ = server;
  const addresses = await resolver.resolve4('orders.service.quorate');
  assert.equal(new Set(addresses).size, 150);
  assert.equal(server.figures.cut, 1);
  assert.deepEqual(server.figures.queries, { udp: 1, tcp: 1 });
});

test('what changes in the registry is answered at once', async () => {
  const { server, resolver, views } = await town();
  await using _ = server;
  await resolver.resolve4('orders.service.quorate');
  const view = views.get('orders');
  assert.ok(view !== undefined);
  view.snapshot = { ...view.snapshot, version: 2, instances: [instance('z', '127.0.0.9')] };
  assert.deepEqual(await resolver.resolve4('orders.service.quorate'), ['127.0.0.9']);
});

test('names that nobody serves do not push out those that somebody does, and views are closed', async () => {
  const { server, resolver, views } = await town(undefined, { namesMax: 3 });
  await resolver.resolve4('orders.service.quorate');
  for (let name = 0; name < 20; name += 1) {
    await assert.rejects(resolver.resolve4(`no-${name}.service.quorate`), { code: 'ENOTFOUND' });
  }
  assert.equal(server.figures.names, 3);
  assert.equal(views.get('orders')?.isClosed, false);
  assert.equal([...views.values()].filter(({ isClosed }) => isClosed).length, 18);
  await server.close();
  assert.equal(
    [...views.values()].every(({ isClosed }) => isClosed),
    true,
  );
});

test('a registry that fails is told as a failure, on the channel as well', async () => {
  const events: DnsEvent[] = [];
  const hear = (event: unknown): void => {
    events.push(event as DnsEvent);
  };
  subscribe('quorate:discovery:dns', hear);
  const { server, resolver } = await town({}, { views: () => Promise.reject(new Error('no way there')) });
  await using _ = server;
  await assert.rejects(resolver.resolve4('orders.service.quorate'), { code: 'ESERVFAIL' });
  unsubscribe('quorate:discovery:dns', hear);
  assert.equal(events[0]?.service, 'orders');
  assert.match(String(events[0]?.error), /no way there/);
});

test('a view that knows nothing yet is waited for, not for ever, and no more than a bound of them', async () => {
  const clock = new ManualClock();
  const ports = { clock };
  let opened = 0;
  const views = (): Promise<DnsView> => {
    opened += 1;
    return new Promise(() => undefined);
  };
  const { server } = await town({}, { views, ports, questionsMax: 200 });
  await using _ = server;
  const socket = createSocket('udp4');
  const codes: number[] = [];
  socket.on('message', (bytes) => codes.push(readReply(new Uint8Array(bytes)).code));
  const send = (name: string): void => {
    socket.send(questionBytes(`${name}.service.quorate`), server.address.port, '127.0.0.1');
  };
  for (let name = 0; name < 100; name += 1) send(`s${name}`);
  // Beyond 64 of them none is opened; those are told at once.
  await until(() => codes.length === 36, 'the refusals');
  assert.equal(opened, 64);
  assert.deepEqual(new Set(codes), new Set([2]));
  send('s0');
  await until(() => server.figures.queries.udp === 101, 'one more question');
  assert.equal(opened, 64);
  clock.advance(2000);
  await until(() => codes.length === 101, 'the rest of them');
  assert.deepEqual(new Set(codes), new Set([2]));
  socket.close();
});

test('more questions than may wait are dropped and counted', async () => {
  const clock = new ManualClock();
  const views = (): Promise<DnsView> => new Promise(() => undefined);
  const { server } = await town({}, { views, questionsMax: 5, ports: { clock } });
  await using _ = server;
  const socket = createSocket('udp4');
  for (let number = 0; number < 12; number += 1)
    socket.send(questionBytes('orders.service.quorate'), server.address.port, '127.0.0.1');
  await until(() => server.figures.dropped.overloaded === 7, 'the drops');
  assert.equal(server.figures.queries.udp, 5);
  socket.close();
});

test('a server that is hit by garbage answers the next question', async () => {
  const { server } = await town();
  await using _ = server;
  const socket = createSocket('udp4');
  for (const bytes of [Uint8Array.of(), Uint8Array.of(1), new Uint8Array(12).fill(255), new Uint8Array(1400)])
    socket.send(bytes, server.address.port, '127.0.0.1');
  await until(() => server.figures.dropped['no-question'] >= 3, 'the garbage');
  socket.close();
  assert.equal(readReply(await exchange(server, questionBytes('orders.service.quorate'))).answers.length, 2);
});

/** However it comes, as an end or as a reset. */
function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function dialled(server: DnsServer): Promise<Socket> {
  const socket = connect(server.address.port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

function framed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...word(bytes.length), ...bytes]);
}

test('by TCP: cut anywhere, several in one piece, answered in order, and the end is answered with the end', async () => {
  const { server } = await town();
  await using _ = server;
  const socket = await dialled(server);
  const got: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => got.push(bytes));
  const first = framed(questionBytes('orders.service.quorate', { id: 1 }));
  socket.write(first.subarray(0, 1));
  socket.write(first.subarray(1, 9));
  const rest = [2, 3].map((id) => framed(questionBytes('orders.service.quorate', { id })));
  socket.end(Buffer.concat([first.subarray(9), ...rest]));
  await once(socket, 'close');
  const ids: number[] = [];
  for (let bytes = new Uint8Array(Buffer.concat(got)); bytes.length > 0; ) {
    const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
    const reply = readReply(bytes.subarray(2, 2 + length));
    assert.equal(reply.answers.length, 2);
    ids.push(reply.id);
    bytes = bytes.subarray(2 + length);
  }
  assert.deepEqual(ids, [1, 2, 3]);
});

test('by TCP: who is silent is let go, and more connections than the bound are turned away', async () => {
  const clock = new ManualClock();
  const { server } = await town(undefined, { connectionsMax: 2, ports: { clock } });
  await using _ = server;
  const [first, second] = [await dialled(server), await dialled(server)];
  const third = connect(server.address.port, '127.0.0.1');
  third.on('error', () => undefined);
  await closeOf(third);
  assert.equal(server.figures.dropped['too-many-connections'], 1);
  const ends = [closeOf(first), closeOf(second)];
  clock.advance(10_000);
  await Promise.all(ends);
  assert.equal(server.figures.dropped.slow, 2);
  assert.equal(clock.timers, 0);
  const fourth = await dialled(server);
  fourth.write(framed(questionBytes('orders.service.quorate')));
  const [bytes] = (await once(fourth, 'data')) as [Buffer];
  assert.equal(readReply(new Uint8Array(bytes).subarray(2)).answers.length, 2);
  fourth.destroy();
});

test('close frees both ports, ends connections, and may be called twice', async () => {
  const { server } = await town();
  const socket = await dialled(server);
  const closed = closeOf(socket);
  const { port } = server.address;
  await server.close();
  await server.close();
  await closed;
  const again = await dnsServer({ listen: { port }, views: (service) => new HeldView(service, []) });
  assert.equal(again.address.port, port);
  await again.close();
});

test('a port that somebody has, and options that make no sense, are refused', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { readonly port: number };
  await failsWith('in-use', town({}, { listen: { port } }));
  taken.close();
  for (const bad of [
    { ttl: 500 },
    { ttl: '25h' },
    { zone: '' },
    { zone: 'a..b' },
    // A name as such, and no room below it for that of an IPv6 address.
    { zone: Array.from({ length: 4 }, () => 'z'.repeat(55)).join('.') },
    { answersMax: 0 },
    { namesMax: 1.5 },
    { questionsMax: 0 },
    { connectionsMax: Number.NaN },
    { views: undefined },
  ])
    await failsWith('invalid-option', town({}, bad as Partial<DnsServerOptions>));
});
