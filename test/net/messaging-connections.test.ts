/** Connections between programs: made when they are needed, watched while they live, made again when they break. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { Messenger, type RequestContext } from '../../src/net/messaging/index.ts';
import type { Connection } from '../../src/ports/index.ts';
import { failsWith } from '../ports/expectations.ts';
import { sleep } from '../sim/machine/story.ts';
import { bytes, here, outcomeOf, scene, textOf } from './messaging-scene.ts';

describe('a connection', () => {
  test('that breaks leaves what was asked unknown; what is asked next makes another one', async () => {
    await scene(
      {
        serve: (server) => {
          server.answer('hold', () => new Promise(() => undefined));
          server.answer('echo', (body) => body);
        },
      },
      async ({ world, peer, sleep: pause }) => {
        const held = outcomeOf(peer.request('hold', bytes('')));
        await pause(10);
        world.apply({ kind: 'reset', machine: 'a', peer: 'b' });
        const error = await held;
        assert.ok(isQuorateError(error) && error.code === 'network-failed', String(error));
        assert.equal(error.outcome, 'unknown');
        assert.equal(textOf(await peer.request('echo', bytes('again'))), 'again');
      },
    );
  });

  test('that cannot be made fails what waits for it, not applied; the handlers of a lost one hear of it', async () => {
    let context: RequestContext | undefined;
    await scene(
      {
        serve: (server) =>
          server.answer('hold', (_, given) => {
            context = given;
            return new Promise(() => undefined);
          }),
      },
      async ({ world, peer, client, sleep: pause }) => {
        const nobody = await failsWith(
          'network-failed',
          client.peer({ host: 'c', port: 9 }).request('echo', bytes('')),
        );
        assert.equal(nobody.outcome, 'not-applied');
        const held = outcomeOf(peer.request('hold', bytes('')));
        await pause(10);
        assert.equal(context?.signal.aborted, false);
        world.apply({ kind: 'reset', machine: 'a', peer: 'b' });
        await held;
        await pause(10);
        assert.equal(context?.signal.aborted, true);
      },
    );
  });

  test('of which only one end knows that it is gone is given up when it stays silent', async () => {
    await scene(
      {
        client: { heartbeat: '1s' },
        serve: (server) => server.answer('hold', () => new Promise(() => undefined)),
      },
      async ({ world, peer, machine, sleep: pause }) => {
        const began = machine.clock.now();
        const held = outcomeOf(peer.request('hold', bytes(''), { timeout: '1h' }));
        await pause(10);
        world.apply({ kind: 'cut', from: ['b'], to: ['a'], forMs: 60_000 });
        const error = await held;
        assert.ok(isQuorateError(error) && error.code === 'network-failed', String(error));
        assert.ok(machine.clock.now() - began < 5_000, 'long before the deadline');
      },
    );
  });

  test('that is quiet but alive is kept, and one that nobody uses is closed and made again', async () => {
    await scene(
      {
        client: { heartbeat: '1s', idle: '5s' },
        serve: (server, machine) => {
          server.answer('echo', (body) => body);
          server.answer('wait', async (body) => {
            await sleep(machine, 30_000);
            return body;
          });
        },
      },
      async ({ peer, server, sleep: pause }) => {
        assert.equal(textOf(await peer.request('wait', bytes('long'), { timeout: '1m' })), 'long');
        assert.equal(server.figures.callers, 1);
        await pause(7_000);
        assert.equal(server.figures.callers, 0);
        assert.equal(textOf(await peer.request('echo', bytes('again'))), 'again');
      },
    );
  });

  test('is one for all calls to a peer, and more only where that is allowed and many are open', async () => {
    for (const [connectionsMax, expected] of [
      [1, 1],
      [3, 3],
    ] as const) {
      await scene(
        {
          client: { connectionsMax },
          serve: (server) => server.answer('hold', () => new Promise(() => undefined)),
        },
        async ({ peer, server, sleep: pause }) => {
          const held: Promise<unknown>[] = [];
          for (let round = 0; round < 10; round += 1) {
            for (let call = 0; call < 40; call += 1) held.push(outcomeOf(peer.request('hold', bytes(''))));
            await pause(20);
          }
          assert.equal(server.figures.callers, expected);
        },
      );
    }
  });

  test('carries what one turn asks in one write, and what one turn answers in one', async () => {
    const writes: string[] = [];
    await scene({ serve: (server) => server.answer('echo', (body) => body) }, async ({ machine }) => {
      const { network } = machine;
      const watched = {
        ...machine,
        network: {
          listen: network.listen.bind(network),
          connect: async (options: Parameters<typeof network.connect>[0]): Promise<Connection> => {
            const connection = await network.connect(options);
            return {
              remote: connection.remote,
              start: (handler) =>
                connection.start({
                  received: (received) => {
                    writes.push('in');
                    handler.received(received);
                  },
                  drained: () => handler.drained(),
                  ended: () => handler.ended(),
                  closed: (cause) => handler.closed(cause),
                }),
              write: (sent) => {
                writes.push('out');
                return connection.write(sent);
              },
              pause: () => connection.pause(),
              resume: () => connection.resume(),
              end: () => connection.end(),
              destroy: () => connection.destroy(),
            };
          },
        },
      };
      const client = new Messenger({}, watched);
      const peer = client.peer(here);
      await peer.request('echo', bytes('warm'));
      writes.length = 0;
      await Promise.all(Array.from({ length: 50 }, (_, place) => peer.request('echo', Uint8Array.of(place))));
      assert.deepEqual(writes, ['out', 'in']);
      await client.close();
    });
  });

  test('is tried again with growing pauses while somebody waits for it', async () => {
    const attempts: number[] = [];
    await scene({}, async ({ machine, sleep: pause }) => {
      const { network, clock } = machine;
      const counting = {
        ...machine,
        network: {
          listen: network.listen.bind(network),
          connect: (options: Parameters<typeof network.connect>[0]) => {
            attempts.push(clock.now());
            return network.connect(options);
          },
        },
      };
      const lonely = new Messenger({ retryPause: 20, retryPauseMax: 400 }, counting);
      const waiting = outcomeOf(lonely.peer({ host: 'c', port: 9 }).subscribe('news', { timeout: '1h' }));
      await pause(5_000);
      await lonely.close();
      const error = await waiting;
      assert.ok(isQuorateError(error) && error.code === 'closed', String(error));
    });
    const pauses = attempts.slice(1).map((at, place) => at - (attempts[place] as number));
    assert.ok(attempts.length > 12 && attempts.length < 30, `${attempts.length} attempts`);
    assert.ok(pauses.slice(6).every((paused) => paused >= 200 && paused < 410));
    assert.ok((pauses[0] as number) < 30);
  });

  test('to a program of another cluster is refused with both names, and not applied', async () => {
    await scene({ server: { cluster: 'blue' }, client: { cluster: 'green' } }, async ({ peer, server }) => {
      const error = await failsWith('hello-refused', peer.request('echo', bytes('')));
      assert.match(error.message, /"green".*"blue"/);
      assert.equal(error.outcome, 'not-applied');
      assert.equal(server.figures.refused, 1);
    });
  });

  test('that is closed settles everything, and takes nothing more', async () => {
    await scene(
      { serve: (server) => server.answer('hold', () => new Promise(() => undefined)) },
      async ({ client, peer, sleep: pause }) => {
        const held = outcomeOf(peer.request('hold', bytes('')));
        await pause(10);
        const waiting = outcomeOf(client.peer({ host: 'c', port: 9 }).request('echo', bytes('')));
        await client.close();
        for (const outcome of [await held, await waiting])
          assert.ok(isQuorateError(outcome) && outcome.code === 'closed', String(outcome));
        await failsWith('closed', peer.request('hold', bytes('')));
        assert.throws(() => peer.send('note', bytes('')), { code: 'closed' });
        assert.throws(() => client.peer({ host: 'd', port: 9 }), { code: 'closed' });
        await client.close();
      },
    );
  });
});
