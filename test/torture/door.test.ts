import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { ByteWriter, crc32 } from '../../src/base/index.ts';
import { encodeHello, writeFrame } from '../../src/net/index.ts';
import { Door, type Rule, type Way } from './door.ts';
import { clientRule, peerRule } from './network-faults.ts';
import { type Flow, openFlow } from './pipe.ts';

/** Answers every byte with itself. */
class Echo implements AsyncDisposable {
  readonly door: Door;
  readonly #server: Server;
  /** All bytes that the server was given, by the order of connections. */
  readonly heard: string[] = [];

  static async behindDoor(placeOf?: (member: number) => number): Promise<Echo> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as { port: number };
    probe.close();
    await once(probe, 'close');
    const { port: targetPort } = server.address() as { port: number };
    const door = await Door.open({
      port,
      targetPort,
      place: 0,
      ...(placeOf === undefined ? {} : { placeOf }),
    });
    return new Echo(server, door);
  }

  private constructor(server: Server, door: Door) {
    this.#server = server;
    this.door = door;
    server.on('connection', (socket) => {
      const place = this.heard.push('') - 1;
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        this.heard[place] += String(bytes);
        socket.write(bytes);
      });
    });
  }

  async dial(): Promise<Dialler> {
    const socket = connect(this.door.port, '127.0.0.1');
    await once(socket, 'connect');
    return new Dialler(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.door.close();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}

class Dialler {
  readonly socket: Socket;
  /** Resolves when the connection is gone, however it ended. */
  readonly closed: Promise<void>;
  text = '';
  #changed = Promise.withResolvers<void>();

  constructor(socket: Socket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      this.text += String(bytes);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  say(text: string): void {
    this.socket.write(text);
  }

  async hear(text: string): Promise<void> {
    while (!this.text.endsWith(text)) await this.#changed.promise;
  }
}

function always(forward: Flow, backward: Flow = openFlow): (way: Way) => Rule {
  return () => ({ forward, backward });
}

test('what is held waits, in its order, until the cut is over; the connection never breaks', async () => {
  await using echo = await Echo.behindDoor();
  const [cut, witness] = [await echo.dial(), await echo.dial()];
  cut.say('a');
  await cut.hear('a');
  let isCut = true;
  // Connections are told apart by what has been heard on them, so only the first is held.
  echo.door.setRule(always({ kind: 'held' }));
  cut.say('b');
  cut.say('c');
  echo.door.setRule(() => ({ forward: { kind: isCut ? 'held' : 'open' }, backward: openFlow }));
  assert.equal(echo.heard.join(''), 'a');
  isCut = false;
  echo.door.refresh();
  await cut.hear('abc');
  witness.say('w');
  await witness.hear('w');
  assert.deepEqual(echo.heard.toSorted(), ['abc', 'w']);
});

test('a cut of one direction lets the other pass', async () => {
  await using echo = await Echo.behindDoor();
  const dialler = await echo.dial();
  dialler.say('1');
  await dialler.hear('1');
  echo.door.setRule(always(openFlow, { kind: 'held' }));
  dialler.say('2');
  while (!echo.heard.includes('12')) await new Promise(setImmediate);
  assert.equal(dialler.text, '1', 'the node has heard it, and its answer has not come');
  echo.door.setRule(always(openFlow));
  await dialler.hear('12');
});

test('a half-open connection takes everything, and is reset when the fault ends', async () => {
  await using echo = await Echo.behindDoor();
  const dialler = await echo.dial();
  dialler.say('1');
  await dialler.hear('1');
  echo.door.setRule(always({ kind: 'swallowed' }, { kind: 'swallowed' }));
  await new Promise<void>((resolve, reject) => {
    dialler.socket.write('lost', (error) => (error instanceof Error ? reject(error) : resolve()));
  });
  // They have left; on another connection, which is made behind them, a whole round trip has been swallowed too.
  const witness = await echo.dial();
  witness.say('w');
  while (echo.door.hollow < 2) await new Promise(setImmediate);
  echo.door.setRule(always(openFlow));
  await Promise.all([dialler.closed, witness.closed]);
  assert.equal(dialler.text, '1');
  assert.equal(echo.heard[0], '1');
});

test('delayed and narrowed bytes arrive, all of them and in order', async () => {
  await using echo = await Echo.behindDoor();
  for (const flow of [
    { kind: 'delayed', ms: 20 },
    { kind: 'narrow', bytesPerSecond: 1 << 20 },
  ] as const) {
    echo.door.setRule(always(flow));
    const dialler = await echo.dial();
    const text = Array.from({ length: 300 }, (_, place) => `${flow.kind} ${place};`).join('');
    for (const piece of text.match(/.{1,50}/g) ?? []) dialler.say(piece);
    await dialler.hear('299;');
    assert.equal(dialler.text, text);
    dialler.socket.destroy();
  }
});

test('a reset breaks what is open, and nothing that comes after it', async () => {
  await using echo = await Echo.behindDoor();
  const dialler = await echo.dial();
  dialler.say('1');
  await dialler.hear('1');
  echo.door.resetAll();
  await dialler.closed;
  const next = await echo.dial();
  next.say('2');
  await next.hear('2');
});

test('a dialler is known by the first frame that it sends, and its first bytes go by the rule for it already', async () => {
  await using echo = await Echo.behindDoor((member) => member - 100);
  let isCut = true;
  const rules: (number | undefined)[] = [];
  echo.door.setRule(({ from }) => {
    rules.push(from);
    return { forward: { kind: from === 2 && isCut ? 'held' : 'open' }, backward: openFlow };
  });
  const hello = new ByteWriter(64);
  const bytes = encodeHello({ purpose: 'peer', cluster: 'c', from: 102, to: 100 });
  writeFrame(hello, crc32, () => hello.raw(bytes));
  const [dialler, witness] = [await echo.dial(), await echo.dial()];
  dialler.socket.write(hello.copy());
  while (!rules.includes(2)) await new Promise(setImmediate);
  witness.say('a stranger');
  await witness.hear('a stranger');
  assert.equal(dialler.text, '');
  isCut = false;
  echo.door.refresh();
  while (dialler.text === '') await new Promise(setImmediate);
});

test('faults say which ways they cut', () => {
  const ways = { in: { from: 1, to: 0 }, out: { from: 0, to: 1 }, other: { from: 1, to: 2 } };
  const flows = (fault: Parameters<typeof peerRule>[0], way: Way): string => {
    const { forward, backward } = peerRule(fault, way);
    return `${forward.kind} ${backward.kind}`;
  };
  const isolated = [{ fault: { kind: 'isolate', victim: 0 }, victim: 0 } as const];
  assert.equal(flows(isolated, ways.in), 'held held');
  assert.equal(flows(isolated, ways.out), 'held held');
  assert.equal(flows(isolated, ways.other), 'open open');
  const deaf = [{ fault: { kind: 'one-way', victim: 0, deaf: true }, victim: 0 } as const];
  assert.equal(flows(deaf, ways.in), 'held open', 'what others say to it does not arrive');
  assert.equal(flows(deaf, ways.out), 'open held', 'nor what they answer');
  const mute = [{ fault: { kind: 'one-way', victim: 0, deaf: false }, victim: 0 } as const];
  assert.equal(flows(mute, ways.in), 'open held');
  assert.equal(flows(mute, ways.out), 'held open');
  const bridge = [{ fault: { kind: 'bridge', over: 0 }, victim: undefined } as const];
  assert.equal(flows(bridge, ways.in), 'open open');
  assert.equal(flows(bridge, ways.other), 'held held');
  const both = [
    { fault: { kind: 'delay', victim: 0, ms: 5 }, victim: 0 } as const,
    { fault: { kind: 'half-open', victim: 0 }, victim: 0 } as const,
  ];
  assert.equal(flows(both, ways.in), 'swallowed swallowed', 'the worst of several counts');
  const forClients = [{ fault: { kind: 'clients-cut', victim: 0 }, victim: 0 } as const];
  assert.equal(flows(forClients, ways.in), 'open open');
  assert.equal(clientRule(forClients, { from: undefined, to: 0 }).forward.kind, 'held');
});
