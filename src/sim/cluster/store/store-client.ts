/**
 * What a client of the store does in a run: one deed after the other, drawn by weight, and a watch beside them.
 * Its session comes and goes; its lock is kept beyond the session now and then, and used, as a process does that
 * stood still and does not know it.
 */
import { isQuorateError, Prng } from '../../../base/index.ts';
import { ClusterClient, Store } from '../../../client/index.ts';
import type { Machine } from '../../../ports/index.ts';
import type { Program } from '../../machine/index.ts';
import type { StoreClient, StoreClientOptions } from './client-state.ts';
import { type Deed, drawDeed } from './store-deeds.ts';
import { watchAll } from './store-watcher.ts';

/** Short, so that sessions end by the hundred; long, so that some outlive their leaders. */
const ttls = ['600ms', '1500ms', '5s'] as const;

export function storeClientProgram(options: StoreClientOptions): Program {
  return async (machine) => {
    const prng = new Prng(machine.random.uint32());
    const { network, clock, random } = machine;
    const endpoints = prng.shuffled(options.endpoints);
    const client = new ClusterClient({ network, clock, random, endpoints, timeout: '3s' });
    const self: StoreClient = {
      options,
      prng,
      client,
      store: new Store({ client, clock }),
      recorded: options.recorder.client(),
      seen: new Map(),
      session: undefined,
      held: undefined,
    };
    // It goes on hearing when the deeds are done, until the run ends.
    watchAll(self, prng.fork(), (forMs) => pause(machine, forMs)).catch(options.broken);
    while (options.mayBegin()) {
      await attempt(self, drawDeed(self));
      await pause(machine, prng.below(options.pauseMsMax));
    }
    await self.session?.close();
  };
}

async function attempt(self: StoreClient, deed: Deed): Promise<void> {
  const { monitor } = self.options;
  try {
    await renew(self);
    await deed(self);
    monitor.count('operations');
  } catch (error) {
    // What became of it is in the history; what is no error of ours stops the world.
    if (!isQuorateError(error)) throw error;
    monitor.count(error.outcome === 'unknown' ? 'operations of unknown outcome' : 'operations not applied');
  }
}

/** Gives a session up that is over, or now and then one that lives; opens one where there is none. */
async function renew(self: StoreClient): Promise<void> {
  const { prng, store, options } = self;
  const { session } = self;
  if (session?.isLive && prng.chance(0.98)) return;
  if (session !== undefined) {
    options.monitor.count(session.isLive ? 'sessions closed' : 'sessions over');
    self.session = undefined;
    if (session.isLive) await session.close();
  }
  if (!prng.chance(0.5)) return;
  const opened = await store.session({ ttl: prng.pick(ttls) });
  self.session = opened;
  options.leases.holds(opened.id, opened);
  options.monitor.count('sessions opened');
}

function pause(machine: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.setTimer(forMs, resolve);
  });
}
