import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteReader, ByteWriter, Prng } from '../../src/base/index.ts';
import { decodeHello, encodeReply, type Hello, helloRefused } from '../../src/net/index.ts';
import { PeerLink, type PeerLinkOptions } from '../../src/node/peer-link.ts';
import { decodeMessage, type Entry, type Message } from '../../src/raft/index.ts';
import { type FakeConnection, FakeNetwork, somewhere } from '../net/fake-connection.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';
import { RecordingLog } from '../net/recording-log.ts';

const hello: Hello = { purpose: 'peer', cluster: 'c', from: 1, to: 2 };

interface Story {
  readonly link: PeerLink;
  readonly network: FakeNetwork;
  readonly clock: ManualClock;
  readonly log: RecordingLog;
  readonly failures: unknown[];
  lost: number;
}

function story(options: Partial<PeerLinkOptions> = {}): Story {
  const network = new FakeNetwork();
  const clock = new ManualClock();
  const log = new RecordingLog();
  const failures: unknown[] = [];
  const link = new PeerLink({
    network,
    clock,
    log,
    prng: new Prng(1),
    address: somewhere,
    hello,
    onUnreachable: () => {
      told.lost += 1;
    },
    onRefused: () => undefined,
    onFailure: (error) => failures.push(error),
    ...options,
  });
  const told: Story = { link, network, clock, log, failures, lost: 0 };
  return told;
}

function vote(term: number): Message {
  return { kind: 'vote-reply', group: 0, from: 1, to: 2, term, preVote: false, granted: true };
}

function append(bytes: number): Message {
  const entries: Entry[] = [{ index: 1, term: 1, kind: 'command', data: new Uint8Array(bytes) }];
  const previous = { index: 0, term: 0 };
  return { kind: 'append', group: 0, from: 1, to: 2, term: 1, previous, entries, commit: 0, lease: false };
}

/** The messages that came over a connection, behind the hello. */
function heard(connection: FakeConnection): Message[] {
  const [first, ...frames] = connection.sent;
  assert.ok(first !== undefined);
  assert.deepEqual(decodeHello(first), hello);
  return frames.flatMap((frame) => {
    const messages: Message[] = [];
    const reader = new ByteReader(frame, 'frame of messages');
    while (reader.remaining > 0) messages.push(decodeMessage(reader.raw(reader.u32())));
    return messages;
  });
}

/** Goes on sending for so long, as the ticks of a group do. */
async function say({ link, clock }: Story, forMs: number, each: () => Promise<void> = turn): Promise<void> {
  for (let passedMs = 0; passedMs < forMs; passedMs += 10) {
    clock.advance(10);
    link.send(vote(1));
    link.flush();
    await each();
  }
}

test('nothing is connected before there is something to say; then the hello goes first and a turn is one write', async () => {
  const { link, network } = story();
  link.flush();
  assert.equal(network.attempts, 0);
  for (let term = 1; term <= 3; term += 1) link.send(vote(term));
  link.flush();
  link.flush();
  await turn();
  assert.equal(network.attempts, 1);
  assert.equal(network.last.writes, 2);
  for (let term = 4; term <= 1000; term += 1) link.send(vote(term));
  link.flush();
  assert.equal(network.last.writes, 3);
  assert.deepEqual(
    heard(network.last),
    Array.from({ length: 1000 }, (_, place) => vote(place + 1)),
  );
});

test('a peer that nobody answers for is tried with growing pauses, and reported unreachable once', async () => {
  const told = story();
  told.network.answer = 'refusal';
  await say(told, 200);
  const early = told.network.attempts;
  await say(told, 10_000);
  const late = (told.network.attempts - early) / 10;
  assert.ok(early >= 4 && early <= 15, `${early} attempts in the first 200 ms`);
  assert.ok(late >= 2 && late <= 4.5, `${late} attempts a second later on`);
  assert.equal(told.lost, 1);
  assert.equal(told.log.count('peer is unreachable'), 1);
});

test('a peer that accepts and cuts at once is tried with growing pauses too, and reported once', async () => {
  const told = story();
  const cut = async (): Promise<void> => {
    await turn();
    for (const connection of told.network.made) connection.lose();
    await turn();
  };
  await say(told, 10_000, cut);
  assert.ok(told.network.attempts < 50, `${told.network.attempts} attempts in 10 s`);
  assert.equal(told.lost, 1);
});

test('each loss of a connection that had lasted is reported, and made good at once', async () => {
  const told = story();
  for (let losses = 1; losses <= 3; losses += 1) {
    await say(told, 1_000);
    told.network.last.lose();
    await turn();
    assert.equal(told.lost, losses);
    assert.equal(told.network.attempts, losses);
    await say(told, 40);
    assert.equal(told.network.attempts, losses + 1);
  }
});

test('while nobody answers, messages are dropped rather than kept', async () => {
  const told = story({ messagesMax: 10 });
  told.network.answer = 'refusal';
  told.link.send(vote(1));
  told.link.flush();
  await turn();
  told.link.send(vote(2));
  told.link.flush();
  assert.equal(told.link.dropped, 2);
  told.network.answer = 'connection';
  await say(told, 100);
  assert.ok(heard(told.network.last).every(({ term }) => term === 1));
});

