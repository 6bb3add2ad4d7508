/** How each kind of check looks: against real servers on loopback and real programs, row by row. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { type Check, type HealthReport, healthCheck } from '../../../src/discovery/index.ts';
import { type GrpcAnswer, grpcHealthServer } from './grpc-health-server.ts';

/** Looks once, for real, with patience where the row does not say otherwise. */
async function look(check: Partial<Check> & Pick<Check, 'kind'>): Promise<HealthReport> {
  const thresholds = { failing: 1 };
  using running = healthCheck({ interval: '1h', timeout: '1m', jitter: 0, thresholds, ...check } as Check);
  const { promise, resolve } = Promise.withResolvers<HealthReport>();
  running.subscribe(resolve);
  return await promise;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  after(() => server.close());
  return (server.address() as AddressInfo).port;
}

const pages: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/well': (response) => response.end('all is well'),
  '/busy': (response) => response.writeHead(429).end('later'),
  '/ill': (response) => response.writeHead(503).end('no database'),
  '/moved': (response) => response.writeHead(302, { location: '/well' }).end(),
  '/created': (response) => response.writeHead(201).end(),
  '/endless': (response) => {
    const pour = (): void => {
      while (response.write('x'.repeat(10_000)));
    };
    response.on('drain', pour);
    pour();
  },
  '/silent': () => undefined,
};

const web = createHttpServer((request, response) => {
  response.on('error', () => undefined);
  pages[request.url ?? '']?.(response);
});
const webPort = await listening(web);
after(() => web.closeAllConnections());

interface HttpRow {
  readonly path: string;
  readonly more?: Partial<Check>;
  readonly sees: string;
  readonly detail: RegExp;
}

const httpRows: readonly HttpRow[] = [
  { path: '/well', sees: 'passing', detail: /^HTTP 200$/ },
  { path: '/busy', sees: 'warning', detail: /^HTTP 429$/ },
  { path: '/ill', sees: 'critical', detail: /^HTTP 503$/ },
  { path: '/moved', sees: 'critical', detail: /^HTTP 302$/ },
  { path: '/moved', more: { passing: [[200, 399]] } as Partial<Check>, sees: 'passing', detail: /302/ },
  { path: '/created', more: { passing: [[200, 200]] } as Partial<Check>, sees: 'critical', detail: /201/ },
  { path: '/ill', more: { warning: [[500, 503]] } as Partial<Check>, sees: 'warning', detail: /503/ },
  { path: '/well', more: { body: 'is well' } as Partial<Check>, sees: 'passing', detail: /200/ },
  { path: '/well', more: { body: /^ALL/i } as Partial<Check>, sees: 'passing', detail: /200/ },
  {
    path: '/well',
    more: { body: 'fine' } as Partial<Check>,
    sees: 'critical',
    detail: /lacks "fine": all is well/,
  },
  {
    path: '/well',
    more: { body: 'well', bodyBytesMax: 8 } as Partial<Check>,
    sees: 'critical',
    detail: /lacks "well": all is w$/,
  },
  { path: '/endless', more: { body: 'y' } as Partial<Check>, sees: 'critical', detail: /lacks "y"/ },
  { path: '/endless', sees: 'passing', detail: /^HTTP 200$/ },
  {
    path: '/silent',
    more: { timeout: 100 } as Partial<Check>,
    sees: 'critical',
    detail: /no answer within 100 ms/,
  },
];

for (const { path, more = {}, sees, detail } of httpRows) {
  test(`http: ${path} with ${JSON.stringify(more)} is ${sees}`, async () => {
    const report = await look({ kind: 'http', url: `http://127.0.0.1:${webPort}${path}`, ...more } as Check);
    assert.equal(report.status, sees, report.detail);
    assert.match(report.detail, detail);
  });
}

/** A port where nobody listens: it was free a moment ago. */
async function deadPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('a dead address is critical, whatever asks it, and says why', async () => {
  const port = await deadPort();
  const address = { host: '127.0.0.1', port };
  for (const check of [
    { kind: 'http', url: `http://127.0.0.1:${port}/` },
    { kind: 'tcp', address },
    { kind: 'grpc', address },
  ] as const) {
    const { status, detail } = await look(check);
    assert.equal(status, 'critical');
    assert.match(detail, /ECONNREFUSED/, check.kind);
  }
});

async function greeter(greet: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    after(() => socket.destroy());
    greet(socket);
  });
  return { host: '127.0.0.1', port: await listening(server) };
}

test('tcp: a connection is enough, or what is said first', async () => {
  const silent = await greeter(() => undefined);
  const ssh = await greeter((socket) => {
    socket.write('SSH');
    setImmediate(() => socket.write('-2.0-x\r\n'));
  });
  const redis = await greeter((socket) =>
    socket.on('data', (bytes) => socket.write(String(bytes) === 'PING\r\n' ? '+PONG\r\n' : '-ERR\r\n')),
  );
  const mute = await greeter((socket) => socket.end());
  const talker = await greeter((socket) => socket.write('x'.repeat(100_000)));
  const banner = 'SSH-2';
  assert.equal((await look({ kind: 'tcp', address: silent })).status, 'passing');
  assert.equal((await look({ kind: 'tcp', address: ssh, banner } as Check)).status, 'passing');
  assert.equal(
    (await look({ kind: 'tcp', address: redis, send: 'PING\r\n', banner: 'PONG' } as Check)).status,
    'passing',
  );
  const refused = await look({
    kind: 'tcp',
    address: redis,
    send: 'X',
    banner: 'PONG',
    timeout: 50,
  } as Check);
  assert.equal(refused.status, 'critical');
  assert.match((await look({ kind: 'tcp', address: mute, banner } as Check)).detail, /does not say "SSH-2"/);
  assert.match((await look({ kind: 'tcp', address: talker, banner } as Check)).detail, /within 1024 bytes/);
  const late = await look({ kind: 'tcp', address: silent, banner, timeout: 50 } as Check);
  assert.match(late.detail, /no answer within 50 ms/);
});

