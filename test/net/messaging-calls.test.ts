/** Requests between programs, and messages that nobody answers: over links that fail. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import { Messenger, type RequestContext } from '../../src/net/messaging/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { sleep } from '../sim/machine/story.ts';
import { all, bytes, here, outcomeOf, scene, textOf } from './messaging-scene.ts';

describe('a request', () => {
  test('is answered by the handler of its name, each call by its own answer, whichever is ready first', async () => {
    await scene(
      {
        serve: (server, machine) => {
          server.answer('wait', async (body) => {
            await sleep(machine, Number(textOf(body)));
            return bytes(`waited ${textOf(body)}`);
          });
          server.answer('echo', (body) => body);
        },
      },
      async ({ peer }) => {
        const order: string[] = [];
        const ask = async (name: string, body: string): Promise<void> => {
          order.push(textOf(await peer.request(name, bytes(body))));
        };
        await Promise.all([ask('wait', '30'), ask('wait', '10'), ask('echo', 'at once'), ask('wait', '20')]);
        assert.deepEqual(order, ['at once', 'waited 10', 'waited 20', 'waited 30']);
      },
    );
  });

  test('that fails tells code, data, whether to try again and the outcome, as the handler threw them', async () => {
    const thrown = new QuorateError({
      code: 'fenced',
      message: 'another holds it',
      data: { token: 3, current: 4 },
      retryable: true,
      outcome: 'unknown',
    });
    await scene(
      {
        serve: (server) => {
          server.answer('fence', () => {
            throw thrown;
          });
          server.answer('bug', () => Promise.reject(new TypeError('x is undefined')));
          server.answer('nothing', (() => undefined) as unknown as () => Uint8Array);
        },
      },
      async ({ peer }) => {
        const fenced = await failsWith('fenced', peer.request('fence', bytes('')));
        const { message, data, retryable, outcome } = fenced;
        assert.deepEqual([message, data], [thrown.message, thrown.data]);
        assert.deepEqual([retryable, outcome], [true, 'unknown']);
        const failed = await failsWith('service-failed', peer.request('bug', bytes('')));
        assert.deepEqual(failed.data, { service: 'bug', reason: 'TypeError: x is undefined' });
        assert.equal(failed.outcome, 'unknown');
        await failsWith('service-failed', peer.request('nothing', bytes('')));
        const unknown = await failsWith('service-unknown', peer.request('no such', bytes('')));
        assert.equal(unknown.outcome, 'not-applied');
      },
    );
  });

  test('says for how much longer it is waited for, and its handler hears when that is over', async () => {
    let given = 0;
    let reason: unknown;
    await scene(
      {
        serve: (server) =>
          server.answer('slow', (_, context) => {
            given = context.remainingMs;
            return new Promise((_resolve, reject) => {
              context.signal.addEventListener('abort', () => {
                reason = context.signal.reason;
                reject(reason as Error);
              });
            });
          }),
      },
      async ({ peer, machine, sleep: pause }) => {
        await outcomeOf(peer.request('no such', bytes('')));
        const began = machine.clock.now();
        const error = await failsWith('deadline-exceeded', peer.request('slow', bytes(''), { timeout: 40 }));
        assert.equal(error.outcome, 'unknown');
        assert.equal(Math.round(machine.clock.now() - began), 40);
        assert.equal(given, 40);
        await pause(5);
        assert.ok(isQuorateError(reason) && ['deadline-exceeded', 'call-cancelled'].includes(reason.code));
      },
    );
  });

  test('that nobody waits for any more when it comes is not begun', async () => {
    let begun = 0;
    await scene(
      {
        serve: (server) =>
          server.answer('count', (body) => {
            begun += 1;
            return body;
          }),
      },
      async ({ peer, sleep: pause }) => {
        await peer.request('count', bytes(''));
        await failsWith('deadline-exceeded', peer.request('count', bytes(''), { timeout: 0 }));
        const soon = 'soon' as unknown as number;
        await failsWith('invalid-option', peer.request('count', bytes(''), { timeout: soon }));
        await pause(20);
        assert.equal(begun, 1);
      },
    );
  });

  test('without a connection counts its deadline while it waits for one, and was not applied', async () => {
    await scene({ client: { connectTimeout: '20s' } }, async ({ world, peer }) => {
      world.apply({ kind: 'isolate', machine: 'b', forMs: 60_000 });
      const error = await failsWith('deadline-exceeded', peer.request('echo', bytes(''), { timeout: '1s' }));
      assert.equal(error.outcome, 'not-applied');
    });
  });

  test('that its caller gives up is cancelled at the other side; a late answer reaches nobody', async () => {
    const contexts: RequestContext[] = [];
    const answers: ((body: Uint8Array) => void)[] = [];
    await scene(
      {
        serve: (server) =>
          server.answer('hold', (_, context) => {
            contexts.push(context);
            return new Promise((resolve) => answers.push(resolve));
          }),
      },
      async ({ peer, sleep: pause }) => {
        const giveUp = new AbortController();
        const first = outcomeOf(peer.request('hold', bytes(''), { signal: giveUp.signal }));
        const second = peer.request('hold', bytes(''));
        await pause(10);
        const reason = new Error('not needed');
        giveUp.abort(reason);
        assert.equal(await first, reason);
        await pause(10);
        assert.deepEqual(
          contexts.map(({ signal }) => signal.aborted),
          [true, false],
        );
        const heard: unknown = contexts[0]?.signal.reason;
        assert.ok(isQuorateError(heard) && heard.code === 'call-cancelled', String(heard));
        answers[0]?.(bytes('first'));
        await pause(10);
        answers[1]?.(bytes('second'));
        assert.equal(textOf(await second), 'second');
        const over = await outcomeOf(peer.request('hold', bytes(''), { signal: giveUp.signal }));
        assert.equal(over, reason);
      },
    );
  });

  test('that is cancelled as its answer is on the way gets one of both, and the next one its own', async () => {
    for (const afterMs of [0.5, 1, 1.5, 2, 2.5, 3]) {
      await scene(
        { serve: (server) => server.answer('echo', (body) => body) },
        async ({ peer, sleep: pause }) => {
          await peer.request('echo', bytes('warm'));
          const giveUp = new AbortController();
          const reason = new Error('too late');
          const raced = outcomeOf(peer.request('echo', bytes('raced'), { signal: giveUp.signal }));
          await pause(afterMs);
          giveUp.abort(reason);
          const next = textOf(await peer.request('echo', bytes('next')));
          const outcome = await raced;
          assert.equal(next, 'next');
          if (outcome !== reason) assert.equal(textOf(outcome as Uint8Array), 'raced');
        },
      );
    }
  });

  test('that the other side has too many of is refused, not applied, and others go on', async () => {
    const release: (() => void)[] = [];
    await scene(
      {
        server: { limits: { callsMax: 2 } },
        serve: (server) =>
          server.answer('hold', (body) => new Promise((resolve) => release.push(() => resolve(body)))),
      },
      async ({ peer, sleep: pause }) => {
        const held = [peer.request('hold', bytes('1')), peer.request('hold', bytes('2'))];
        await pause(10);
        const error = await failsWith('queue-full', peer.request('hold', bytes('3')));
        assert.deepEqual([error.retryable, error.outcome], [true, 'not-applied']);
        for (const go of release) go();
        assert.deepEqual((await Promise.all(held)).map(textOf), ['1', '2']);
      },
    );
  });

  test('or an answer that is too large is refused by its side, and costs nobody the connection', async () => {
    const options = { limits: { frameBytesMax: 10_000 } };
    const serve = (server: Messenger): void => {
      server.answer('big', () => new Uint8Array(20_000));
      server.answer('echo', (body) => body);
    };
    await scene({ server: options, client: options, serve }, async ({ peer, server }) => {
      await peer.request('echo', bytes(''));
      const request = await failsWith('too-large', peer.request('echo', new Uint8Array(10_000)));
      assert.equal(request.outcome, 'not-applied');
      const reply = await failsWith('too-large', peer.request('big', bytes('')));
      assert.equal(reply.outcome, 'unknown');
      assert.equal((await peer.request('echo', new Uint8Array(9_000))).length, 9_000);
      assert.equal(server.figures.callers, 1);
    });
  });
});

describe('a message that nobody answers', () => {
  test('arrives once and in order, with those that were sent before there was a connection', async () => {
    const heard: string[] = [];
    await scene(
      { serve: (server) => server.receive('note', (body) => void heard.push(textOf(body))) },
      async ({ peer, sleep: pause }) => {
        const lent = bytes('0');
        peer.send('note', lent);
        lent.fill(0x39);
        for (let number = 1; number < 5; number += 1) peer.send('note', bytes(String(number)));
        await pause(10);
        for (let number = 5; number < 10; number += 1) peer.send('note', bytes(String(number)));
        await pause(10);
        assert.deepEqual(heard.join(''), '0123456789');
      },
    );
  });

  test('is refused where too many wait, and counted as dropped when no connection comes about', async () => {
    await scene({ client: { unsentBytesMax: 10_000 } }, async ({ client }) => {
      const nobody = client.peer({ host: 'c', port: 9 });
      let taken = 0;
      const refusal = ((): unknown => {
        while (true) {
          try {
            nobody.send('note', new Uint8Array(1_000));
            taken += 1;
          } catch (error) {
            return error;
          }
        }
      })();
      assert.ok(isQuorateError(refusal) && refusal.code === 'queue-full', String(refusal));
      assert.deepEqual([taken, refusal.retryable, refusal.outcome], [10, true, 'not-applied']);
      await outcomeOf(nobody.request('echo', bytes('')));
      assert.equal(nobody.dropped, 10);
    });
  });

  test('is refused while a slow connection has too much to take, and taken again after that', async () => {
    let heard = 0;
    await scene(
      {
        client: { unsentBytesMax: 100_000 },
        serve: (server) =>
          server.receive('note', (body) => {
            heard += body.length;
          }),
      },
      async ({ world, peer, sleep: pause }) => {
        peer.send('note', new Uint8Array(1));
        await pause(10);
        const slow = world.apply({ kind: 'narrow-links', from: ['a'], to: ['b'], bytesPerMs: 100 });
        let sent = 1;
        assert.throws(
          () => {
            while (true) {
              peer.send('note', new Uint8Array(10_000));
              sent += 10_000;
            }
          },
          { code: 'queue-full' },
        );
        slow.revert();
        await pause(10_000);
        assert.equal(heard, sent);
        peer.send('note', new Uint8Array(5));
        await pause(10);
        assert.equal(heard, sent + 5);
      },
    );
  });

  test('without a handler, or with one that fails, disturbs nobody', async () => {
    await scene(
      {
        serve: (server) => {
          server.receive('bad', () => {
            throw new Error('no');
          });
          server.receive('worse', () => Promise.reject(new Error('no')));
          server.answer('echo', (body) => body);
        },
      },
      async ({ peer }) => {
        for (const name of ['bad', 'worse', 'nobody']) peer.send(name, bytes(''));
        assert.equal(textOf(await peer.request('echo', bytes('well'))), 'well');
      },
    );
  });
});

test('a handler may throw what has no text, and its caller hears that it failed', async () => {
  const textless: unknown = Object.create(null);
  await scene(
    {
      serve: (server) => {
        server.answer('now', () => {
          throw textless;
        });
        server.answer('later', () => Promise.reject(textless));
        server.accept('stream', () => Promise.reject(textless));
        server.answer('echo', (body) => body);
      },
    },
    async ({ peer }) => {
      for (const name of ['now', 'later'])
        assert.match((await failsWith('service-failed', peer.request(name, bytes('')))).message, /failed/);
      await failsWith('service-failed', all(await peer.open('stream')));
      assert.equal(textOf(await peer.request('echo', bytes('well'))), 'well');
    },
  );
});

test('a handler is there once under its name, until it is taken away', async () => {
  await scene({}, async ({ server, peer }) => {
    const away = server.answer('echo', (body) => body);
    assert.throws(() => server.answer('echo', (body) => body), { code: 'already-exists' });
    assert.throws(() => server.answer('', (body) => body), { code: 'invalid-option' });
    await peer.request('echo', bytes(''));
    away();
    away();
    await failsWith('service-unknown', peer.request('echo', bytes('')));
  });
});

test('options that cannot be are refused by name', async () => {
  await scene({}, async ({ machine, client }) => {
    const wrongs = [
      { limits: { frameBytesMax: 1 } },
      { limits: { windowBytes: 1.5 } },
      { connectionsMax: 0 },
      { unsentBytesMax: -1 },
      { heartbeat: 'soon' as unknown as number },
    ];
    for (const wrong of wrongs)
      assert.throws(() => new Messenger(wrong, machine), { code: 'invalid-option' });
    assert.equal(client.peer(here), client.peer({ ...here }));
    await Promise.resolve();
  });
});
