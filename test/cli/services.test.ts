/** `quorate services`: who is listed while what runs, what watchers are told, how one goes, and answers by DNS. */
import assert from 'node:assert/strict';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { Interrupted } from '../../src/cli/verb.ts';
import { type Ended, Running, runHere, ServedCluster } from './command.ts';

let cluster: ServedCluster;
const directory = mkdtempSync(join(tmpdir(), 'services-'));

before(async () => {
  cluster = await ServedCluster.start(1);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function words(...more: string[]): string[] {
  const split = more.includes('--') ? more.indexOf('--') : more.length;
  const options = ['--endpoints', cluster.endpoints, '--timeout', '60s'];
  return ['services', ...more.slice(0, split), ...options, ...more.slice(split)];
}

function services(...more: string[]): Promise<Ended> {
  return runHere(words(...more));
}

/** A verb that goes on until it is told to stop, without a process of its own, which would take a second to start. */
class Here {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly #interrupt = new AbortController();
  readonly #ended: Promise<number>;

  constructor(...more: string[]) {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    createInterface({ input: stdout }).on('line', (line) => this.stdout.push(line));
    createInterface({ input: stderr }).on('line', (line) => this.stderr.push(line));
    const terminal = { stdin: Readable.from([]), stdout, stderr, interrupt: this.#interrupt };
    this.#ended = runCommandLine(words(...more), terminal);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await nextTurn();
  }

  /** Resolves to the exit code, when all that was said has been read. */
  async end(signal?: 'SIGTERM'): Promise<number> {
    if (signal !== undefined) this.#interrupt.abort(new Interrupted('interrupted'));
    const code = await this.#ended;
    await nextTurn();
    return code;
  }
}

type Row = Readonly<Record<string, unknown>>;

async function listed(...more: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await services('list', ...more, '--json');
  assert.equal(code, 0, stderr);
  return rowsOf(stdout.split('\n'));
}

function rowsOf(lines: readonly string[]): Row[] {
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

/** A child that runs this program. */
function child(program: string): string[] {
  return ['--', process.execPath, '--eval', program];
}

test('a service is listed with all that was said of it, drains when asked to end, and is gone', async () => {
  const watch = new Here('watch', 'orders', '--limit', '3', '--json');
  const told = ['--id', 'a', '--weight', '2.5', '--zone', 'eu-1', '--version', '1.2.3', '--notice', '100ms'];
  const more = ['--tag', 'blue', '--tag', 'fast', '--meta', 'team=red', '--meta', 'note=a=b'];
  const orders = new Here('register', 'orders', '--address', '[::1]:7000', ...told, ...more, '--json');
  await orders.until(() => orders.stdout.length > 0);
  const [instance] = await listed('orders');
  const { token, ...rest } = instance ?? {};
  assert.equal(typeof token, 'number');
  assert.deepEqual(rest, {
    service: 'orders',
    id: 'a',
    address: '[::1]:7000',
    status: 'passing',
    weight: 2.5,
    zone: 'eu-1',
    region: null,
    version: '1.2.3',
    tags: ['blue', 'fast'],
    metadata: { team: 'red', note: 'a=b' },
  });
  const figures = { passing: 1, warning: 0, critical: 0, draining: 0 };
  assert.deepEqual(await listed(), [{ service: 'orders', ...figures }]);
  assert.match((await services()).stdout, /service +passing.*\norders +1 +0 +0 +0\n/);
  assert.match(
    (await services('list', 'orders')).stdout,
    /\na +\[::1\]:7000 +passing +2.5 +eu-1 +1.2.3 +blue,fast\n/,
  );
  await watch.until(() => watch.stdout.length > 0);
  assert.equal(await orders.end('SIGTERM'), 0);
  const events = rowsOf(orders.stdout).map(({ event }) => event);
  assert.deepEqual(events, ['registered', 'draining', 'deregistered']);
  assert.equal(await watch.end(), 0);
  const changes = rowsOf(watch.stdout).map(({ change, status }) => `${change} ${status}`);
  // Who began to watch late found it there.
  assert.ok(['added passing', 'there passing'].includes(changes[0] ?? ''), changes[0]);
  assert.deepEqual(changes.slice(1), ['changed draining', 'removed draining']);
  assert.deepEqual(await listed('orders'), []);
});

test('with a command it is listed while that runs, whose exit code it takes over', async () => {
  const file = join(directory, 'told.json');
  const program = `
    const { writeFileSync } = require('node:fs');
    const { QUORATE_SERVICE: service, QUORATE_INSTANCE: id, QUORATE_TOKEN: token } = process.env;
    writeFileSync(${JSON.stringify(file)}, JSON.stringify({ service, id, token }));
    process.exit(7);
  `;
  const ended = await services(
    'register',
    'mail',
    '--address',
    '10.0.0.1:25',
    '--id',
    'm',
    ...child(program),
  );
  assert.equal(ended.code, 7);
  assert.equal(ended.stdout, '', 'what the command says stands alone');
  assert.match(ended.stderr, /^registered mail\/m 10\.0\.0\.1:25 \d+$/m);
  const { token, ...told } = JSON.parse(readFileSync(file, 'utf8')) as Row;
  assert.deepEqual(told, { service: 'mail', id: 'm' });
  assert.ok(Number(token) > 0);
  assert.deepEqual(await listed('mail'), []);
  const missing = await services('register', 'mail', '--address', '10.0.0.1:25', '--', 'no-such-program');
  assert.deepEqual([missing.code, /no such program in PATH/.test(missing.stderr)], [1, true], missing.stderr);
});

test('why a command could not be run is told', async () => {
  const plain = join(directory, 'plain.txt');
  writeFileSync(plain, 'no program');
  for (const [program, says] of [
    [join(directory, 'none'), /none could not be run: there is no such file/],
    [join(plain, 'none'), /a part of its path is no directory/],
    [plain, /no file that may be executed/],
  ] as const) {
    const ended = await services('register', 'mail', '--address', '10.0.0.1:25', '--', program);
    assert.deepEqual([ended.code, says.test(ended.stderr)], [1, true], ended.stderr);
  }
  assert.deepEqual(await listed('mail'), []);
});

test('with a check and a command it does not pass before the command has answered', async () => {
  const taken = createServer();
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, 'close');
  const watch = new Here('watch', 'slow', '--json', '--limit', '2');
  const program = `
    process.once('SIGUSR2', () => require('node:http').createServer().listen(${port}, '127.0.0.1'));
    setInterval(() => undefined, 1000);
    console.log(process.pid);
  `;
  const address = `127.0.0.1:${port}`;
  const options = [
    '--address',
    address,
    '--notice',
    '0ms',
    '--check',
    `tcp://${address}`,
    '--interval',
    '20ms',
  ];
  const slow = new Running(...words('register', 'slow', ...options, ...child(program)));
  await slow.until(() => slow.stdout.length > 0);
  assert.deepEqual(
    rowsOf(watch.stdout).map(({ change, status }) => `${change} ${status}`),
    ['added critical'],
  );
  process.kill(Number(slow.stdout[0]), 'SIGUSR2');
  assert.equal(await watch.end(), 0);
  const changes = rowsOf(watch.stdout).map(({ change, status }) => `${change} ${status}`);
  assert.deepEqual(changes, ['added critical', 'changed passing']);
  await slow.end('SIGTERM');
});

test('asked to end, the command is asked when callers have heard, and is listed until it has ended', async () => {
  const program = `
    process.on('SIGTERM', () => { console.log('asked'); setTimeout(() => process.exit(3), 100); });
    console.log('serving');
    setInterval(() => undefined, 1000);
  `;
  const options = ['--address', '10.0.0.1:80', '--id', 'w', '--notice', '100ms', '--json'];
  const web = new Running(...words('register', 'web', ...options, ...child(program)));
  await web.until(() => web.stdout.includes('serving'));
  const watch = new Here('watch', 'web', '--limit', '3', '--json');
  await watch.until(() => watch.stdout.length === 1);
  assert.equal(await web.end('SIGTERM'), 3);
  assert.deepEqual(web.stdout, ['serving', 'asked']);
  assert.equal(await watch.end(), 0);
  const changes = rowsOf(watch.stdout).map(({ change, status }) => `${change} ${status}`);
  assert.deepEqual(changes, ['there passing', 'changed draining', 'removed draining']);
});

test('a second signal does not wait: a command that does not end is killed', async () => {
  const program =
    "process.on('SIGTERM', () => undefined); console.log('deaf'); setInterval(() => undefined, 1000)";
  const options = ['--address', '10.0.0.1:80', '--notice', '1h', '--grace', '1h'];
  const web = new Running(...words('register', 'deaf', ...options, ...child(program)));
  await web.until(() => web.stdout.includes('deaf'));
  web.child.kill('SIGTERM');
  await web.until(() => web.stderr.some((line) => line.startsWith('draining')));
  assert.equal(await web.end('SIGTERM'), 128 + 9);
  assert.deepEqual(await listed('deaf'), []);
});

test('a check decides what it is, and it ends when it was critical for too long', async () => {
  let isWell = true;
  const server = createServer((_request, response) => response.writeHead(isWell ? 200 : 503).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const options = ['--address', `127.0.0.1:${port}`, '--interval', '50ms', '--give-up', '300ms', '--json'];
  const checks = ['--check', `http://127.0.0.1:${port}/health`, '--check', `tcp://127.0.0.1:${port}`];
  const shop = new Here('register', 'shop', ...options, ...checks);
  await shop.until(() => shop.stdout.some((line) => line.includes('"status":"passing"')));
  isWell = false;
  assert.equal(await shop.end(), 1);
  assert.ok(shop.stdout.some((line) => line.includes('"status":"critical"')));
  assert.match(shop.stderr.join('\n'), /of shop is not registered any more/);
  assert.deepEqual(await listed('shop'), []);
  server.close();
});

test('a dead address is never passing, and is not listed among those that are', async () => {
  const options = [
    '--address',
    '127.0.0.1:1',
    '--check',
    'tcp://127.0.0.1:1',
    '--interval',
    '50ms',
    '--notice',
    '0ms',
  ];
  const dead = new Here('register', 'dead', ...options);
  await dead.until(() => dead.stdout.length > 0);
  const [instance] = await listed('dead');
  assert.equal(instance?.['status'], 'critical');
  assert.deepEqual(await listed('dead', '--passing'), []);
  assert.equal(await dead.end('SIGTERM'), 0);
});

test('a watcher is told of one that was killed when its time to live is over, though it was the only one', async () => {
  const watch = new Here('watch', 'lonely', '--json');
  const register = ['register', 'lonely', '--address', '127.0.0.1:1'];
  const killed = new Running(...words(...register, '--id', 'a', '--ttl', '1s'));
  await watch.until(() => watch.stdout.length > 0);
  await killed.end('SIGKILL');
  while ((await listed('lonely')).length > 0) await nextTurn();
  const next = new Here(...register, '--id', 'b', '--notice', '0ms');
  await watch.until(() => watch.stdout.some((line) => line.includes('"b"')));
  const changes = rowsOf(watch.stdout).map(({ change, id }) => `${change} ${id}`);
  assert.deepEqual(changes.slice(1), ['removed a', 'added b']);
  assert.equal(await next.end('SIGTERM'), 0);
  assert.equal(await watch.end('SIGTERM'), 0);
});

test('an id that somebody has is refused, and waited for where that is asked', async () => {
  const options = ['--address', '127.0.0.1:1', '--id', 'one', '--notice', '0ms'];
  const first = new Here('register', 'single', ...options);
  await first.until(() => first.stdout.length > 0);
  const refused = await services('register', 'single', ...options);
  assert.deepEqual([refused.code, /name-taken/.test(refused.stderr)], [1, true]);
  const second = services('register', 'single', ...options, '--wait', '1m', ...child(''));
  assert.equal(await first.end('SIGTERM'), 0);
  assert.equal((await second).code, 0);
});

test('a resolver finds by DNS who is registered', async () => {
  const options = ['--address', '10.9.8.7:80', '--tag', 'blue', '--notice', '0ms'];
  const orders = new Here('register', 'named', ...options);
  await orders.until(() => orders.stdout.length > 0);
  const dns = new Here('dns', '--listen', '127.0.0.1:0', '--domain', 'svc.test', '--ttl', '3s');
  await dns.until(() => dns.stdout.length > 0);
  const resolver = new Resolver();
  resolver.setServers([dns.stdout[0]?.replace('answering at ', '') ?? '']);
  const found = await resolver.resolve4('blue.named.service.svc.test', { ttl: true });
  assert.deepEqual(found, [{ address: '10.9.8.7', ttl: 3 }]);
  const [location] = await resolver.resolveSrv('_named._tcp.service.svc.test');
  assert.equal(location?.port, 80);
  assert.equal(await orders.end('SIGTERM'), 0);
  assert.equal(await dns.end('SIGTERM'), 0);
});

const unwell = ['register', 'a', '--address', 'a:1', '--check'];

const wrong: readonly (readonly [string, readonly string[], number, RegExp])[] = [
  ['an unknown action', ['drop'], 2, /there is no "drop"/],
  ['no service', ['register', '--address', 'a:1'], 2, /name the service to register/],
  ['two services', ['watch', 'a', 'b'], 2, /expected one service/],
  ['no address', ['register', 'a'], 2, /--address is missing/],
  ['an address that is none', ['register', 'a', '--address', 'here'], 2, /"here" is not an address/],
  [
    'a weight of 0',
    ['register', 'a', '--address', 'a:1', '--weight', '0'],
    2,
    /--weight is "0", but must be/,
  ],
  ['a weight that is none', ['register', 'a', '--address', 'a:1', '--weight', 'abc'], 2, /--weight is "abc"/],
  ['an empty weight', ['register', 'a', '--address', 'a:1', '--weight', ''], 2, /--weight is ""/],
  [
    'an endless weight',
    ['register', 'a', '--address', 'a:1', '--weight', 'Infinity'],
    2,
    /--weight is "Infinity"/,
  ],
  ['metadata without a value', ['register', 'a', '--address', 'a:1', '--meta', 'x'], 2, /--meta is "x"/],
  ['a check of no kind', ['register', 'a', '--address', 'a:1', '--check', 'smoke'], 2, /--check is "smoke"/],
  ['a check of a file', ['register', 'a', '--address', 'a:1', '--check', 'file:///x'], 2, /but must be http/],
  ['a check of no program', [...unwell, 'exec:  '], 2, /--check is "exec: {2}", but must be http/],
  ['a check with a password', [...unwell, 'http://me:secret@h/'], 2, /^(?!.*secret).*a user or a password/],
  ['a check of no host', [...unwell, 'https://'], 2, /--check is "https:\/\/", but must be http/],
  [
    'no time between checks',
    [...unwell, 'tcp://h:1', '--interval', '0ms'],
    2,
    /--interval is "0ms", but must be/,
  ],
  [
    'no time to be critical',
    [...unwell, 'tcp://h:1', '--give-up', '0ms'],
    2,
    /--give-up is "0ms", but must be/,
  ],
  ['a grace that is none', [...unwell, 'tcp://h:1', '--grace', 'soon'], 2, /--grace is "soon"/],
  ['a name with a slash', ['register', 'a/b', '--address', 'a:1'], 1, /invalid-option/],
  ['a command where none runs', ['list', '--', 'true'], 2, /list runs no command/],
  ['a name for dns', ['dns', 'orders'], 2, /answers for all services/],
];

for (const [name, given, code, said] of wrong) {
  test(`refused: ${name}`, async () => {
    const ended = await services(...given);
    assert.equal(ended.code, code, ended.stderr);
    assert.match(ended.stderr, said);
    assert.equal(ended.stdout, '', 'nothing is registered before all is looked at');
  });
}
