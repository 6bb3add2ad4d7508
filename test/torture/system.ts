/**
 * What the runner needs of a system under test: processes to torment, doors to stand in, clients whose answers can
 * be judged, watchers, and a look at how each node sees itself. Quorate and etcd are put behind it alike, so that
 * what the judges say of one can be held against what they say of the other.
 */
import type { Child } from './child.ts';
import type { Door } from './door.ts';
import type { FaultKind } from './fault.ts';

/** What a key holds; without a value there is no such key. */
export interface Reading {
  readonly value: string | undefined;
  /** The store's revision when it was read. */
  readonly revision: number;
  /** The revision of the key's last change, 0 where it is absent. */
  readonly token: number;
}

export interface Changed {
  readonly done: boolean;
  readonly revision: number;
}

/** The key was last changed at this revision; 0: it is absent. */
export interface Guard {
  readonly key: string;
  readonly token: number;
}

export interface Write {
  readonly key: string;
  readonly value: string;
}

/**
 * Rejects with a `QuorateError` that says what is known of the outcome, or with anything else where nothing is.
 */
export interface StoreClient {
  read(key: string): Promise<Reading>;
  write(key: string, value: string): Promise<{ readonly revision: number }>;
  swap(key: string, expected: string | undefined, value: string): Promise<Changed>;
  /** All writes if all guards hold, else none. */
  change(guards: readonly Guard[], writes: readonly Write[]): Promise<Changed>;
  /** Under a session where the system has them: carried out once, whatever happens on the way. */
  writeOnce(key: string, value: string): Promise<{ readonly revision: number }>;
  close(): Promise<void>;
}

export interface SeenEvent {
  readonly key: string;
  /** `undefined`: it was deleted. */
  readonly value: string | undefined;
  readonly revision: number;
}

export interface Watcher {
  /** Everything so far, in the order in which it was told. */
  readonly events: readonly SeenEvent[];
  /** Why it ended, although nobody asked for it. */
  readonly failure: string | undefined;
  /** Forgets the first so many events. */
  forget(count: number): void;
  close(): Promise<void>;
}

/** How a node sees itself. */
export interface Look {
  readonly place: number;
  readonly leads: boolean;
  readonly term: number;
}

export interface SystemNode {
  readonly place: number;
  readonly child: Child;
  readonly directory: string;
  /** In front of what other nodes dial, and of what clients dial. */
  readonly peerDoor: Door;
  readonly clientDoor: Door;
}

export interface System extends AsyncDisposable {
  readonly name: string;
  readonly nodes: readonly SystemNode[];
  /** What can be done to it. */
  readonly faults: ReadonlySet<FaultKind>;
  /** Through the clients' doors; `first` is the node that it tries first. */
  client(first: number): StoreClient;
  /** At one node, and there again after each failure. */
  watch(place: number, prefix: string): Watcher;
  /** Past all doors. `undefined`: it does not answer. */
  look(place: number): Promise<Look | undefined>;
  /** Every key below `prefix` with its value. */
  contents(prefix: string): Promise<ReadonlyMap<string, string>>;
  /** Deletes what begins with `prefix`, and forgets the history up to then. */
  sweep(prefix: string): Promise<void>;
}

export interface SystemOptions {
  readonly directory: string;
  readonly nodes: number;
  /** So many ports from here on are free. */
  readonly port: number;
  /** True: nodes and clients know each other's own ports, and nobody stands in between. Default false. */
  readonly isDirect?: boolean;
  /** A node's directory lies here instead, where one is given. */
  readonly homes?: ReadonlyMap<number, string>;
}
