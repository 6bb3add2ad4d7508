/**
 * Callers who come at a steady rate whatever becomes of those before them, as users do, through one way of calling;
 * and what is seen of it second by second.
 */
import type { Clock } from '../../../src/ports/index.ts';
import { callsPerSecond, type Phase, patienceMs, phases } from './upstream.ts';

/** Makes one call; rejects when it is of no use to its caller. */
export type WayOfCalling = (signal: AbortSignal) => Promise<unknown>;

/** Of the calls that began in this second, and what the upstream received meanwhile. */
export interface Second {
  readonly phase: string;
  readonly begun: number;
  readonly succeeded: number;
  readonly received: number;
}

export interface Course {
  readonly seconds: readonly Second[];
  /** Of those that succeeded, by phase. */
  readonly latenciesMs: ReadonlyMap<string, readonly number[]>;
}

export interface Scene {
  readonly clock: Clock;
  enter(phase: Phase): void;
  /** Requests that the upstream has received so far. */
  received(): number;
}

interface Counting {
  readonly phase: string;
  begun: number;
  succeeded: number;
  received: number;
}

export async function drive(scene: Scene, call: WayOfCalling): Promise<Course> {
  const { clock } = scene;
  const seconds: Counting[] = [];
  const latenciesMs = new Map<string, number[]>(phases.map(({ name }) => [name, []]));
  const open = new Set<Promise<void>>();
  const startMs = clock.now();
  let due = 0;
  for (const phase of phases) {
    scene.enter(phase);
    for (let second = 0; second < phase.seconds; second += 1) {
      const counting: Counting = { phase: phase.name, begun: 0, succeeded: 0, received: -scene.received() };
      seconds.push(counting);
      for (let index = 0; index < callsPerSecond; index += 1) {
        await until(clock, startMs + (due * 1000) / callsPerSecond);
        due += 1;
        const one = begin(clock, call, counting, latenciesMs.get(phase.name) ?? []);
        open.add(one);
        void one.then(() => open.delete(one));
      }
      await until(clock, startMs + (due * 1000) / callsPerSecond);
      counting.received += scene.received();
    }
  }
  await Promise.all(open);
  return { seconds, latenciesMs };
}

async function begin(
  clock: Clock,
  call: WayOfCalling,
  counting: Counting,
  latenciesMs: number[],
): Promise<void> {
  counting.begun += 1;
  const begunAt = clock.now();
  const giving = new AbortController();
  const timer = clock.setTimer(patienceMs, () => giving.abort(new Error('the caller has gone')));
  try {
    await call(giving.signal);
    if (giving.signal.aborted) return;
    counting.succeeded += 1;
    latenciesMs.push(clock.now() - begunAt);
  } catch {
    // What became of it is in the count of those that succeeded: not this one.
  } finally {
    timer.cancel();
  }
}

function until(clock: Clock, timeMs: number): Promise<void> | undefined {
  const leftMs = timeMs - clock.now();
  return leftMs <= 0 ? undefined : new Promise((resolve) => void clock.setTimer(leftMs, resolve));
}
