import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, QuorateError } from '../../src/base/index.ts';
import {
  decodeReply,
  encodeRequest,
  framePayloadBytesMax,
  type Reply,
  type Request,
  type RequestKind,
} from '../../src/net/index.ts';
import {
  ClientService,
  type ClientServiceOptions,
  type ClientSession,
} from '../../src/node/client-service.ts';
import type { Subscriber } from '../../src/node/state-machine.ts';
import { FakeConnection } from '../net/fake-connection.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { RecordingLog } from '../net/recording-log.ts';

interface Story {
  readonly session: ClientSession;
  readonly connection: FakeConnection;
  readonly log: RecordingLog;
  /** Requests that are being served, oldest first. */
  readonly open: { readonly request: Request; answer(body: Uint8Array): void; fail(error: unknown): void }[];
  ask(id: number, kind?: RequestKind, body?: Uint8Array): void;
  replies(): Reply[];
}

function story(options: Partial<ClientServiceOptions> = {}): Story {
  const connection = new FakeConnection();
  const log = new RecordingLog();
  const open: Story['open'] = [];
  const service = new ClientService({
    clock: new ManualClock(),
    log,
    checksum: undefined,
    serve: (request, waiter) =>
      open.push({
        request,
        answer: (body) => waiter.resolve(body),
        fail: (error) => waiter.reject(error),
      }),
    watch: () => assert.fail('nobody watches'),
    explain: (error) => error,
    ...options,
  });
  const session = service.open(connection);
  return {
    session,
    connection,
    log,
    open,
    ask: (id, kind = 'command', body = Uint8Array.of(id & 0xff)) => {
      const writer = new ByteWriter(16);
      encodeRequest(writer, { id, kind, group: 0, body });
      session.request(writer.copy());
    },
    replies: () => connection.sent.map(decodeReply),
  };
}

async function settle(): Promise<void> {
  await turn();
  await turn();
}

function codes(replies: readonly Reply[]): string[] {
  return replies.map((reply) => (reply.ok ? 'ok' : reply.error.code));
}

test('replies of one turn leave in one write, each to its own request', async () => {
  const { ask, open, connection, replies } = story();
  for (const id of [1, 2, 3]) ask(id);
  for (const { request, answer } of open.reverse()) answer(Uint8Array.of(request.id, 9));
  await settle();
  assert.equal(connection.writes, 1);
  assert.deepEqual(
    replies().map(({ id }) => id),
    [3, 2, 1],
  );
  assert.deepEqual(replies()[0], { id: 3, ok: true, body: Uint8Array.of(3, 9) });
});

test('what is refused at once and what fails later are both answers, and cost other requests nothing', async () => {
  const { ask, connection, replies } = story({
    serve: ({ id }, waiter) => {
      const data = { group: 9 };
      if (id === 1) throw new QuorateError({ code: 'unknown-group', message: 'no group 9', data });
      if (id === 2) waiter.reject(new TypeError('a bug'));
      else waiter.resolve(id === 4 ? (7 as unknown as Uint8Array) : Uint8Array.of(id));
    },
  });
  for (const id of [1, 2, 3, 4]) ask(id, 'stale-read');
  await settle();
  const [first, second] = replies();
  assert.deepEqual(codes(replies()), ['unknown-group', 'proposal-lost', 'ok', 'proposal-lost']);
  assert.ok(first?.ok === false && first.error.outcome === 'not-applied');
  assert.ok(second?.ok === false && second.error.outcome === 'unknown');
  assert.equal(connection.isDestroyed, false);
});

test('a client with too many requests open is told to slow down, and may go on when some are answered', async () => {
  const { ask, open, replies } = story({ requestsMax: 3 });
  for (let id = 1; id <= 5; id += 1) ask(id);
  await settle();
  assert.equal(open.length, 3);
  assert.deepEqual(codes(replies()), ['queue-full', 'queue-full']);
  const [refused] = replies();
  assert.ok(refused?.ok === false && refused.error.retryable && refused.error.outcome === 'not-applied');
  open[0]?.answer(new Uint8Array(0));
  await settle();
  ask(6);
  assert.equal(open.length, 4);
});

test('a client with too many bytes open is told to slow down; one large request is always taken', async () => {
  const { ask, open, replies } = story({ requestBytesMax: 1_000 });
  ask(1, 'command', new Uint8Array(5_000));
  ask(2, 'command', new Uint8Array(10));
  await settle();
  assert.equal(open.length, 1);
  assert.deepEqual(codes(replies()), ['queue-full']);
  open[0]?.fail(new Error('lost'));
  await settle();
  for (let id = 3; id < 10; id += 1) ask(id, 'command', new Uint8Array(200));
  assert.equal(open.length, 5);
});

test('a client that does not read its replies is not read either, until it has caught up', async () => {
  const { session, ask, open, connection, replies } = story();
  connection.isSlow = true;
  for (let id = 1; id <= 10; id += 1) ask(id);
  for (const place of [0, 1]) open[place]?.answer(new Uint8Array(100));
  await settle();
  assert.equal(connection.isPaused, true);
  for (const { answer } of open.slice(2)) answer(new Uint8Array(100));
  await settle();
  assert.equal(connection.writes, 1, 'what comes meanwhile is gathered');
  connection.isSlow = false;
  session.drained();
  assert.equal(connection.isPaused, false);
  assert.equal(connection.writes, 2);
  assert.equal(replies().length, 10);
});

