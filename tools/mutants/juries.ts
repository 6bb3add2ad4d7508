/**
 * Who judges a planted bug: the scenarios of a room, and runs that a seed decides. The core has message-level
 * chaos, which meets most of its bugs in milliseconds; everything around it needs whole nodes on simulated
 * machines.
 */
import { globSync } from 'node:fs';

export type Room =
  | 'client'
  | 'discovery'
  | 'engines'
  | 'gossip'
  | 'membership'
  | 'mvcc'
  | 'net'
  | 'node'
  | 'ports'
  | 'placement'
  | 'raft'
  | 'recipes'
  | 'resilience'
  | 'storage'
  | 'time';

export type SeedKind = 'chaos' | 'simulator';

export const seedKinds: readonly SeedKind[] = ['chaos', 'simulator'];

interface Jury {
  readonly scenarios: string;
  readonly seeds: SeedKind;
}

const juries: Readonly<Record<Room, Jury>> = {
  client: { scenarios: 'test/client/*.test.ts', seeds: 'simulator' },
  discovery: { scenarios: 'test/discovery/**/*.test.ts', seeds: 'simulator' },
  engines: { scenarios: 'test/engines/**/*.test.ts', seeds: 'simulator' },
  gossip: { scenarios: 'test/gossip/**/*.test.ts', seeds: 'simulator' },
  membership: { scenarios: 'test/membership/**/*.test.ts', seeds: 'simulator' },
  mvcc: { scenarios: 'test/mvcc/*.test.ts', seeds: 'simulator' },
  net: { scenarios: 'test/net/*.test.ts', seeds: 'simulator' },
  node: { scenarios: 'test/node/*.test.ts', seeds: 'simulator' },
  ports: { scenarios: 'test/ports/real-disk*.test.ts', seeds: 'simulator' },
  placement: { scenarios: 'test/placement/*.test.ts', seeds: 'simulator' },
  raft: { scenarios: 'test/raft/*.test.ts', seeds: 'chaos' },
  recipes: { scenarios: 'test/recipes/**/*.test.ts', seeds: 'simulator' },
  resilience: { scenarios: 'test/resilience/*.test.ts', seeds: 'simulator' },
  storage: { scenarios: 'test/storage/*.test.ts', seeds: 'simulator' },
  time: { scenarios: 'test/time/*.test.ts', seeds: 'simulator' },
};

/** The room whose scenarios a test file belongs to. */
export function roomOf(file: string): Room {
  const room = file.split('/')[1] ?? '';
  if (file.startsWith('test/') && room in juries) return room as Room;
  throw new Error(`${file} holds no scenarios of a room that judges planted bugs`);
}

/** Files of scenarios, from the root of the repository. Runs that a seed decides are judged by seeds. */
export function scenarioFiles(room: Room, root: string): string[] {
  const files = globSync(juries[room].scenarios, { cwd: root });
  return files.filter((file) => !file.includes('chaos')).sort();
}

export function seedsOf(room: Room): SeedKind {
  return juries[room].seeds;
}
