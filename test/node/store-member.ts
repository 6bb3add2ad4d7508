/** The store as one member of a group hosts it, without a node: its place in the log, its clock, and who watches it. */
import { ByteWriter, type QuorateError } from '../../src/base/index.ts';
import {
  type Command,
  type CommandBody,
  decodeCommand,
  decodeReply,
  decodeWatchItem,
  encodeCommand,
  encodeWatchQuery,
  type KeyRange,
  type PasswordHash,
  type Put,
  requestIn,
  type WatchQuery,
} from '../../src/mvcc/index.ts';
import { StoreMachine } from '../../src/node/index.ts';
import type { Leadership } from '../../src/node/state-machine.ts';
import type { StoreMachineOptions } from '../../src/node/store-machine.ts';
import { bytes, text } from './test-cluster.ts';

export function encoded(body: CommandBody): Uint8Array {
  const writer = new ByteWriter(64);
  const command: Command = { session: undefined, fences: [], body };
  encodeCommand(writer, command);
  return writer.copy();
}

export const anyHash: PasswordHash = {
  costLog: 15,
  blockSize: 8,
  parallel: 1,
  salt: new Uint8Array(16),
  hash: new Uint8Array(32),
};
const everything: KeyRange = { start: new Uint8Array(0), end: new Uint8Array(0) };

export function put(key: string, value = '', lease = 0): Put {
  return { kind: 'put', key: bytes(key), value: bytes(value), lease, keepLease: false, wantPrevious: false };
}

/** One member: its machine, its place in the log, and its clock. */
export class Member {
  readonly machine: StoreMachine;
  readonly proposed: CommandBody[] = [];
  /** The same as it was proposed. */
  readonly #commands: Uint8Array[] = [];
  now = 0;

  constructor(options: StoreMachineOptions = {}) {
    this.machine = new StoreMachine(undefined, options);
  }

  apply(body: CommandBody): ReturnType<typeof decodeReply> {
    return decodeReply(this.machine.apply(this.machine.applied + 1, encoded(body)));
  }

  lead(term: number): Leadership {
    return {
      term,
      propose: (command) => {
        this.proposed.push(decodeCommand(requestIn(command)).body);
        this.#commands.push(command);
      },
    };
  }

  /** Applies what was proposed, as a group that agrees at once would. */
  pass(forMs: number, leadership: Leadership | undefined): void {
    for (const end = this.now + forMs; this.now < end; ) {
      this.now += 10;
      this.machine.tick(this.now, leadership);
      this.proposed.length = 0;
      for (const command of this.#commands.splice(0)) this.machine.apply(this.machine.applied + 1, command);
    }
  }

  tellAll(): void {
    while (this.machine.tell());
  }

  watch(query: Partial<WatchQuery> = {}): Heard {
    return new Heard(this, {
      range: everything,
      from: 0,
      wantPrevious: false,
      wantProgress: false,
      ...query,
    });
  }
}

/** What one subscriber was told, as lines; it takes as much at a time as the test says. */
export class Heard {
  readonly lines: string[] = [];
  readonly items: Uint8Array[] = [];
  readonly subscription: { resume(): void; close(): void };
  ended: QuorateError | undefined;
  isFull = false;
  /** The last revision that it knows to have heard of. */
  revision = 0;

  constructor(member: Member, query: WatchQuery) {
    this.subscription = member.machine.subscribe(encodeWatchQuery(query), {
      deliver: (item) => this.#take(item),
      end: (error) => {
        this.ended = error;
      },
    });
  }

  #take(bytesOfItem: Uint8Array): boolean {
    this.items.push(bytesOfItem);
    const item = decodeWatchItem(bytesOfItem);
    if (item.kind === 'events') {
      for (const { kind, key, value, modifyRevision, previous } of item.events) {
        const before = previous === undefined ? '' : ` was ${text(previous.value)}`;
        this.lines.push(`${modifyRevision} ${kind} ${text(key)}=${text(value)}${before}`);
        this.revision = modifyRevision;
      }
    } else {
      this.lines.push(`${item.kind} ${item.revision}`);
      this.revision = item.revision;
    }
    return !this.isFull;
  }
}