test('what waits for a client that does not read is bounded: reads are refused, then the connection is cut', async () => {
  const replyBytesMax = 10_000;
  const { ask, open, connection, log, replies, session } = story({ replyBytesMax });
  connection.isSlow = true;
  ask(0);
  open[0]?.answer(new Uint8Array(10));
  await settle();
  for (let id = 1; id <= 100; id += 1) ask(id, 'read');
  for (const { answer } of open.slice(1)) answer(new Uint8Array(1_000));
  await settle();
  assert.equal(connection.isDestroyed, false);
  connection.isSlow = false;
  session.drained();
  const refused = codes(replies()).filter((code) => code === 'queue-full').length;
  assert.ok(refused >= 90 && refused <= 95, `${refused} of 100 reads are refused`);
  assert.ok(connection.writtenBytes < 4 * replyBytesMax);

  connection.isSlow = true;
  ask(200);
  open.at(-1)?.answer(new Uint8Array(10));
  await settle();
  for (let id = 201; id <= 300; id += 1) ask(id);
  for (const { answer } of open.slice(-100)) answer(new Uint8Array(1_000));
  await settle();
  assert.equal(connection.isDestroyed, true);
  assert.equal(log.count('client does not read its replies'), 1);
});

test('a reply that fits into no frame is an error, and a command may have been applied all the same', async () => {
  const { ask, open, replies } = story();
  for (const [place, kind] of (['command', 'read'] as const).entries()) {
    ask(place, kind);
    open.at(-1)?.answer(new Uint8Array(framePayloadBytesMax));
  }
  await settle();
  assert.deepEqual(codes(replies()), ['too-large', 'too-large']);
  assert.deepEqual(
    replies().map((reply) => (reply.ok ? '' : reply.error.outcome)),
    ['unknown', 'not-applied'],
  );
});

test('nothing is written to a connection that has gone while its requests were served', async () => {
  const { session, ask, open, connection } = story();
  ask(1);
  session.close();
  open[0]?.answer(new Uint8Array(10));
  await settle();
  assert.equal(connection.writes, 0);
});

/** Watches that a test feeds by hand. */
function watched(
  options: Partial<ClientServiceOptions> = {},
): Story & { readonly fed: Map<number, Subscriber>; readonly events: string[] } {
  const fed = new Map<number, Subscriber>();
  const events: string[] = [];
  const told = story({
    watch: ({ id }, subscriber) => {
      if (id === 99) throw new QuorateError({ code: 'not-watchable', message: 'no', data: { group: 0 } });
      fed.set(id, subscriber);
      return { resume: () => events.push(`resume ${id}`), close: () => events.push(`close ${id}`) };
    },
    ...options,
  });
  return { ...told, fed, events };
}

test('items of watches go under their numbers, until the client has enough or the watch ends', async () => {
  const { ask, fed, events, replies } = watched();
  for (const id of [1, 2]) ask(id, 'watch');
  assert.equal(fed.get(1)?.deliver(Uint8Array.of(5)), true);
  assert.equal(fed.get(2)?.deliver(Uint8Array.of(6)), true);
  ask(1, 'unwatch');
  fed.get(2)?.end(new QuorateError({ code: 'closed', message: 'over', data: { what: 'node' } }));
  ask(2, 'unwatch');
  ask(7, 'unwatch');
  await settle();
  assert.deepEqual(events, ['close 1']);
  const [first, second, third] = replies();
  assert.deepEqual(first, { id: 1, ok: true, body: Uint8Array.of(5), isItem: true });
  assert.deepEqual(second, { id: 2, ok: true, body: Uint8Array.of(6), isItem: true });
  assert.ok(third?.id === 2 && !third.ok && third.error.code === 'closed');
  assert.equal(replies().length, 3);
});

test('a watch that cannot be, a number that is taken, and one watch too many are answered with the reason', async () => {
  const { ask, replies } = watched({ watchesMax: 2 });
  for (const id of [99, 1, 1, 2, 3]) ask(id, 'watch');
  await settle();
  assert.deepEqual(
    replies().map(({ id }, place) => `${id} ${codes(replies())[place]}`),
    ['99 not-watchable', '1 in-use', '3 queue-full'],
  );
});

test('a client that does not read stops its own watches, which go on when it has caught up', async () => {
  const { session, ask, fed, connection, events, replies } = watched({ watchBytesMax: 1_000 });
  ask(1, 'watch');
  ask(2, 'watch');
  connection.isSlow = true;
  assert.equal(fed.get(1)?.deliver(new Uint8Array(10)), true);
  await settle();
  assert.equal(fed.get(1)?.deliver(new Uint8Array(10)), false);
  assert.equal(fed.get(2)?.deliver(new Uint8Array(10)), false);
  assert.deepEqual(events, []);
  connection.isSlow = false;
  session.drained();
  await settle();
  assert.deepEqual(events, ['resume 1', 'resume 2']);
  assert.equal(replies().length, 3);
});

test('a burst larger than a watch may pile up stops it until the burst has left', async () => {
  const { ask, fed, events } = watched({ watchBytesMax: 1_000 });
  ask(1, 'watch');
  assert.equal(fed.get(1)?.deliver(new Uint8Array(2_000)), false);
  await settle();
  assert.deepEqual(events, ['resume 1']);
});

test('a client that leaves takes its watches with it', () => {
  const { session, ask, events } = watched();
  for (const id of [1, 2]) ask(id, 'watch');
  session.close();
  session.close();
  assert.deepEqual(events, ['close 1', 'close 2']);
});