interface GrpcRow {
  readonly name: string;
  readonly answer: GrpcAnswer;
  readonly sees: string;
  readonly detail: RegExp;
}

const grpcRows: readonly GrpcRow[] = [
  {
    name: 'SERVING',
    answer: { status: 0, message: Uint8Array.of(8, 1) },
    sees: 'passing',
    detail: /^SERVING$/,
  },
  {
    name: 'NOT_SERVING',
    answer: { status: 0, message: Uint8Array.of(8, 2) },
    sees: 'critical',
    detail: /^NOT_SERVING$/,
  },
  {
    name: 'an empty message',
    answer: { status: 0, message: Uint8Array.of() },
    sees: 'critical',
    detail: /^UNKNOWN$/,
  },
  {
    name: 'a status of later',
    answer: { status: 0, message: Uint8Array.of(8, 9) },
    sees: 'critical',
    detail: /^UNKNOWN$/,
  },
  {
    name: 'a field of later',
    answer: { status: 0, message: Uint8Array.of(18, 1, 65, 8, 1) },
    sees: 'passing',
    detail: /^SERVING$/,
  },
  {
    name: 'garbage',
    answer: { status: 0, message: Uint8Array.of(8) },
    sees: 'critical',
    detail: /grpc.health.v1.Health/,
  },
  {
    name: 'an unknown service',
    answer: { status: 5 },
    sees: 'critical',
    detail: /knows no service "orders"/,
  },
  {
    name: 'no health protocol',
    answer: { status: 12 },
    sees: 'critical',
    detail: /register that service there/,
  },
  { name: 'a refusal', answer: { status: 16 }, sees: 'critical', detail: /gRPC status 16/ },
];

for (const { name, answer, sees, detail } of grpcRows) {
  test(`grpc: ${name} is ${sees}`, async () => {
    await using server = await grpcHealthServer(() => answer);
    const report = await look({ kind: 'grpc', address: server.address, service: 'orders' } as Check);
    assert.equal(report.status, sees, report.detail);
    assert.match(report.detail, detail);
    const [asked] = server.asked;
    assert.equal(asked?.path, '/grpc.health.v1.Health/Check');
    assert.deepEqual(asked?.message, Uint8Array.of(10, 6, ...new TextEncoder().encode('orders')));
  });
}

test('grpc: a server that never answers is critical, and the server as a whole has no name', async () => {
  await using server = await grpcHealthServer(() => undefined);
  const report = await look({ kind: 'grpc', address: server.address, timeout: 200 } as Check);
  assert.equal(report.status, 'critical');
  assert.match(report.detail, /no answer within 200 ms/);
  assert.deepEqual(server.asked[0]?.message, Uint8Array.of());
});

const commandRows: readonly (readonly [string, string, RegExp])[] = [
  ['echo fine', 'passing', /^exit code 0: fine$/],
  ['echo slow >&2; exit 1', 'warning', /^exit code 1: slow$/],
  ['exit 2', 'critical', /^exit code 2$/],
  ['kill -KILL $$', 'critical', /^killed by SIGKILL$/],
  ['yes | head -c 1000000', 'passing', /^exit code 0: y[\ny]+…$/],
];

for (const [source, sees, detail] of commandRows) {
  test(`command: ${source} is ${sees}`, async () => {
    const report = await look({ kind: 'command', program: 'sh', words: ['-c', source] } as Check);
    assert.equal(report.status, sees, report.detail);
    assert.match(report.detail, detail);
  });
}

test('command: one that hangs is killed at its limit, one that is not there says so', async () => {
  const hanging = { kind: 'command', program: 'sh', words: ['-c', 'sleep 1000'], timeout: 50 } as const;
  assert.match((await look(hanging)).detail, /no answer within 50 ms/);
  const { status, detail } = await look({ kind: 'command', program: 'no-such-program' } as Check);
  assert.equal(status, 'critical');
  assert.match(detail, /no-such-program/);
});

test('own: what it may answer, and what it may not', async () => {
  const rows: readonly (readonly [unknown, string])[] = [
    [true, 'passing'],
    [undefined, 'passing'],
    ['warning', 'warning'],
    [false, 'critical'],
    ['draining', 'critical'],
    [1, 'critical'],
  ];
  for (const [answer, sees] of rows) {
    const { status } = await look({ kind: 'own', run: () => answer as boolean } as Check);
    assert.equal(status, sees, String(answer));
  }
  const thrown = await look({
    kind: 'own',
    run: () => {
      throw new Error('no disk');
    },
  } as Check);
  assert.equal(thrown.detail, 'no disk');
});
