/** Calls over HTTP/2: how they end, and that a connection which is dead without having been closed is found out. */
import assert from 'node:assert/strict';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { CallFailure, Channel } from '../../../src/engines/etcd/http2/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';

const silenceMs = 5_500;
const answerMsMax = 2_000;

type Script = (stream: ServerHttp2Stream, message: Buffer) => void;

interface Scripted {
  readonly server: Http2Server;
  readonly sessions: ServerHttp2Session[];
  readonly port: number;
}

async function scripted(context: TestContext, script: Script): Promise<Scripted> {
  const server = createServer();
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream) => {
    stream.on('error', () => stream.destroy());
    stream.on('data', (bytes: Buffer) => script(stream, bytes.subarray(5)));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  context.after(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { server, sessions, port: (server.address() as AddressInfo).port };
}

async function opened(context: TestContext, port: number, clock: ManualClock): Promise<Channel> {
  const channel = await Channel.connect(
    {
      address: { host: '127.0.0.1', port },
      clock,
      connectMsMax: 1_000,
      answerBytesMax: 1_000,
      metadata: { hasleader: 'true' },
      silenceMs,
      answerMsMax,
    },
    new AbortController().signal,
  );
  context.after(() => channel.close());
  return channel;
}

function framed(bytes: readonly number[]): Buffer {
  return Buffer.from([0, 0, 0, 0, bytes.length, ...bytes]);
}

function succeed(stream: ServerHttp2Stream, pieces: readonly Buffer[]): void {
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  for (const piece of pieces) stream.write(piece);
  stream.end();
}

function ask(channel: Channel, timeoutMs = 1_000, signal?: AbortSignal): Promise<Uint8Array> {
  return channel.unary({ path: '/a/b', message: Uint8Array.of(7), timeoutMs, signal });
}

function failure(part: Partial<CallFailure>): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof CallFailure, String(error));
    for (const [name, value] of Object.entries(part))
      assert.equal(error[name as keyof CallFailure], value, name);
    return true;
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

test('an answer that comes in pieces is one answer', async (context) => {
  const { port } = await scripted(context, (stream, message) => {
    const frame = framed([...message, 8, 9]);
    succeed(stream, [frame.subarray(0, 3), frame.subarray(3, 6), frame.subarray(6)]);
  });
  const channel = await opened(context, port, new ManualClock());
  assert.deepEqual([...(await ask(channel))], [7, 8, 9]);
});

test('a refusal is told with its number and its text', async (context) => {
  const { port } = await scripted(context, (stream) => {
    stream.respond(
      { ':status': 200, 'grpc-status': '5', 'grpc-message': 'gone%20%E2%80%94 lost' },
      { endStream: true },
    );
  });
  const channel = await opened(context, port, new ManualClock());
  await assert.rejects(ask(channel), failure({ kind: 'status', status: 5, message: 'gone — lost' }));
});

test('what is no gRPC is told as such', async (context) => {
  const { port } = await scripted(context, (stream) => {
    stream.respond({ ':status': 404 }, { endStream: true });
  });
  const channel = await opened(context, port, new ManualClock());
  await assert.rejects(ask(channel), failure({ kind: 'protocol' }));
});

test('an answer larger than what is taken is refused by its length, before it is there', async (context) => {
  const { port } = await scripted(context, (stream) => {
    stream.respond({ ':status': 200 });
    stream.write(Buffer.from([0, 0, 1, 0, 0, 1]));
  });
  const channel = await opened(context, port, new ManualClock());
  await assert.rejects(ask(channel), failure({ kind: 'too-large' }));
});

test('a call ends by its time and by its signal, and the server is told to stop', async (context) => {
  const cancelled: number[] = [];
  let begun = 0;
  const { port } = await scripted(context, (stream) => {
    begun += 1;
    stream.on('close', () => cancelled.push(stream.rstCode));
  });
  const clock = new ManualClock();
  const channel = await opened(context, port, clock);
  const controller = new AbortController();
  const calls = [ask(channel, 300), ask(channel, 60_000, controller.signal)];
  const outcomes = Promise.allSettled(calls);
  await until(() => begun === 2);
  clock.advance(300);
  controller.abort(new Error('enough'));
  const reasons = (await outcomes).map((outcome) => outcome.status === 'rejected' && outcome.reason.message);
  assert.deepEqual(reasons, ['no answer within 300 ms', 'enough']);
  await until(() => cancelled.length === 2);
  assert.deepEqual(cancelled, [8, 8]);
  assert.equal(clock.timers, 1, 'only the pulse is left');
});

