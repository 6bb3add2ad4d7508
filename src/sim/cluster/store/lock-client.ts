/**
 * What a process does in a run about locks: several waiters at a time take locks by the recipe that users have, write
 * what the locks guard, and give them back, whatever happens to the process and to the cluster meanwhile.
 */
import { isQuorateError, Prng } from '../../../base/index.ts';
import { ClusterClient, type SessionRequest, Store, type StoreSession } from '../../../client/index.ts';
import { openQuorate } from '../../../engines/quorate/index.ts';
import type { Machine } from '../../../ports/index.ts';
import { coordinate, type Lock } from '../../../recipes/index.ts';
import type { HistoryRecorder } from '../../history/index.ts';
import type { Program } from '../../machine/index.ts';
import type { Monitor } from '../monitor.ts';
import type { ClientPlace } from '../workload.ts';
import type { HoldJudge } from './hold-judge.ts';
import type { LeaseJudge } from './lease-judge.ts';

export interface LockClientOptions extends ClientPlace {
  readonly recorder: HistoryRecorder;
  readonly monitor: Monitor;
  readonly leases: LeaseJudge;
  readonly holds: HoldJudge;
}

/** Short, so that sessions end by the hundred. */
const ttls = ['600ms', '1500ms', '4s'] as const;
const locks = ['a', 'b'] as const;
const waiters = 3;

export function lockClientProgram(options: LockClientOptions): Program {
  return async (machine) => {
    const { network, clock, random } = machine;
    const prng = new Prng(random.uint32());
    const endpoints = prng.shuffled(options.endpoints);
    const client = new ClusterClient({ network, clock, random, endpoints, timeout: '3s' });
    const store = new JudgedStore({ client, clock }, options.leases);
    const engine = await openQuorate(store, { clock, random });
    const onSuspended = prng.pick(['lose', 'keep'] as const);
    const coordination = coordinate(engine, { onSuspended, idle: '2s', ttl: prng.pick(ttls) });
    const tasks = Array.from({ length: waiters }, async () => {
      const own = prng.fork();
      const write = writerOf(options, engine);
      while (options.mayBegin()) {
        const lock = coordination.lock(own.pick(locks));
        await attempt(options, () => takeTurn({ options, machine, prng: own, lock, write }));
        await pause(machine, own.below(options.pauseMsMax));
      }
    });
    await Promise.all(tasks);
    await coordination.close();
    await engine.close();
  };
}

/** Its sessions are judged in true time. */
class JudgedStore extends Store {
  readonly #leases: LeaseJudge;

  constructor(options: ConstructorParameters<typeof Store>[0], leases: LeaseJudge) {
    super(options);
    this.#leases = leases;
  }

  override async session(request: SessionRequest): Promise<StoreSession> {
    const session = await super.session(request);
    this.#leases.holds(session.id, session);
    return session;
  }
}

interface Turn {
  readonly options: LockClientOptions;
  readonly machine: Machine;
  readonly prng: Prng;
  readonly lock: Lock;
  readonly write: ReturnType<typeof writerOf>;
}

async function takeTurn({ options, machine, prng, lock, write }: Turn): Promise<void> {
  const { recorder, monitor, holds } = options;
  const recorded = recorder.client();
  const limit = prng.chance(0.3) ? { wait: prng.between(1, 2_000) } : {};
  let held: Awaited<ReturnType<Lock['acquire']>> | undefined;
  await recorded.attempt({ f: 'acquire', key: lock.name }, async () => {
    held = await lock.acquire(limit);
    return { value: held.token };
  });
  if (held === undefined) return;
  holds.granted(lock.name, options.name, held);
  monitor.count('locks granted');
  const writes = prng.below(4);
  for (let count = 0; count < writes && held.isHeld; count += 1) {
    const { token, fence } = held;
    await recorded.attempt({ f: 'write', key: `guarded/${lock.name}`, value: token }, async () => {
      await write(lock.name, fence);
      return {};
    });
    await pause(machine, prng.below(200));
  }
  if (!held.isHeld) monitor.count('locks lost');
  await held.release();
}

function writerOf(
  { nextValue }: ClientPlace,
  engine: Awaited<ReturnType<typeof openQuorate>>,
): (name: string, fence: { readonly key: string; readonly token: number }) => Promise<void> {
  const bytes = new TextEncoder();
  return async (name, fence) => {
    const value = bytes.encode(String(nextValue()));
    await engine.transact({ fences: [fence], operations: [{ kind: 'put', key: `guarded/${name}`, value }] });
  };
}

async function attempt({ monitor }: LockClientOptions, turn: () => Promise<void>): Promise<void> {
  try {
    await turn();
    monitor.count('operations');
  } catch (error) {
    // What became of it is in the history; what is no error of ours stops the world.
    if (!isQuorateError(error)) throw error;
    monitor.count(`turns ended by ${error.code}`);
  }
}

function pause(machine: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.setTimer(forMs, resolve);
  });
}
