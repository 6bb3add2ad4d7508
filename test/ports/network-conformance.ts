/**
 * What every network must do that claims the port: the real one on loopback, plain and with TLS, and the
 * simulated one. Loss, delay and partitions are not part of it: here the network is well.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Address, ClientTls, Connection, Listener, Network, ServerTls } from '../../src/ports/index.ts';
import { failsWith, patterned, sameBytes } from './expectations.ts';
import { RecordingEnd } from './recording-end.ts';

export interface NetworkFixture {
  /** The network of the machine that listens, and of the one that connects; they may be one. */
  readonly server: Network;
  readonly client: Network;
  /** A host of the server that the client reaches. */
  readonly host: string;
  /** Present: everything runs with TLS. */
  readonly tls?: { readonly server: ServerTls; readonly client: ClientTls };
  /** Runs a story to its end; a simulated machine lets its time pass meanwhile. */
  run(story: () => Promise<void>): Promise<void>;
  dispose(): Promise<void>;
}

export type MakeNetwork = () => NetworkFixture | Promise<NetworkFixture>;

type Tell = (title: string, story: (net: TestNetwork) => Promise<void>) => void;

export function networkConformance(name: string, makeNetwork: MakeNetwork): void {
  describe(`network conformance: ${name}`, () => {
    const tell: Tell = (title, story) => {
      test(title, async () => {
        const fixture = await makeNetwork();
        const net = new TestNetwork(fixture);
        try {
          await fixture.run(async () => {
            try {
              await story(net);
            } finally {
              await net.close();
            }
          });
        } finally {
          await fixture.dispose();
        }
      });
    };
    streams(tell);
    ends(tell);
    destructions(tell);
    backPressure(tell);
    listeners(tell);
    connecting(tell);
  });
}

interface Pair {
  readonly near: RecordingEnd;
  readonly far: RecordingEnd;
}

/** A network with one listener that records every connection, and cleans up after the story. */
class TestNetwork {
  readonly fixture: NetworkFixture;
  readonly #ends: RecordingEnd[] = [];
  readonly #listeners: Listener[] = [];

  constructor(fixture: NetworkFixture) {
    this.fixture = fixture;
  }

  async listen(accept: (connection: Connection) => void, port = 0): Promise<Listener> {
    const { host, server, tls } = this.fixture;
    const address = { host, port };
    const listener = await server.listen(tls ? { address, tls: tls.server } : { address }, accept);
    this.#listeners.push(listener);
    return listener;
  }

  async dial(address: Address, signal?: AbortSignal): Promise<Connection> {
    const { client, tls } = this.fixture;
    return client.connect({ address, ...(tls && { tls: tls.client }), ...(signal && { signal }) });
  }

  record(connection: Connection, react?: (end: RecordingEnd, bytes: Uint8Array) => void): RecordingEnd {
    const end = new RecordingEnd(connection, react);
    this.#ends.push(end);
    return end;
  }

  /** Both ends of a new connection: `near` has connected, `far` has accepted. */
  async pair(): Promise<Pair> {
    const accepted = Promise.withResolvers<RecordingEnd>();
    const listener = await this.listen((connection) => accepted.resolve(this.record(connection)));
    const near = this.record(await this.dial(listener.address));
    return { near, far: await accepted.promise };
  }

