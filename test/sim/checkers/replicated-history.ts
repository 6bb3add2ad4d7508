/**
 * Histories of systems that promise less than linearizability, each true to its promise by construction:
 *
 *   sequential   one log of all writes; a process waits for its own write, and reads from where it stands
 *   memory       each process has a copy; writes arrive causally, in whatever order else (causal memory)
 *   convergent   the same, and the greatest timestamp wins at every copy (causal convergence)
 *   wandering    a read sees any write that nothing in its causal past has overwritten (causal consistency)
 *   sticky       no causality between keys: each process's view of each key only moves forward in one order
 *   none         anything that was ever written, or nothing
 *
 * All values differ. Every operation is two events in a row, so real time is the order of the operations.
 */
import { Prng } from '../../../src/base/index.ts';
import type { HistoryEvent, Scalar } from '../../../src/sim/history/index.ts';

export type Guarantee = 'sequential' | 'memory' | 'convergent' | 'wandering' | 'sticky' | 'none';

export interface ReplicatedScenario {
  readonly promise: Guarantee;
  readonly seed: number;
  readonly processes: number;
  readonly operations: number;
  readonly keys: number;
}

interface Write {
  readonly key: string;
  readonly value: number;
  readonly by: number;
  readonly place: number;
  /** How many writes of each process its writer had applied. */
  readonly past: readonly number[];
  /** Lamport time, then process. */
  readonly stamp: number;
}

export function simulateReplicated(scenario: ReplicatedScenario): HistoryEvent[] {
  const prng = new Prng(scenario.seed);
  const system = systems[scenario.promise](scenario.processes, prng);
  const events: HistoryEvent[] = [];
  for (let value = 1; value <= scenario.operations; value += 1) {
    const process = prng.below(scenario.processes);
    const key = `k${prng.below(scenario.keys)}`;
    const time = events.length;
    if (prng.chance(0.45)) {
      system.write(process, key, value);
      events.push({ process, type: 'invoke', f: 'write', key, value, time });
      events.push({ process, type: 'ok', f: 'write', key, value, time: time + 1 });
    } else {
      events.push({ process, type: 'invoke', f: 'read', key, value: null, time });
      events.push({ process, type: 'ok', f: 'read', key, value: system.read(process, key), time: time + 1 });
    }
  }
  return events;
}

interface System {
  write(process: number, key: string, value: number): void;
  read(process: number, key: string): Scalar;
}

const systems: Readonly<Record<Guarantee, (processes: number, prng: Prng) => System>> = {
  sequential: loggedSystem,
  memory: (processes, prng) => causalSystem(processes, prng, false),
  convergent: (processes, prng) => causalSystem(processes, prng, true),
  wandering: wanderingSystem,
  sticky: stickySystem,
  none: carelessSystem,
};

function loggedSystem(processes: number, prng: Prng): System {
  const log: { readonly key: string; readonly value: number }[] = [];
  const positions = new Array<number>(processes).fill(0);
  return {
    write: (process, key, value) => {
      log.push({ key, value });
      positions[process] = log.length;
    },
    read: (process, key) => {
      positions[process] = prng.between(positions[process] as number, log.length);
      const seen = log.slice(0, positions[process]).filter((write) => write.key === key);
      return seen.at(-1)?.value ?? null;
    },
  };
}

function causalSystem(processes: number, prng: Prng, converges: boolean): System {
  const writes: Write[][] = Array.from({ length: processes }, () => []);
  const applied = writes.map(() => new Array<number>(processes).fill(0));
  const copies = writes.map(() => new Map<string, Write>());
  const times = new Array<number>(processes).fill(0);
  const apply = (process: number, write: Write): void => {
    const held = copies[process]?.get(write.key);
    if (held === undefined || !converges || write.stamp > held.stamp) copies[process]?.set(write.key, write);
    (applied[process] as number[])[write.by] = write.place + 1;
    times[process] = Math.max(times[process] as number, Math.floor(write.stamp / processes));
  };
  const receive = (process: number): void => {
    const known = applied[process] as number[];
    const ready = writes
      .map((chain, by) => chain[known[by] as number])
      .filter((write) => write !== undefined && write.by !== process)
      .filter((write) => write?.past.every((count, by) => by === write.by || count <= (known[by] as number)));
    if (ready.length > 0) apply(process, prng.pick(ready) as Write);
  };
  return {
    write: (process, key, value) => {
      const chain = writes[process] as Write[];
      const stamp = ((times[process] as number) + 1) * processes + process;
      const past = (applied[process] as number[]).slice();
      const write = { key, value, by: process, place: chain.length, past, stamp };
      chain.push(write);
      apply(process, write);
    },
    read: (process, key) => {
      for (let tries = prng.below(5); tries > 0; tries -= 1) receive(process);
      return copies[process]?.get(key)?.value ?? null;
    },
  };
}

function wanderingSystem(processes: number, prng: Prng): System {
  interface Seen {
    readonly key: string;
    readonly value: number;
    readonly past: ReadonlySet<Seen>;
  }
  const all: Seen[] = [];
  const pasts = Array.from({ length: processes }, () => new Set<Seen>());
  const isOverwritten = (past: ReadonlySet<Seen>, write: Seen): boolean =>
    [...past].some((other) => other.key === write.key && other.past.has(write));
  return {
    write: (process, key, value) => {
      const past = pasts[process] as Set<Seen>;
      const write = { key, value, past: new Set(past) };
      all.push(write);
      past.add(write);
    },
    read: (process, key) => {
      const past = pasts[process] as Set<Seen>;
      const open = all.filter((seen) => seen.key === key && !isOverwritten(past, seen));
      const knows = [...past].some((seen) => seen.key === key);
      if (open.length === 0 || (!knows && prng.chance(0.2))) return null;
      const write = prng.pick(open);
      for (const cause of write.past) past.add(cause);
      past.add(write);
      return write.value;
    },
  };
}

function stickySystem(processes: number, prng: Prng): System {
  const logs = new Map<string, number[]>();
  const positions = Array.from({ length: processes }, () => new Map<string, number>());
  const logOf = (key: string): number[] => {
    const log = logs.get(key) ?? [];
    logs.set(key, log);
    return log;
  };
  return {
    write: (process, key, value) => {
      logOf(key).push(value);
      positions[process]?.set(key, logOf(key).length);
    },
    read: (process, key) => {
      const position = prng.between(positions[process]?.get(key) ?? 0, logOf(key).length);
      positions[process]?.set(key, position);
      return logOf(key)[position - 1] ?? null;
    },
  };
}

function carelessSystem(_: number, prng: Prng): System {
  const values = new Map<string, (number | null)[]>();
  const of = (key: string): (number | null)[] => {
    const known = values.get(key) ?? [null];
    values.set(key, known);
    return known;
  };
  return {
    write: (_process, key, value) => void of(key).push(value),
    read: (_process, key) => prng.pick(of(key)),
  };
}
