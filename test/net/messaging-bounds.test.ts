/** What waits for the other side of a connection, and what is handled for it, has bounds that a caller in good order does not feel. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import type { MessageHandler, Messenger } from '../../src/net/messaging/index.ts';
import type { Machine } from '../../src/ports/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { sleep } from '../sim/machine/story.ts';
import { bytes, outcomeOf, scene, textOf } from './messaging-scene.ts';

const answerBytes = 50_000;

/** `big` answers at once, `late` when as many milliseconds have passed as it is asked for. */
function serve(server: Messenger, machine: Machine): void {
  server.answer('echo', (body) => body);
  server.answer('big', () => new Uint8Array(answerBytes));
  server.answer('late', async (body) => {
    await sleep(machine, body[0] ?? 0);
    return new Uint8Array(answerBytes);
  });
}

describe('answers', () => {
  test('that come faster than their caller can read all reach it', async () => {
    await scene({ server: { unsentBytesMax: 100_000 }, serve }, async ({ world, peer, server }) => {
      await peer.request('echo', bytes(''));
      world.apply({ kind: 'narrow-links', from: ['b'], to: ['a'], bytesPerMs: 1_000 });
      const asked = Array.from({ length: 100 }, (_, place) => peer.request('late', Uint8Array.of(place)));
      for (const answer of await Promise.all(asked)) assert.equal(answer.length, answerBytes);
      assert.equal(server.figures.callers, 1);
    });
  });

  for (const name of ['big', 'late'])
    test(`beyond what may wait are dropped one by one, and each caller is told (${name})`, async () => {
      await scene(
        { server: { unsentBytesMax: 100_000, limits: { callBytesMax: 200_000 } }, serve },
        async ({ world, peer, server }) => {
          await peer.request('echo', bytes(''));
          world.apply({ kind: 'narrow-links', from: ['b'], to: ['a'], bytesPerMs: 1_000 });
          const asked = Array.from({ length: 100 }, (_, place) =>
            outcomeOf(peer.request(name, Uint8Array.of(place))),
          );
          const outcomes = await Promise.all(asked);
          const errors = outcomes.filter(isQuorateError);
          assert.ok(errors.length > 0 && errors.length < 100, `${errors.length} answers were dropped`);
          for (const { code, outcome } of errors)
            assert.deepEqual([code, outcome], ['queue-full', 'unknown']);
          assert.equal(textOf(await peer.request('echo', bytes('still'))), 'still');
          assert.equal(server.figures.callers, 1);
        },
      );
    });
});

test('errors of any length that a caller does not read are bounded: it is cut', async () => {
  const failing = async (body: Uint8Array, { clock }: Machine): Promise<never> => {
    await new Promise<void>((resolve) => clock.setTimer(body[0] ?? 0, resolve));
    throw new Error('x'.repeat(25_000));
  };
  await scene(
    {
      server: { unsentBytesMax: 10_000, limits: { callBytesMax: 100_000 } },
      serve: (server, machine) => server.answer('fail', (body) => failing(body, machine)),
    },
    async ({ world, peer, server, sleep: pause }) => {
      await outcomeOf(peer.request('fail', bytes('')));
      world.apply({ kind: 'narrow-links', from: ['b'], to: ['a'], bytesPerMs: 1 });
      for (let place = 0; place < 100; place += 1) void outcomeOf(peer.request('fail', Uint8Array.of(place)));
      await pause(1_000);
      assert.equal(server.figures.callers, 0);
    },
  );
});

test('a name counts by its bytes: what the other side would be cut for is refused at home', async () => {
  const name = 'é'.repeat(100);
  await scene({ server: { limits: { frameBytesMax: 2_000 } }, serve }, async ({ peer }) => {
    await peer.request('echo', bytes(''));
    const room = 2_000 - 32 - 200;
    const large = new Uint8Array(room + 1);
    await failsWith('too-large', peer.request(name, large));
    assert.throws(() => peer.send(name, large), { code: 'too-large' });
    await failsWith('too-large', peer.open('é'.repeat(1_000)));
    await failsWith('service-unknown', peer.request(name, new Uint8Array(room)));
    await failsWith('service-unknown', peer.request('e'.repeat(100), new Uint8Array(room + 100)));
  });
});

describe('messages', () => {
  test('that are being handled hold no more bytes than requests may', async () => {
    let held = 0;
    await scene(
      {
        server: { limits: { callBytesMax: 200_000 } },
        serve: (server) =>
          server.receive('note', () => {
            held += 1;
            return new Promise(() => undefined);
          }),
      },
      async ({ peer, sleep: pause }) => {
        for (let number = 0; number < 40; number += 1) peer.send('note', new Uint8Array(50_000));
        await pause(100);
        assert.equal(held, 4);
      },
    );
  });

  test('are all taken by a handler that answers with what is no promise', async () => {
    let heard = 0;
    const counting = (() => {
      heard += 1;
      return heard;
    }) as unknown as MessageHandler;
    await scene({ serve: (server) => server.receive('note', counting) }, async ({ peer, sleep: pause }) => {
      for (let number = 0; number < 5_000; number += 1) {
        peer.send('note', bytes(''));
        if (number % 1_000 === 0) await pause(10);
      }
      await pause(10);
      assert.equal(heard, 5_000);
    });
  });
});
