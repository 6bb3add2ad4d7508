/**
 * The moment at which a connection is greeted and not yet in use: whatever happens just then, nothing waits for
 * ever and nothing is left open. One end is a connection in memory with the test as its peer.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter, isQuorateError } from '../../src/base/index.ts';
import { helloRefused } from '../../src/net/hello.ts';
import { encodeReply } from '../../src/net/index.ts';
import { Messenger, type Peer } from '../../src/net/messaging/index.ts';
import { encodePacket, type Packet } from '../../src/net/messaging/packet.ts';
import { encodeTerms, termsDefault } from '../../src/net/messaging/terms.ts';
import { realRandom, silentLog } from '../../src/ports/real/index.ts';
import { FakeNetwork, somewhere } from './fake-connection.ts';
import { ManualClock } from './manual-clock.ts';
import { bytes, outcomeOf, textOf } from './messaging-scene.ts';

interface Meeting {
  readonly clock: ManualClock;
  readonly network: FakeNetwork;
  readonly messenger: Messenger;
  readonly peer: Peer;
}

function meeting(): Meeting {
  const clock = new ManualClock();
  const network = new FakeNetwork();
  const messenger = new Messenger({}, { clock, network, random: realRandom(), log: silentLog() });
  return { clock, network, messenger, peer: messenger.peer(somewhere) };
}

function payloadOf(fill: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(64);
  fill(writer);
  return writer.copy();
}

const greeting = payloadOf((writer) =>
  encodeReply(writer, { id: 0, ok: true, isItem: true, body: encodeTerms(termsDefault) }),
);

function packet(said: Packet): Uint8Array {
  return payloadOf((writer) => encodePacket(writer, said));
}

const breach = packet({ kind: 'ping' });

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Does `act` when so many promises have been followed. */
async function afterSteps(steps: number, act: () => void): Promise<void> {
  for (let step = 0; step < steps; step += 1) await Promise.resolve();
  act();
}

/** More than any wait for a greeting takes. */
const stepsMax = 16;

test('a peer that breaks the protocol with its greeting has been asked nothing, and is tried again', async () => {
  const { clock, network, messenger, peer } = meeting();
  const first = outcomeOf(peer.request('echo', bytes('one')));
  await turn();
  network.last.receiveFrames(greeting, breach);
  const error = await first;
  assert.ok(isQuorateError(error) && error.code === 'network-failed', String(error));
  assert.equal(error.outcome, 'not-applied');
  const second = peer.request('echo', bytes('two'));
  await turn();
  clock.advance(20);
  await turn();
  assert.equal(network.made.length, 2);
  network.last.receiveFrames(greeting);
  await turn();
  network.last.receiveFrames(packet({ kind: 'reply', id: 1, body: bytes('answer') }));
  assert.equal(textOf(await second), 'answer');
  await messenger.close();
});

test('a subscription outlives a peer that breaks the protocol with its greeting', async () => {
  const { clock, network, messenger, peer } = meeting();
  const subscribing = peer.subscribe('news');
  await turn();
  network.last.receiveFrames(greeting, breach);
  await turn();
  clock.advance(20);
  await turn();
  assert.equal(network.made.length, 2);
  network.last.receiveFrames(greeting);
  await turn();
  network.last.receiveFrames(packet({ kind: 'reply', id: 1, body: bytes('') }));
  (await subscribing).close();
  await messenger.close();
});

test('who closes at any moment around a greeting leaves no connection open', async () => {
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const { network, messenger, peer } = meeting();
    const asked = outcomeOf(peer.request('echo', bytes('')));
    await turn();
    network.last.receiveFrames(greeting);
    await afterSteps(steps, () => void messenger.close());
    await turn();
    assert.equal(network.last.isGone, true, `closed after ${steps} steps`);
    const error = await asked;
    const isTold = isQuorateError(error) && ['closed', 'network-failed'].includes(error.code);
    assert.ok(isTold, String(error));
  }
});

test('who gives up at any moment around a greeting waits no longer, for an answer or a stream', async () => {
  for (let steps = 0; steps < stepsMax; steps += 1) {
    const { network, messenger, peer } = meeting();
    const patience = new AbortController();
    const { signal } = patience;
    let answer: unknown = 'nothing yet';
    void outcomeOf(peer.request('echo', bytes(''), { signal })).then((outcome) => {
      answer = outcome;
    });
    const opened = outcomeOf(peer.open('pour', { signal }));
    await turn();
    network.last.receiveFrames(greeting);
    await afterSteps(steps, () => patience.abort('enough'));
    await turn();
    assert.equal(answer, 'enough', `given up after ${steps} steps`);
    const stream = await opened;
    if (stream !== 'enough') assert.equal((stream as { signal: AbortSignal }).signal.aborted, true);
    await messenger.close();
  }
});

test('a peer that refuses and greets in one breath has refused, and no timer watches over its connection', async () => {
  const { clock, network, messenger, peer } = meeting();
  const asked = outcomeOf(peer.request('echo', bytes('')));
  await turn();
  const refusal = payloadOf((writer) =>
    encodeReply(writer, { id: 0, ok: false, error: helloRefused('not you') }),
  );
  network.last.receiveFrames(refusal, greeting);
  const error = await asked;
  assert.ok(isQuorateError(error) && error.code === 'hello-refused', String(error));
  assert.equal(clock.timers, 0);
  await messenger.close();
});
