/**
 * A lock on a cluster of NATS while its servers are killed one after another. In one of some twenty-five runs on
 * 2.9.10 two held it at once, before `nats-copies.engine.ts` told how a server may be back with a wrong copy. It takes
 * as long as elections take, so this file is no part of `.ci/run`: it is for whoever changes what the engine believes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { coordinate, type HeldLock, type Lock } from '../../src/recipes/index.ts';
import { Progress, passing } from './nats/progress.ts';
import { startedNats, together } from './nats/servers.ts';

const cluster = await startedNats({ port: 17_300, servers: 3 });

test('a lock goes round behind the kill of each server and its return, with one holder and growing tokens', () =>
  together(cluster, 3, async (engines) => {
    const recipes = engines.map((engine) => coordinate(engine));
    const round = new Round();
    const work = Promise.all(
      recipes.flatMap((one) => [round.join(one.lock('orders')), round.join(one.lock('orders'))]),
    );
    const turns = (count: number): Promise<unknown> => Promise.race([round.progress.more(count), work]);
    await turns(30);
    for (const place of [0, 1, 2]) {
      await cluster.kill(place);
      await turns(30);
      await cluster.start();
      await turns(30);
    }
    round.progress.end();
    await work;
    await Promise.all(recipes.map((one) => one.close()));
  }));

/** Besides what any call may be answered. */
const passingForLocks: ReadonlySet<unknown> = new Set([
  ...passing,
  'not-granted',
  'not-held',
  'session-expired',
]);

function placeOf({ key, token, remainingMs }: HeldLock): string {
  return `${key} with token ${token} for ${remainingMs} ms`;
}

/** Those among whom a lock goes round. */
class Round {
  readonly progress = new Progress();
  readonly #holders = new Set<HeldLock>();
  #token = 0;

  /** Acquires it and gives it back until the end. */
  async join(lock: Lock): Promise<void> {
    while (!this.progress.isOver) {
      try {
        await using held = await lock.acquire({ ttl: '5s', wait: '5s' });
        await this.#hold(held);
      } catch (error) {
        if (!isQuorateError(error) || !passingForLocks.has(error.code)) throw error;
      }
    }
  }

  async #hold(held: HeldLock): Promise<void> {
    const others = [...this.#holders].filter(({ isHeld }) => isHeld);
    assert.deepEqual(
      others.map(placeOf),
      [],
      `nobody else believes to hold it, now that it is ${placeOf(held)}'s`,
    );
    assert.ok(held.token > this.#token, `${held.token} comes behind ${this.#token}`);
    this.#token = held.token;
    this.#holders.add(held);
    await new Promise((resolve) => setImmediate(resolve));
    this.#holders.delete(held);
    this.progress.step();
  }
}
