/** Whoever connects and does not keep to the protocol: what it may cost, and that others do not notice. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ByteWriter, crc32, isQuorateError } from '../../src/base/index.ts';
import { decodeReply, encodeHello, encodeReply, FrameReader, writeFrame } from '../../src/net/index.ts';
import type { Messenger } from '../../src/net/messaging/index.ts';
import { decodePacket, encodePacket, type Packet } from '../../src/net/messaging/packet.ts';
import { encodeTerms, type MessagingTerms, termsDefault } from '../../src/net/messaging/terms.ts';
import type { Connection, Machine } from '../../src/ports/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { sleep } from '../sim/machine/story.ts';
import { bytes, here, outcomeOf, type Scene, scene, textOf } from './messaging-scene.ts';

const helloBytes = encodeHello({
  purpose: 'messages',
  cluster: '',
  from: 0,
  to: 0,
  terms: encodeTerms(termsDefault),
});

/** A peer that sends what a story wants, and notes what it hears. */
class Rogue {
  readonly payloads: Uint8Array[] = [];
  isClosed = false;
  readonly #connection: Connection;
  readonly #frames = new FrameReader({ payloadBytesMax: () => 64 << 20 });

  static async dial({ network }: Machine): Promise<Rogue> {
    return new Rogue(await network.connect({ address: here }));
  }

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.start({
      received: (received) => this.#frames.push(received, (payload) => this.payloads.push(payload)),
      drained: () => undefined,
      ended: () => {
        this.isClosed = true;
      },
      closed: () => {
        this.isClosed = true;
      },
    });
  }

  raw(sent: Uint8Array): void {
    this.#connection.write(sent);
  }

  frame(payload: Uint8Array): void {
    const writer = new ByteWriter(64);
    writeFrame(writer, crc32, () => writer.raw(payload));
    this.raw(writer.copy());
  }

  hello(): void {
    this.frame(helloBytes);
  }

  say(...packets: readonly Packet[]): void {
    for (const packet of packets) {
      const writer = new ByteWriter(64);
      encodePacket(writer, packet);
      this.frame(writer.copy());
    }
  }

  close(): void {
    this.#connection.destroy();
  }

  deaf(): void {
    this.#connection.pause();
  }

  get refusal(): unknown {
    const reply = decodeReply(this.payloads[0] as Uint8Array);
    return reply.ok ? undefined : reply.error;
  }
}

/** A story with a stranger in it; at its end somebody who behaves is served as if nothing had been. */
async function besides(
  story: (rogue: Rogue, scene: Scene) => Promise<void>,
  limits: Partial<MessagingTerms> = {},
  unsentBytesMax = 4 << 20,
): Promise<void> {
  const serve = (server: Messenger): void => {
    server.answer('echo', (body) => body);
    server.answer('hold', () => new Promise(() => undefined));
    server.accept('hold', () => new Promise(() => undefined));
  };
  await scene({ server: { limits, unsentBytesMax }, serve }, async (told) => {
    await told.peer.request('echo', bytes('before'));
    await story(await Rogue.dial(told.machine), told);
    assert.equal(textOf(await told.peer.request('echo', bytes('after'))), 'after');
    assert.equal(told.server.figures.callers, 1);
  });
}

describe('a stranger', () => {
  const words: Readonly<Record<string, (rogue: Rogue) => void>> = {
    'sends garbage': (rogue) => rogue.raw(new Uint8Array(100).fill(0xee)),
    'announces a frame of four gigabytes': (rogue) =>
      rogue.raw(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)),
    'sends more than a hello may have': (rogue) => rogue.frame(new Uint8Array(1025)),
    'speaks HTTP': (rogue) => rogue.raw(bytes('GET / HTTP/1.1\r\nhost: b\r\n\r\n')),
    'sends a frame that is no hello': (rogue) => rogue.frame(new Uint8Array(20)),
    'says nothing for five seconds': () => undefined,
  };
  for (const [name, act] of Object.entries(words)) {
    test(`who ${name} is cut`, async () => {
      await besides(async (rogue, { server, sleep: pause }) => {
        act(rogue);
        await pause(5_100);
        assert.equal(rogue.isClosed, true);
        assert.equal(server.figures.refused, 1);
      });
    });
  }

  test('who is a client or a node of a cluster hears that this is another door', async () => {
    await besides(async (rogue, { sleep: pause }) => {
      rogue.frame(encodeHello({ purpose: 'client', cluster: '', from: 0, to: 0 }));
      await pause(20);
      const { refusal } = rogue;
      assert.ok(isQuorateError(refusal) && refusal.code === 'hello-refused', String(refusal));
      await pause(6_000);
      assert.equal(rogue.isClosed, true);
    });
  });

  test('who comes when there are enough is told so', async () => {
    await scene({ server: { callersMax: 1 } }, async ({ peer, machine, sleep: pause }) => {
      await outcomeOf(peer.request('echo', bytes('')));
      const rogue = await Rogue.dial(machine);
      rogue.hello();
      await pause(20);
      const { refusal } = rogue;
      assert.ok(isQuorateError(refusal) && refusal.code === 'queue-full', String(refusal));
    });
  });
});