test('a server that closes the connection leaves calls in doubt, and later ones unsent', async (context) => {
  const { port, sessions } = await scripted(context, () => {
    for (const session of sessions) session.destroy();
  });
  const channel = await opened(context, port, new ManualClock());
  await assert.rejects(ask(channel), failure({ kind: 'unreachable', isUnsent: false }));
  await until(() => channel.closed.aborted);
  await assert.rejects(ask(channel), failure({ kind: 'unreachable', isUnsent: true }));
});

test('a stream that the server refuses was not sent', async (context) => {
  const { port } = await scripted(context, (stream) => stream.close(7));
  const channel = await opened(context, port, new ManualClock());
  await assert.rejects(ask(channel), failure({ kind: 'unreachable', isUnsent: true }));
});

/** Between both sides, until it is cut without either of them being told. */
async function cuttable(context: TestContext, port: number): Promise<{ readonly port: number; cut(): void }> {
  const pairs: (readonly [Socket, Socket])[] = [];
  const proxy = createTcpServer((near) => {
    const far = connect(port, '127.0.0.1');
    pairs.push([near, far]);
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  proxy.listen(0, '127.0.0.1', resolve);
  await promise;
  context.after(() => {
    for (const socket of pairs.flat()) socket.destroy();
    proxy.close();
  });
  return {
    port: (proxy.address() as AddressInfo).port,
    cut: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
  };
}

test('a connection that went dead in silence is given up after a ping without an answer', async (context) => {
  const clock = new ManualClock();
  let begun = 0;
  const { port } = await scripted(context, () => {
    begun += 1;
  });
  const link = await cuttable(context, port);
  const channel = await opened(context, link.port, clock);
  const { promise, resolve } = Promise.withResolvers<CallFailure | undefined>();
  const stream = channel.stream('/a/watch', { message: () => undefined, ended: resolve });
  stream.send(Uint8Array.of(1));
  await until(() => begun === 1);
  link.cut();
  clock.advance(silenceMs);
  assert.equal(channel.closed.aborted, false, 'a ping is under way');
  clock.advance(answerMsMax);
  const ended = await promise;
  assert.match(String(ended?.message), /answers no ping/);
  assert.equal(channel.closed.aborted, true);
});

test('a connection that is silent and answers pings is kept', async (context) => {
  const clock = new ManualClock();
  let begun = 0;
  const { port, sessions } = await scripted(context, () => {
    begun += 1;
  });
  const channel = await opened(context, port, clock);
  channel.stream('/a/watch', { message: () => undefined, ended: () => undefined }).send(Uint8Array.of(1));
  await until(() => begun === 1);
  let pings = 0;
  sessions[0]?.on('ping', () => {
    pings += 1;
  });
  clock.advance(silenceMs - answerMsMax);
  for (let round = 1; round <= 3; round += 1) {
    const { heardAt } = channel;
    clock.advance(answerMsMax);
    await until(() => channel.heardAt > heardAt || channel.closed.aborted);
    clock.advance(answerMsMax);
    await turn();
    await turn();
    clock.advance(silenceMs - 2 * answerMsMax);
  }
  assert.deepEqual([channel.closed.aborted, pings], [false, 3]);
});

test('a connection without calls is not pinged, which servers take ill', async (context) => {
  const clock = new ManualClock();
  const { port, sessions } = await scripted(context, (stream) => succeed(stream, [framed([1])]));
  const channel = await opened(context, port, clock);
  let pings = 0;
  sessions[0]?.on('ping', () => {
    pings += 1;
  });
  clock.advance(60_000);
  await ask(channel);
  assert.deepEqual([pings, channel.closed.aborted], [0, false]);
});

test('who takes connections and says nothing is left in time', async (context) => {
  const clock = new ManualClock();
  const silent = createTcpServer((socket) => context.after(() => socket.destroy()));
  const { promise, resolve } = Promise.withResolvers<void>();
  silent.listen(0, '127.0.0.1', resolve);
  await promise;
  context.after(() => silent.close());
  const accepted = Promise.withResolvers<void>();
  silent.on('connection', () => accepted.resolve());
  const opening = opened(context, (silent.address() as AddressInfo).port, clock);
  const refused = assert.rejects(opening, failure({ kind: 'unreachable' }));
  await accepted.promise;
  clock.advance(1_000);
  await refused;
});

test('who speaks another protocol is found out', async (context) => {
  const other = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end('-ERR unknown command\r\n');
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  other.listen(0, '127.0.0.1', resolve);
  await promise;
  context.after(() => other.close());
  const opening = opened(context, (other.address() as AddressInfo).port, new ManualClock());
  await assert.rejects(opening, failure({ kind: 'protocol' }));
});
