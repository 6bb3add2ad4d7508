/**
 * The floors of the house: which room stands on which, and what each may touch of the machine. A room is a
 * folder under `src/`. It imports only rooms on lower floors; two rooms of one floor do not know each other.
 * The reason is replaceability: what stands below can be tested, simulated and published without what
 * stands above.
 */

/**
 * - `ground`: needs no machine at all; promises and abort signals are allowed, because they are language.
 * - `core`: a synchronous state machine. Time comes in as an argument, randomness as a generator.
 * - `shell`: asynchronous; reaches clock, random, disk and network through ports only, so that the
 *   simulator can run it.
 * - `machine`: the only rooms that touch the real machine.
 */
export type RoomKind = 'ground' | 'core' | 'shell' | 'machine';

export interface Room {
  /** The folder; a file belongs to the room with the longest path that holds it. */
  readonly path: string;
  readonly floor: number;
  readonly kind: RoomKind;
}

/** An import between two rooms of one floor that the house has agreed on. */
export interface SideDoor {
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export const rooms: readonly Room[] = [
  { path: 'src/base', floor: 0, kind: 'ground' },
  { path: 'src/ports', floor: 1, kind: 'ground' },
  // What needs no Node: below the rooms that must run anywhere.
  { path: 'src/ports/web', floor: 2, kind: 'machine' },
  // On the floor of the cores, which therefore cannot reach it; shells can.
  { path: 'src/ports/real', floor: 2, kind: 'machine' },
  { path: 'src/time', floor: 2, kind: 'core' },
  { path: 'src/raft', floor: 2, kind: 'core' },
  { path: 'src/gossip', floor: 2, kind: 'core' },
  { path: 'src/placement', floor: 2, kind: 'core' },
  { path: 'src/mvcc', floor: 2, kind: 'core' },
  { path: 'src/dynamo', floor: 2, kind: 'core' },
  { path: 'src/commit', floor: 2, kind: 'core' },
  { path: 'src/storage', floor: 3, kind: 'shell' },
  { path: 'src/net', floor: 3, kind: 'shell' },
  { path: 'src/membership', floor: 3, kind: 'shell' },
  { path: 'src/resilience', floor: 3, kind: 'shell' },
  { path: 'src/node', floor: 4, kind: 'shell' },
  { path: 'src/client', floor: 5, kind: 'shell' },
  // gRPC on Node's HTTP/2: below the engines, because one of them stands on it.
  { path: 'src/engines/etcd/http2', floor: 3, kind: 'machine' },
  { path: 'src/engines', floor: 6, kind: 'shell' },
  { path: 'src/recipes', floor: 7, kind: 'shell' },
  { path: 'src/discovery', floor: 8, kind: 'shell' },
  { path: 'src/cache', floor: 8, kind: 'shell' },
  { path: 'src/transactions', floor: 8, kind: 'shell' },
  { path: 'src/monitor', floor: 9, kind: 'shell' },
  { path: 'src/gateways', floor: 9, kind: 'shell' },
  { path: 'src/sim', floor: 10, kind: 'shell' },
  { path: 'src/cli', floor: 11, kind: 'machine' },
  // The published entry files, which lie in `src/` itself.
  { path: 'src', floor: 12, kind: 'shell' },
];

export const sideDoors: readonly SideDoor[] = [
  {
    from: 'src/ports/real',
    to: 'src/ports/web',
    why: 'the clock of a node is that of every JavaScript runtime, and one is enough',
  },
];

/**
 * The modules of Node that a shell may import: they neither tell the time nor reach outside the process, so
 * a simulated run stays a function of its seed. Everything else comes through a port.
 */
export const harmlessNodeModules: readonly string[] = ['node:async_hooks', 'node:diagnostics_channel'];

/** The room that holds `path`; undefined for a folder under `src/` that the table does not know. */
export function roomOf(path: string, table: readonly Room[] = rooms): Room | undefined {
  let best: Room | undefined;
  for (const room of table) {
    const holds = room.path === 'src' ? /^src\/[^/]+$/.test(path) : path.startsWith(`${room.path}/`);
    if (holds && room.path.length >= (best?.path.length ?? 0)) best = room;
  }
  return best;
}
