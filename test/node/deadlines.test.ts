/** Deadlines that clients have sent with their requests: what nobody waits for any more is not begun, and not kept. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, type QuorateError } from '../../src/base/index.ts';
import { decodeReply, encodeRequest, type Request } from '../../src/net/index.ts';
import { ClientService } from '../../src/node/client-service.ts';
import type { Waiter } from '../../src/node/waiter.ts';
import { FakeConnection } from '../net/fake-connection.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { RecordingLog } from '../net/recording-log.ts';
import { append, type HostStory, host, lead } from './host-fixture.ts';

interface Heard extends Waiter {
  readonly heard: string[];
}

function waiter(dueMs: number): Heard {
  const heard: string[] = [];
  return {
    dueMs,
    heard,
    resolve: (reply) => heard.push(`ok ${new TextDecoder().decode(reply)}`),
    reject: (reason) => heard.push(`${(reason as QuorateError).code} ${(reason as QuorateError).outcome}`),
  };
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Member 1 of two leads, and member 2 answers nothing more: no read is confirmed, nothing is committed. */
function leaderOfTwo(): HostStory {
  const story = host([1, 2]);
  story.host.step({ kind: 'campaign' });
  story.settle();
  for (const preVote of [true, false]) {
    const envelope = { group: 0, from: 2, to: 1, term: 1 };
    const message = { kind: 'vote-reply', preVote, granted: true, ...envelope } as const;
    story.host.step({ kind: 'receive', message });
    story.settle();
  }
  assert.equal(story.host.status.role, 'leader');
  return story;
}

test('a command whose deadline passed while the node stood still takes no place in the log', () => {
  const story = host([1]);
  lead(story);
  const { last } = story.host.status;
  const [late, endless, early] = [
    waiter(story.clock.now() + 100),
    waiter(Number.POSITIVE_INFINITY),
    waiter(story.clock.now() + 5_000),
  ];
  for (const one of [late, endless, early]) story.host.submit(bytes('x'), one);
  story.clock.advance(100);
  story.settle();
  assert.deepEqual(late.heard, ['deadline-exceeded not-applied']);
  assert.deepEqual([endless.heard.length, early.heard.length], [1, 1]);
  assert.equal(story.host.status.last, last + 2);
  const next = waiter(story.clock.now() + 100);
  story.host.submit(bytes('y'), next);
  story.settle();
  assert.match(next.heard[0] as string, /^ok/);
});

test('a read that nobody confirms ends at its deadline, and is nobody’s when it is let go later', () => {
  const story = leaderOfTwo();
  const [late, patient, endless] = [
    waiter(story.clock.now() + 100),
    waiter(story.clock.now() + 300),
    waiter(Number.POSITIVE_INFINITY),
  ];
  for (const one of [late, patient, endless]) story.host.ask(bytes(''), one);
  story.settle();
  const pass = (forMs: number): void => {
    story.clock.advance(forMs);
    story.host.tick(story.clock.now());
    story.settle();
  };
  pass(90);
  assert.deepEqual(late.heard, []);
  pass(10);
  assert.deepEqual(late.heard, ['deadline-exceeded not-applied']);
  assert.deepEqual([patient.heard, endless.heard], [[], []]);
  pass(200);
  assert.deepEqual(patient.heard, ['deadline-exceeded not-applied']);
  // A later term: the core lets go of all three, and only who still waits hears of it.
  story.host.step({ kind: 'receive', message: { ...append(0, [], 0), term: 2 } });
  story.settle();
  assert.deepEqual([late.heard.length, patient.heard.length, endless.heard.length], [1, 1, 1]);
  assert.deepEqual(story.failures, []);
});

test('a read that was confirmed too late is passed over, and those behind it are answered', () => {
  const story = host([1]);
  const late = waiter(story.clock.now() + 50);
  lead(story);
  const before = waiter(Number.POSITIVE_INFINITY);
  story.host.ask(bytes(''), before);
  story.host.ask(bytes(''), late);
  story.clock.advance(1_000);
  story.host.tick(story.clock.now());
  story.host.ask(bytes(''), waiter(story.clock.now() + 50));
  story.settle();
  assert.deepEqual(late.heard, ['deadline-exceeded not-applied']);
  assert.match(before.heard[0] as string, /^ok/);
  assert.deepEqual(story.failures, []);
});

test('remaining time becomes a deadline by the node’s own clock, for those requests that carry one', async () => {
  const clock = new ManualClock();
  const connection = new FakeConnection();
  const dues: (number | undefined)[] = [];
  const service = new ClientService({
    clock,
    log: new RecordingLog(),
    checksum: undefined,
    serve: (_, { dueMs }) => void dues.push(dueMs),
    watch: () => assert.fail('nobody watches'),
    explain: (error) => error,
  });
  const session = service.open(connection);
  const ask = (request: Pick<Request, 'id' | 'remainingMs'>): void => {
    const writer = new ByteWriter(16);
    encodeRequest(writer, { kind: 'command', group: 0, body: bytes('x'), ...request });
    session.request(writer.copy());
  };
  clock.advance(7);
  ask({ id: 1, remainingMs: 250 });
  ask({ id: 2 });
  ask({ id: 3, remainingMs: -1 });
  assert.deepEqual(dues, [clock.now() + 250, Number.POSITIVE_INFINITY, clock.now()]);
  session.tellFeatures();
  await turn();
  await turn();
  assert.deepEqual(connection.sent.map(decodeReply), [
    { id: 0, ok: true, body: Uint8Array.of(1), isItem: true },
  ]);
});