describe('a caller', () => {
  const piece = { kind: 'piece', id: 1, body: new Uint8Array(10_000) } as const;
  const open = { kind: 'open', id: 1, name: 'hold' } as const;
  const breaches: Readonly<Record<string, readonly Packet[]>> = {
    'uses a number twice': [
      { kind: 'request', id: 5, name: 'hold', body: bytes('') },
      { kind: 'request', id: 5, name: 'hold', body: bytes('') },
    ],
    'goes back in its numbers': [open, { kind: 'subscribe', id: 0, pattern: 'n' }],
    'answers what it was not asked': [{ kind: 'reply', id: 1, body: bytes('') }],
    'publishes to its publisher': [{ kind: 'event', id: 1, subject: 'n', body: bytes('') }],
    'sends more on a stream than it was granted': [open, ...Array.from({ length: 5 }, () => piece)],
    'pays a stream in single bytes': [
      open,
      ...Array.from({ length: 700 }, () => ({ ...piece, body: Uint8Array.of(1) })),
    ],
    'gives back credit that it never had': [open, { kind: 'credit', id: 1, cost: 1 << 20 }],
    'goes on behind its own end': [open, { kind: 'end', id: 1 }, piece],
    'ends twice': [open, { kind: 'end', id: 1 }, { kind: 'end', id: 1 }],
  };
  for (const [name, packets] of Object.entries(breaches)) {
    test(`who ${name} is cut`, async () => {
      await besides(
        async (rogue, { sleep: pause }) => {
          rogue.hello();
          rogue.say(...packets);
          await pause(100);
          assert.equal(rogue.isClosed, true);
        },
        { windowBytes: 40_000 },
      );
    });
  }

  test('who speaks of what is no more is passed over', async () => {
    await besides(async (rogue, { sleep: pause, server }) => {
      rogue.hello();
      rogue.say(
        { kind: 'cancel', id: 77 },
        { ...piece, id: 78 },
        { kind: 'credit', id: 78, cost: 1 },
        { kind: 'end', id: 78 },
        { kind: 'request', id: 100, name: 'echo', body: bytes('still here') },
      );
      await pause(100);
      assert.equal(rogue.payloads.length, 2);
      assert.equal(server.figures.callers, 2);
      rogue.raw(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0));
      await pause(100);
    });
  });

  test('who has no time left hears that nothing was done', async () => {
    await besides(async (rogue, { sleep: pause }) => {
      rogue.hello();
      rogue.say({ kind: 'request', id: 1, name: 'echo', body: bytes(''), remainingMs: 0 });
      await pause(20);
      const packet = decodePacket(rogue.payloads[1] as Uint8Array);
      assert.ok(packet.kind === 'failure' && packet.error.code === 'deadline-exceeded');
      assert.equal(packet.error.outcome, 'not-applied');
      rogue.close();
      await pause(20);
    });
  });

  test('who asks and gives up again and again keeps no more handlers busy than it may', async () => {
    let running = 0;
    await scene(
      {
        server: { limits: { callsMax: 10 } },
        serve: (server) =>
          server.answer('hold', () => {
            running += 1;
            return new Promise(() => undefined);
          }),
      },
      async ({ machine, sleep: pause }) => {
        const rogue = await Rogue.dial(machine);
        rogue.hello();
        for (let id = 1; id <= 500; id += 1)
          rogue.say({ kind: 'request', id, name: 'hold', body: bytes('') }, { kind: 'cancel', id });
        await pause(100);
        assert.equal(running, 10);
      },
    );
  });

  test('who opens and aborts streams again and again keeps no more handlers busy than it may', async () => {
    let running = 0;
    await scene(
      {
        server: { limits: { streamsMax: 10 } },
        serve: (server) =>
          server.accept('hold', () => {
            running += 1;
            return new Promise(() => undefined);
          }),
      },
      async ({ machine, sleep: pause }) => {
        const rogue = await Rogue.dial(machine);
        rogue.hello();
        for (let id = 1; id <= 500; id += 1)
          rogue.say({ kind: 'open', id, name: 'hold' }, { kind: 'end', id });
        await pause(100);
        assert.equal(running, 10);
      },
    );
  });

  test('who asks and reads no answer is read no further, and cut in the end', async () => {
    let served = 0;
    await scene(
      {
        server: { unsentBytesMax: 100_000, heartbeat: '1s' },
        serve: (server, machine) =>
          server.answer('big', async () => {
            served += 1;
            await sleep(machine, 1);
            return new Uint8Array(50_000);
          }),
      },
      async ({ machine, server, sleep: pause }) => {
        const rogue = await Rogue.dial(machine);
        rogue.hello();
        await pause(20);
        rogue.deaf();
        for (let id = 1; id <= 1_000; id += 1)
          rogue.say({ kind: 'request', id, name: 'big', body: new Uint8Array(10_000) });
        await pause(20_000);
        assert.ok(served < 1_000, `${served} of 1,000 were served to somebody who reads none`);
        assert.equal(server.figures.callers, 0);
      },
    );
  });

  test('who was greeted and says nothing more is let go of', async () => {
    await scene({ server: { heartbeat: '1s' } }, async ({ machine, server, sleep: pause }) => {
      const rogue = await Rogue.dial(machine);
      rogue.hello();
      await pause(20);
      assert.equal(server.figures.callers, 1);
      await pause(15_000);
      assert.equal(server.figures.callers, 0);
    });
  });
});

