/**
 * What all datagrams must do that claim the port: the real ones on loopback and the simulated ones. The network is
 * well here; still a packet may come twice or out of order, so stories count what is distinct, whatever the order.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Address, DatagramSocket, Datagrams, Network } from '../../src/ports/index.ts';
import { failsWith, patterned, throwsWith } from './expectations.ts';

export interface DatagramFixture {
  readonly near: Datagrams;
  readonly far: Datagrams;
  /** The network beside the datagrams of `far`. */
  readonly network: Network;
  /** Hosts by which the two reach each other. */
  readonly nearHost: string;
  readonly farHost: string;
  /** Runs a story to its end; a simulated machine lets its time pass meanwhile. */
  run(story: () => Promise<void>): Promise<void>;
}

type Tell = (title: string, story: (stage: Stage) => Promise<void>) => void;

export function datagramConformance(name: string, makeFixture: () => DatagramFixture): void {
  describe(`datagram conformance: ${name}`, () => {
    const tell: Tell = (title, story) => {
      test(title, async () => {
        const stage = new Stage(makeFixture());
        await stage.fixture.run(async () => {
          try {
            await story(stage);
          } finally {
            await stage.close();
          }
        });
      });
    };
    packets(tell);
    ports(tell);
    refusals(tell);
  });
}

interface Packet {
  readonly bytes: Uint8Array;
  readonly from: Address;
}

/** A socket, and all that it has heard. */
class Ear {
  readonly heard: Packet[] = [];
  socket!: DatagramSocket;
  answers: (packet: Packet) => void = () => undefined;
  readonly #waiting: { condition: () => boolean; resolve: () => void }[] = [];

  hear(bytes: Uint8Array, from: Address): void {
    const packet = { bytes: bytes.slice(), from };
    this.heard.push(packet);
    this.answers(packet);
    for (const { condition, resolve } of this.#waiting) if (condition()) resolve();
  }

  until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push({ condition, resolve }));
  }

  /** Distinct packets as texts, sorted: what a network that doubles and reorders leaves alone. */
  distinct(): string[] {
    return [...new Set(this.heard.map(({ bytes }) => bytes.join()))].sort();
  }
}

class Stage {
  readonly fixture: DatagramFixture;
  readonly #sockets: DatagramSocket[] = [];

  constructor(fixture: DatagramFixture) {
    this.fixture = fixture;
  }

  near(port = 0): Promise<Ear> {
    return this.#open(this.fixture.near, this.fixture.nearHost, port);
  }

  far(port = 0): Promise<Ear> {
    return this.#open(this.fixture.far, this.fixture.farHost, port);
  }

  /** Both are open, and by the end of a round trip whatever was sent before has had its chance. */
  async roundTrip(): Promise<void> {
    const [near, far] = await Promise.all([this.near(), this.far()]);
    far.answers = ({ bytes, from }) => far.socket.send(bytes.slice(), from);
    near.socket.send(patterned(1), far.socket.address);
    await near.until(() => near.heard.length > 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#sockets.map((socket) => socket.close()));
  }

  async #open(datagrams: Datagrams, host: string, port: number): Promise<Ear> {
    const ear = new Ear();
    ear.socket = await datagrams.open({ address: { host, port } }, (bytes, from) => ear.hear(bytes, from));
    this.#sockets.push(ear.socket);
    return ear;
  }
}

function packets(tell: Tell): void {
  tell('packets keep their borders, up to the largest', async (stage) => {
    const [near, far] = await Promise.all([stage.near(), stage.far()]);
    const { bytesMax } = near.socket;
    assert.ok(bytesMax >= 508, 'what every network passes');
    const sent = [1, 2, 100, bytesMax - 1, bytesMax].map((length, seed) => patterned(length, seed));
    for (const bytes of sent) near.socket.send(bytes.slice(), far.socket.address);
    await far.until(() => far.distinct().length >= sent.length);
    assert.deepEqual(far.distinct(), sent.map((bytes) => bytes.join()).sort());
    assert.equal(near.socket.dropped, 0);
  });

  tell('a packet says where it came from, and may be answered from within the call', async (stage) => {
    const [near, far] = await Promise.all([stage.near(), stage.far()]);
    far.answers = ({ bytes, from }) =>
      far.socket.send(
        bytes.map((byte) => 255 - byte),
        from,
      );
    near.socket.send(patterned(200), far.socket.address);
    await near.until(() => near.heard.length > 0);
    const [answer] = near.heard as [Packet];
    assert.deepEqual(
      answer.bytes,
      patterned(200).map((byte) => 255 - byte),
    );
    assert.equal(answer.from.port, far.socket.address.port);
    assert.equal(far.heard[0]?.from.port, near.socket.address.port);
  });

  tell('a packet for nobody is lost, and its sender goes on', async (stage) => {
    const [near, gone, far] = await Promise.all([stage.near(), stage.far(), stage.far()]);
    await gone.socket.close();
    near.socket.send(patterned(10, 1), gone.socket.address);
    near.socket.send(patterned(10, 2), gone.socket.address);
    near.socket.send(patterned(10, 3), far.socket.address);
    await far.until(() => far.heard.length > 0);
    assert.deepEqual(far.distinct(), [patterned(10, 3).join()]);
    assert.deepEqual(gone.heard, []);
  });
}

function ports(tell: Tell): void {
  tell('a free port is found and told, and one that is taken is refused', async (stage) => {
    const far = await stage.far();
    const { host, port } = far.socket.address;
    assert.equal(host, stage.fixture.farHost);
    assert.ok(port > 0);
    const refused = await failsWith('in-use', stage.far(port));
    assert.match(refused.message, new RegExp(String(port)));
    await far.socket.close();
    const again = await stage.far(port);
    assert.equal(again.socket.address.port, port);
  });

  tell('one number serves connections and datagrams', async (stage) => {
    const far = await stage.far();
    const { address } = far.socket;
    const listener = await stage.fixture.network.listen({ address }, () => assert.fail('nobody connects'));
    assert.equal(listener.address.port, address.port);
    await listener.close();
  });

  tell('a closed socket hears nothing and sends nothing', async (stage) => {
    const [near, far] = await Promise.all([stage.near(), stage.far()]);
    near.socket.send(patterned(10), far.socket.address);
    await Promise.all([far.socket.close(), far.socket.close()]);
    far.socket.send(patterned(10), near.socket.address);
    const heardBefore = far.heard.length;
    near.socket.send(patterned(10), far.socket.address);
    await stage.roundTrip();
    assert.equal(far.heard.length, heardBefore);
    assert.deepEqual(near.heard, []);
    await far.socket.close();
  });
}

function refusals(tell: Tell): void {
  tell('a packet that is too large is refused whole', async (stage) => {
    const [near, far] = await Promise.all([stage.near(), stage.far()]);
    const bytes = patterned(near.socket.bytesMax + 1);
    const refused = throwsWith('too-large', () => near.socket.send(bytes, far.socket.address));
    assert.deepEqual(refused.data, {
      what: 'datagram',
      bytes: bytes.length,
      limit: near.socket.bytesMax,
    });
    await stage.roundTrip();
    assert.deepEqual(far.heard, []);
  });

  tell('an address that cannot be one is refused at once', async (stage) => {
    const near = await stage.near();
    const host = stage.fixture.farHost;
    for (const address of [
      { host, port: 0 },
      { host, port: 65_536 },
      { host, port: 1.5 },
      { host: '', port: 80 },
    ]) {
      throwsWith('invalid-option', () => near.socket.send(patterned(1), address));
    }
    await failsWith('invalid-option', stage.near(-1));
  });
}