test('while a connection is being made, messages wait up to their bound', async () => {
  const told = story({ messagesMax: 10 });
  told.network.answer = 'nothing';
  for (let term = 1; term <= 15; term += 1) {
    told.link.send(vote(term));
    told.link.flush();
  }
  assert.equal(told.link.dropped, 5);
  told.network.accept();
  await turn();
  assert.deepEqual(
    heard(told.network.last).map(({ term }) => term),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
});

test('a slow peer costs the bytes of the bound and no more, and hears what waited when it has drained', async () => {
  const told = story({ messageBytesMax: 10_000 });
  told.link.send(vote(1));
  told.link.flush();
  await turn();
  told.network.last.isSlow = true;
  told.link.send(vote(2));
  told.link.flush();
  const { writes } = told.network.last;
  for (let count = 0; count < 20; count += 1) {
    told.link.send(append(1_000));
    told.link.flush();
  }
  assert.equal(told.network.last.writes, writes, 'nothing more is written to a connection that is full');
  assert.equal(told.link.dropped, 10);
  told.network.last.drain();
  assert.equal(heard(told.network.last).length, 12);
  told.link.send(append(50_000));
  told.link.flush();
  assert.equal(heard(told.network.last).length, 13, 'a single message above the bound still goes');
});

test('large messages are spread over frames, each of which its receiver can take', async () => {
  const told = story();
  for (let count = 0; count < 6; count += 1) told.link.send(append(700_000));
  told.link.flush();
  await turn();
  assert.equal(heard(told.network.last).length, 6);
  assert.ok(told.network.last.sent.every((frame) => frame.length < 2_000_000));
});

test('a connection that takes nothing for long is given up for a new one', async () => {
  const told = story();
  await say(told, 600);
  told.network.last.isSlow = true;
  await say(told, 9_900);
  assert.equal(told.network.attempts, 1);
  await say(told, 300);
  assert.equal(told.network.made[0]?.isDestroyed, true);
  assert.equal(told.network.attempts, 2);
  assert.equal(told.lost, 1);
});

test('an attempt that hangs is given up in time, and leaves no timer', async () => {
  const told = story();
  told.network.answer = 'nothing';
  told.link.send(vote(1));
  told.link.flush();
  told.clock.advance(1_999);
  await turn();
  assert.equal(told.lost, 0);
  told.clock.advance(1);
  await turn();
  assert.equal(told.lost, 1);
  assert.equal(told.clock.timers, 0);
  told.network.answer = 'connection';
  await say(told, 100);
  assert.equal(told.network.made.length, 1);
});

test('a peer that says why it refuses this node is quoted to the operator, once', async () => {
  const told = story();
  const writer = new ByteWriter(64);
  encodeReply(writer, { id: 0, ok: false, error: helloRefused('it belongs to cluster d') });
  const refuse = async (): Promise<void> => {
    await turn();
    for (const connection of told.network.made) connection.receiveFrames(writer.copy());
    await turn();
  };
  await say(told, 2_000, refuse);
  assert.ok(told.network.attempts > 2);
  assert.equal(told.log.count('peer refused this node'), 1);
  assert.match(String(told.log.told[0]?.fields['error']), /it belongs to cluster d/);
});

test('a peer that answers with anything else is no peer', async () => {
  const told = story();
  await say(told, 20);
  told.network.last.receive(new Uint8Array(100).fill(0xff));
  await turn();
  assert.equal(told.network.last.isDestroyed, true);
  assert.equal(told.lost, 1);
});

test('closing leaves no timer, no connection and no attempt, whatever was under way', async () => {
  const states: readonly ((told: Story) => Promise<void>)[] = [
    () => Promise.resolve(),
    (told) => say(told, 20),
    (told) => {
      told.network.answer = 'nothing';
      return say(told, 20);
    },
    (told) => {
      told.network.answer = 'refusal';
      return say(told, 20);
    },
  ];
  for (const reach of states) {
    const told = story();
    await reach(told);
    const { lost } = told;
    told.link.close();
    told.link.close();
    await turn();
    assert.equal(told.clock.timers, 0);
    assert.ok(told.network.made.every((connection) => connection.isDestroyed));
    assert.ok(told.network.dialling.every(({ signal }) => signal?.aborted));
    const { attempts } = told.network;
    await say(told, 100);
    assert.equal(told.network.attempts, attempts);
    assert.equal(told.lost, lost, 'closing is no loss');
  }
});

test('a connection that is made just as the link closes is not kept', async () => {
  const told = story();
  told.network.answer = 'nothing';
  await say(told, 20);
  told.network.accept();
  told.link.close();
  await turn();
  assert.equal(told.network.last.isDestroyed, true);
});

test('a message that cannot be encoded ends the node, not the process', async () => {
  const told = story();
  told.link.send(vote(-1));
  told.link.flush();
  await turn();
  assert.equal(told.failures.length, 1);
  assert.match(String(told.failures[0]), /assertion failed/);
});