/** A server that greets and then says what the story wants, whatever it is asked. */
async function facing(
  answers: (asked: number) => readonly Packet[],
  story: (peer: ReturnType<Messenger['peer']>) => Promise<void>,
): Promise<void> {
  await scene({}, async ({ world, client, sleep: pause }) => {
    world.machine('c').start(async ({ network }) => {
      await network.listen({ address: { host: 'c', port: 1 } }, (connection) => {
        let asked = -1;
        const writer = new ByteWriter(64);
        const frames = new FrameReader({ payloadBytesMax: () => 64 << 20 });
        const frame = (fill: () => void): void => {
          writer.reset();
          writeFrame(writer, crc32, fill);
          connection.write(writer.copy());
        };
        connection.start({
          received: (received) =>
            frames.push(received, () => {
              asked += 1;
              if (asked === 0)
                frame(() =>
                  encodeReply(writer, { id: 0, ok: true, isItem: true, body: encodeTerms(termsDefault) }),
                );
              else for (const packet of answers(asked)) frame(() => encodePacket(writer, packet));
            }),
          drained: () => undefined,
          ended: () => connection.destroy(),
          closed: () => undefined,
        });
      });
    });
    await pause(10);
    await story(client.peer({ host: 'c', port: 1 }));
  });
}

describe('an answerer', () => {
  test('that answers twice, late, or what was not asked, answers each call once', async () => {
    const reply = (id: number, body: string): Packet => ({ kind: 'reply', id, body: bytes(body) });
    await facing(
      (asked) => [
        reply(99, 'nobody'),
        reply(asked, `answer ${asked}`),
        reply(asked, 'twice'),
        reply(asked - 1, 'late'),
        { kind: 'gap', id: asked, missed: 3 },
        { kind: 'piece', id: asked, body: bytes('stream?') },
      ],
      async (peer) => {
        for (let call = 1; call <= 3; call += 1)
          assert.equal(textOf(await peer.request('any', bytes(''))), `answer ${call}`);
      },
    );
  });

  test('that breaks the protocol loses the connection, and what waits is told that nobody knows', async () => {
    const breaches: readonly (readonly Packet[])[] = [
      [{ kind: 'request', id: 1, name: 'echo', body: bytes('') }],
      [{ kind: 'open', id: 1, name: 'hold' }],
    ];
    for (const breach of breaches) {
      await facing(
        () => breach,
        async (peer) => {
          const error = await failsWith('network-failed', peer.request('any', bytes('')));
          assert.equal(error.outcome, 'unknown');
          assert.match(error.message, /broke the protocol/);
        },
      );
    }
  });

  test('that is no program of ours is found out, and nothing was applied', async () => {
    await scene({}, async ({ world, client, sleep: pause }) => {
      world.machine('c').start(async ({ network }) => {
        await network.listen({ address: { host: 'c', port: 1 } }, (connection) => {
          connection.start({
            received: () => connection.write(bytes('HTTP/1.1 400 Bad Request\r\n\r\n')),
            drained: () => undefined,
            ended: () => connection.destroy(),
            closed: () => undefined,
          });
        });
        await network.listen({ address: { host: 'c', port: 2 } }, (connection) => {
          connection.start({
            received: () => undefined,
            drained: () => undefined,
            ended: () => connection.destroy(),
            closed: () => undefined,
          });
        });
      });
      await pause(10);
      for (const port of [1, 2]) {
        const error = await outcomeOf(client.peer({ host: 'c', port }).request('any', bytes('')));
        assert.ok(isQuorateError(error), String(error));
        assert.equal(error.outcome, 'not-applied', error.message);
      }
    });
  });
});