  async close(): Promise<void> {
    for (const end of this.#ends) end.connection.destroy();
    await Promise.all(this.#ends.map((end) => end.closed()));
    await Promise.all(this.#listeners.map((listener) => listener.close()));
  }
}

function isGone(end: RecordingEnd): boolean {
  return end.endedCount + end.closedCount > 0;
}

function streams(tell: Tell): void {
  tell('bytes arrive on both sides in order, whole and once', async (net) => {
    const { near, far } = await net.pair();
    const sizes = [1, 70_000, 3, 0, 200_000, 17, 65_536];
    for (const [seed, size] of sizes.entries()) {
      near.connection.write(patterned(size, seed));
      far.connection.write(patterned(size, seed + 100));
    }
    const total = sizes.reduce((sum, size) => sum + size, 0);
    await Promise.all([near, far].map((end) => end.until(() => end.receivedBytes >= total)));
    sameBytes(far.received(), joined(sizes, 0), 'from near to far');
    sameBytes(near.received(), joined(sizes, 100), 'from far to near');
  });

  tell('an answer may be written from within the call that brought the question', async (net) => {
    const listener = await net.listen((connection) => {
      net.record(connection, (end, bytes) => end.connection.write(bytes.slice()));
    });
    const near = net.record(await net.dial(listener.address));
    near.connection.write(patterned(100_000));
    await near.until((end) => end.receivedBytes === 100_000);
    sameBytes(near.received(), patterned(100_000), 'the echo');
  });

  tell('connections at the same time keep their bytes apart', async (net) => {
    const listener = await net.listen((connection) => {
      net.record(connection, (end, bytes) => end.connection.write(bytes.slice()));
    });
    const connections = await Promise.all(Array.from({ length: 8 }, () => net.dial(listener.address)));
    const near = connections.map((connection) => net.record(connection));
    for (let round = 0; round < 10; round += 1) {
      for (const [index, end] of near.entries()) end.connection.write(patterned(9_000, index * 100 + round));
    }
    await Promise.all(near.map((end) => end.until(() => end.receivedBytes === 90_000)));
    for (const [index, end] of near.entries()) {
      const sent = Array.from({ length: 10 }, (_, round) => patterned(9_000, index * 100 + round));
      sameBytes(end.received(), concatenated(sent), `connection ${index}`);
    }
  });

  tell('each side knows the other', async (net) => {
    const { near, far } = await net.pair();
    assert.equal(near.connection.remote.host, net.fixture.host);
    assert.ok(far.connection.remote.host.length > 0);
    assert.ok(far.connection.remote.port > 0);
    assert.notEqual(far.connection.remote.port, near.connection.remote.port);
  });
}

function ends(tell: Tell): void {
  tell('an end arrives behind the last byte, and the other side may still write', async (net) => {
    const { near, far } = await net.pair();
    near.connection.write(patterned(100_000));
    near.connection.end();
    near.connection.end();
    await far.until((end) => end.endedCount === 1);
    sameBytes(far.received(), patterned(100_000), 'what was written before the end');
    assert.equal(near.connection.write(patterned(10)), false, 'after its end this side sends nothing');

    far.connection.write(patterned(50_000, 2));
    await near.until((end) => end.receivedBytes === 50_000);
    sameBytes(near.received(), patterned(50_000, 2), 'the other direction');
    assert.equal(far.closedCount, 0);

    far.connection.end();
    await Promise.all([near.closed(), far.closed()]);
    assert.equal(near.cause, undefined);
    assert.equal(far.cause, undefined);
    assert.deepEqual([near.endedCount, near.closedCount, far.endedCount, far.closedCount], [1, 1, 1, 1]);
  });
}

function destructions(tell: Tell): void {
  tell('destroy is followed by closed alone, and the other side learns of it', async (net) => {
    const { near, far } = await net.pair();
    far.connection.write(patterned(1_000));
    await near.until((end) => end.receivedBytes === 1_000);
    far.connection.write(patterned(1_000));
    near.connection.destroy();
    assert.equal(near.closedCount, 0, 'not inside the call');
    near.connection.destroy();
    assert.equal(near.connection.write(patterned(10)), false);
    near.connection.end();
    await near.closed();
    assert.equal(near.cause, undefined, 'this side did it itself');
    await far.until(isGone);
    assert.equal(near.receivedBytes, 1_000, 'nothing was heard but closed');
    assert.equal(near.endedCount, 0);
    far.connection.destroy();
    await far.closed();
    assert.deepEqual([near.closedCount, far.closedCount], [1, 1]);
  });

  tell('destroyed at any moment after its own end, a connection hears that it is over', async (net) => {
    const moments: readonly ((act: () => void) => void)[] = [
      (act) => act(),
      (act) => process.nextTick(act),
      (act) => process.nextTick(() => process.nextTick(act)),
      (act) => queueMicrotask(() => process.nextTick(act)),
    ];
    for (const wait of moments) {
      const { near, far } = await net.pair();
      near.connection.write(patterned(10));
      await far.until((end) => end.receivedBytes === 10);
      near.connection.end();
      wait(() => near.connection.destroy());
      await near.closed();
      assert.equal(near.cause, undefined);
    }
  });

  tell('writing to a side that is gone ends in closed with a cause', async (net) => {
    const { near, far } = await net.pair();
    near.connection.destroy();
    await far.until(isGone);
    while (far.closedCount === 0) {
      far.connection.write(patterned(1_000));
      await roundTrip(net);
    }
    assert.ok(far.cause instanceof Error);
    assert.equal(far.connection.write(patterned(10)), false);
  });

  tell('a connection may be destroyed inside the call that brings its bytes', async (net) => {
    const listener = await net.listen((connection) => {
      net.record(connection, (end) => end.connection.destroy());
    });
    const near = net.record(await net.dial(listener.address));
    near.connection.write(patterned(1_000_000));
    await near.until(isGone);
  });
}

function backPressure(tell: Tell): void {
  tell('a side that pauses holds the writer back, and gets everything when it resumes', async (net) => {
    const { near, far } = await net.pair();
    far.connection.pause();
    let sent = 0;
    const most = 256 * 1024 * 1024;
    while (near.connection.write(patterned(65_536, sent))) {
      sent += 1;
      assert.ok(sent * 65_536 < most, 'a writer is never held back');
      if (sent % 16 === 0) await roundTrip(net);
    }
    sent += 1;
    assert.equal(near.drainedCount, 0);
    const before = far.receivedBytes;
    await roundTrip(net);
    assert.equal(far.receivedBytes, before, 'paused');

    far.connection.resume();
    await near.until((end) => end.drainedCount === 1);
    await far.until((end) => end.receivedBytes === sent * 65_536);
    const parts = Array.from({ length: sent }, (_, seed) => patterned(65_536, seed));
    sameBytes(far.received(), concatenated(parts), 'all that was written');
    assert.equal(near.connection.write(patterned(10)), true, 'and there is room again');
  });

  tell('one paused connection does not hold back another', async (net) => {
    const { near, far } = await net.pair();
    far.connection.pause();
    near.connection.write(patterned(10_000));
    await roundTrip(net);
    assert.equal(far.receivedBytes, 0);
    far.connection.resume();
    await far.until((end) => end.receivedBytes === 10_000);
  });
}

/** A question and its answer on a connection of its own: by then, others have had their chance. */
async function roundTrip(net: TestNetwork): Promise<void> {
  const { near, far } = await net.pair();
  near.connection.write(patterned(1));
  await far.until((end) => end.receivedBytes === 1);
  far.connection.write(patterned(1));
  await near.until((end) => end.receivedBytes === 1);
}

function listeners(tell: Tell): void {
  tell('a free port is found and told, and a port that is taken is refused', async (net) => {
    const listener = await net.listen(() => assert.fail('nobody connects'));
    assert.equal(listener.address.host, net.fixture.host);
    assert.ok(listener.address.port > 0);
    const { port } = listener.address;
    const refused = await failsWith(
      'in-use',
      net.listen(() => undefined, port),
    );
    assert.match(refused.message, new RegExp(String(port)));
    await listener.close();
    const again = await net.listen(() => undefined, port);
    assert.equal(again.address.port, port);
  });

  tell('a closed listener accepts nobody, and its connections live on', async (net) => {
    const accepted = Promise.withResolvers<RecordingEnd>();
    const listener = await net.listen((connection) => accepted.resolve(net.record(connection)));
    const near = net.record(await net.dial(listener.address));
    const far = await accepted.promise;
    await listener.close();
    await listener.close();
    await failsWith('network-failed', net.dial(listener.address));
    near.connection.write(patterned(1_000));
    far.connection.write(patterned(1_000));
    await Promise.all([near, far].map((end) => end.until(() => end.receivedBytes === 1_000)));
  });
}

function connecting(tell: Tell): void {
  tell('a connection to nobody fails, and nothing was sent', async (net) => {
    const listener = await net.listen(() => undefined);
    await listener.close();
    const refused = await failsWith('network-failed', net.dial(listener.address));
    assert.equal(refused.retryable, true);
    assert.equal(refused.outcome, 'not-applied');
    assert.equal(refused.data.operation, 'connect');
    assert.match(refused.message, new RegExp(String(listener.address.port)));
  });

  tell('a signal stops an attempt before it begins and while it runs', async (net) => {
    const arrived: RecordingEnd[] = [];
    const listener = await net.listen((connection) => void arrived.push(net.record(connection)));
    const reason = new Error('changed my mind');
    await assert.rejects(net.dial(listener.address, AbortSignal.abort(reason)), reason);

    const controller = new AbortController();
    const attempt = net.dial(listener.address, controller.signal);
    controller.abort(reason);
    await assert.rejects(attempt, reason);
    await roundTrip(net);
    await Promise.all(arrived.map((end) => end.until(isGone)));
  });

  tell('a signal that comes after the connection is made leaves it alone', async (net) => {
    const controller = new AbortController();
    const listener = await net.listen((connection) => {
      net.record(connection, (end, bytes) => end.connection.write(bytes.slice()));
    });
    const near = net.record(await net.dial(listener.address, controller.signal));
    controller.abort(new Error('too late'));
    near.connection.write(patterned(1_000));
    await near.until((end) => end.receivedBytes === 1_000);
  });

  tell('an address that cannot be one is refused at once', async (net) => {
    const { host } = net.fixture;
    for (const address of [
      { host, port: 0 },
      { host, port: 65_536 },
      { host, port: 1.5 },
      { host: '', port: 80 },
    ]) {
      await failsWith('invalid-option', net.dial(address));
    }
    await failsWith(
      'invalid-option',
      net.listen(() => undefined, -1),
    );
  });
}

function joined(sizes: readonly number[], firstSeed: number): Uint8Array {
  return concatenated(sizes.map((size, index) => patterned(size, firstSeed + index)));
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
