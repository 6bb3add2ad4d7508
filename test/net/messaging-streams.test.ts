/** Streams between programs: credit, ends, aborts, and what becomes of them when the connection does not last. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import type { MessageStream } from '../../src/net/messaging/index.ts';
import { failsWith, patterned, sameBytes } from '../ports/expectations.ts';
import { all, bytes, outcomeOf, scene, textOf } from './messaging-scene.ts';

/** Writes until the stream takes no more for the moment; answers how many bytes it took. */
async function fill(stream: MessageStream, pause: (forMs: number) => Promise<void>): Promise<number> {
  let taken = 0;
  const write = async (): Promise<void> => {
    while (true) {
      await stream.write(new Uint8Array(10_000));
      taken += 10_000;
    }
  };
  write().catch(() => undefined);
  await pause(500);
  return taken;
}

describe('a stream', () => {
  test('brings everything both ways, in order, in pieces of any size, each side ending by itself', async () => {
    const sent = patterned(1_500_000);
    const sizes = [1, 70_000, 3, 64 * 1024, 200_000];
    await scene(
      {
        serve: (server) =>
          server.accept('double', async (stream) => {
            for await (const piece of stream) {
              await stream.write(piece);
              await stream.write(piece);
            }
          }),
      },
      async ({ peer }) => {
        const stream = await peer.open('double');
        const write = async (): Promise<void> => {
          for (let at = 0, turn = 0; at < sent.length; turn += 1) {
            const end = Math.min(sent.length, at + (sizes[turn % sizes.length] as number));
            await stream.write(sent.subarray(at, end));
            at = end;
          }
          stream.end();
        };
        const [received] = await Promise.all([all(stream), write()]);
        assert.equal(received.length, 2 * sent.length);
        assert.equal(stream.signal.aborted, false);
        await failsWith('closed', stream.write(bytes('late')));
      },
    );
  });

  test('can be answered before it has ended, and read after it was', async () => {
    const sent = patterned(300_000, 7);
    await scene(
      {
        serve: (server) =>
          server.accept('down', async (stream) => {
            await stream.write(sent.subarray(0, 100_000));
            await stream.write(sent.subarray(100_000));
          }),
      },
      async ({ peer, sleep: pause }) => {
        const stream = await peer.open('down');
        stream.end();
        await pause(100);
        sameBytes(await all(stream), sent, 'what came');
      },
    );
  });

  test('whose reader stands still holds up its own writer, and neither calls nor other streams', async () => {
    await scene(
      {
        server: { limits: { windowBytes: 100_000 } },
        serve: (server) => {
          server.answer('echo', (body) => body);
          server.accept('unread', () => new Promise(() => undefined));
          server.accept('count', async (stream) => {
            let count = 0;
            for await (const piece of stream) count += piece.length;
            await stream.write(bytes(String(count)));
          });
        },
      },
      async ({ peer, machine, sleep: pause }) => {
        const unread = await peer.open('unread');
        const taken = await fill(unread, pause);
        assert.ok(taken >= 80_000 && taken <= 100_000, `${taken} bytes were taken for a window of 100,000`);
        const began = machine.clock.now();
        assert.equal(textOf(await peer.request('echo', bytes('swift'))), 'swift');
        assert.ok(machine.clock.now() - began < 5);
        const counted = await peer.open('count');
        for (let part = 0; part < 20; part += 1) await counted.write(new Uint8Array(50_000));
        counted.end();
        assert.equal(textOf(await all(counted)), '1000000');
      },
    );
  });

  test('goes on when its reader does', async () => {
    let read: (() => void) | undefined;
    await scene(
      {
        server: { limits: { windowBytes: 50_000 } },
        serve: (server) =>
          server.accept('later', async (stream) => {
            await new Promise<void>((resolve) => {
              read = resolve;
            });
            await stream.write(bytes(String((await all(stream)).length)));
          }),
      },
      async ({ peer, sleep: pause }) => {
        const stream = await peer.open('later');
        let written = 0;
        const writing = (async () => {
          for (let part = 0; part < 30; part += 1) {
            await stream.write(new Uint8Array(10_000));
            written += 10_000;
          }
          stream.end();
        })();
        await pause(500);
        assert.ok(written < 60_000, `${written} bytes`);
        read?.();
        await writing;
        assert.equal(textOf(await all(stream)), '300000');
      },
    );
  });

  test('on a narrow link lets a call through behind a piece, not behind all that waits', async () => {
    await scene(
      {
        serve: (server) => {
          server.answer('echo', (body) => body);
          server.accept('sink', async (stream) => {
            await all(stream);
          });
        },
        network: { highWaterBytes: 32 * 1024 },
        server: { limits: { windowBytes: 8 << 20 } },
      },
      async ({ world, peer, machine }) => {
        const stream = await peer.open('sink');
        // A second for all of it.
        world.apply({ kind: 'narrow-links', from: ['a'], to: ['b'], bytesPerMs: 8_000 });
        const writing = stream.write(new Uint8Array(8_000_000));
        for (let call = 0; call < 5; call += 1) {
          const began = machine.clock.now();
          await peer.request('echo', bytes('between'));
          const tookMs = machine.clock.now() - began;
          assert.ok(tookMs < 150, `it took ${tookMs} ms of the stream's thousand`);
        }
        await writing;
      },
    );
  });

  test('that its writer or its reader gives up tells the other side why', async () => {
    const reasons: unknown[] = [];
    await scene(
      {
        serve: (server) => {
          server.accept('reader gives up', (stream) => {
            stream.abort(
              new QuorateError({ code: 'fenced', message: 'too old', data: { token: 1, current: 2 } }),
            );
            return Promise.resolve();
          });
          server.accept('writer gives up', async (stream) => {
            reasons.push(await outcomeOf(all(stream)), stream.signal.reason);
          });
        },
      },
      async ({ peer, sleep: pause }) => {
        const first = await peer.open('reader gives up');
        await pause(10);
        const refusal = await failsWith('fenced', first.write(bytes('more')));
        assert.deepEqual(refusal.data, { token: 1, current: 2 });
        assert.equal(first.signal.reason, refusal);
        await failsWith('fenced', all(first));

        const second = await peer.open('writer gives up');
        await second.write(bytes('part'));
        second.abort(new Error('changed my mind'));
        second.abort(new Error('and again'));
        await assert.rejects(all(second), /changed my mind/);
        await pause(10);
        for (const reason of reasons) {
          assert.ok(isQuorateError(reason) && reason.code === 'stream-aborted', String(reason));
          assert.match(reason.message, /changed my mind/);
        }
        assert.equal(reasons.length, 2);
      },
    );
  });

  test('whose loop is left is given up; whose handler fails or returns early lets nobody wait', async () => {
    await scene(
      {
        serve: (server) => {
          server.accept('early', async (stream) => {
            await stream.write(bytes('enough'));
          });
          server.accept('bug', () => Promise.reject(new TypeError('x is undefined')));
          server.accept('endless', async (stream) => {
            while (true) await stream.write(new Uint8Array(1_000));
          });
        },
      },
      async ({ peer }) => {
        const early = await peer.open('early');
        const writing = outcomeOf(
          (async () => {
            while (true) await early.write(new Uint8Array(50_000));
          })(),
        );
        assert.equal(textOf(await all(early)), 'enough');
        const told = await writing;
        assert.ok(isQuorateError(told) && told.code === 'stream-aborted', String(told));

        const bug = await failsWith('service-failed', all(await peer.open('bug')));
        assert.match(bug.message, /x is undefined/);
        await failsWith('service-unknown', all(await peer.open('no such')));

        const endless = await peer.open('endless');
        let pieces = 0;
        for await (const piece of endless) {
          pieces += piece.length;
          if (pieces > 10_000) break;
        }
        assert.equal(endless.signal.aborted, true);
      },
    );
  });

  test('settles everything on both sides when its connection breaks in the middle', async () => {
    const served: unknown[] = [];
    await scene(
      {
        server: { limits: { windowBytes: 20_000 } },
        serve: (server) =>
          server.accept('sink', async (stream) => {
            const iterator = stream[Symbol.asyncIterator]();
            await iterator.next();
            served.push(
              await outcomeOf(
                (async () => {
                  while (true) await stream.write(new Uint8Array(10_000));
                })(),
              ),
            );
            served.push(await outcomeOf(all(stream)));
          }),
      },
      async ({ world, peer, sleep: pause }) => {
        const stream = await peer.open('sink');
        const waiting = [
          outcomeOf(stream.write(new Uint8Array(100_000))),
          outcomeOf(
            (async () => {
              await stream.write(bytes('behind it'));
            })(),
          ),
        ];
        await pause(50);
        world.apply({ kind: 'reset', machine: 'a', peer: 'b' });
        const settled = await Promise.all(waiting);
        settled.push(await outcomeOf(all(stream)), await outcomeOf(stream.write(bytes('late'))));
        await pause(50);
        assert.equal(served.length, 2);
        for (const outcome of [...settled, ...served]) {
          assert.ok(isQuorateError(outcome) && outcome.code === 'network-failed', String(outcome));
          assert.equal(outcome.outcome, 'unknown');
        }
        assert.equal(stream.signal.aborted, true);
        stream.end();
        stream.abort();
      },
    );
  });

  test('whose writer does not wait is refused more than a bound, and loses nothing of what was taken', async () => {
    await scene(
      {
        server: { limits: { windowBytes: 10_000 } },
        serve: (server) =>
          server.accept('sink', async (stream) => {
            await stream.write(bytes(String((await all(stream)).length)));
          }),
      },
      async ({ peer }) => {
        const stream = await peer.open('sink');
        const outcomes = await Promise.all(
          Array.from({ length: 30 }, () => outcomeOf(stream.write(new Uint8Array(100_000)))),
        );
        const refused = outcomes.filter(isQuorateError);
        assert.ok(refused.length > 0 && refused.every(({ code }) => code === 'queue-full'));
        stream.end();
        assert.equal(textOf(await all(stream)), String((30 - refused.length) * 100_000));
      },
    );
  });

  test('beyond what a connection may have is refused; one that is over, with its handler, makes room', async () => {
    const release: (() => void)[] = [];
    await scene(
      {
        server: { limits: { streamsMax: 2 } },
        serve: (server) => server.accept('hold', () => new Promise((resolve) => release.push(resolve))),
      },
      async ({ peer, sleep: pause }) => {
        const held = [await peer.open('hold'), await peer.open('hold')];
        await failsWith('queue-full', peer.open('hold'));
        held[0]?.abort();
        await pause(10);
        // Here there is room again; over there its handler has not ended.
        await failsWith('queue-full', all(await peer.open('hold')));
        release[0]?.();
        await pause(10);
        const third = await peer.open('hold');
        third.end();
        await pause(10);
        release[2]?.();
        assert.equal((await all(third)).length, 0);
      },
    );
  });

  test('ends with the signal that it was opened with', async () => {
    await scene(
      { serve: (server) => server.accept('hold', () => new Promise(() => undefined)) },
      async ({ peer }) => {
        const giveUp = new AbortController();
        const stream = await peer.open('hold', { signal: giveUp.signal });
        const reading = outcomeOf(all(stream));
        const reason = new Error('no longer');
        giveUp.abort(reason);
        assert.equal(await reading, reason);
        assert.equal(await outcomeOf(peer.open('hold', { signal: giveUp.signal })), reason);
      },
    );
  });

  test('has one reader', async () => {
    await scene(
      { serve: (server) => server.accept('hold', () => new Promise(() => undefined)) },
      async ({ peer }) => {
        const stream = await peer.open('hold');
        const first = outcomeOf(all(stream));
        await failsWith('in-use', stream[Symbol.asyncIterator]().next());
        stream.abort();
        assert.ok(isQuorateError(await first));
      },
    );
  });
});
