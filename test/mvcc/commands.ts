/** Commands as tests write them, with the fields that a test is not about filled in. */
import { ByteWriter } from '../../src/base/index.ts';
import {
  type Add,
  type Append,
  type Applied,
  type Command,
  type CommandBody,
  type Delete,
  decodeReply,
  encodeCommand,
  type Fence,
  type Get,
  type KeyRange,
  type Put,
  type Refusal,
  type Reply,
  type ReplyBody,
  RevisionedStore,
  type SessionRequest,
  SnapshotRestore,
} from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';

const utf8 = new TextEncoder();

export function bytes(text: string): Uint8Array {
  return utf8.encode(text);
}

export function textOf(of: Uint8Array): string {
  return new TextDecoder().decode(of);
}

export function key(name: string): KeyRange {
  return { start: bytes(name), end: undefined };
}

/** All keys that begin with `start`. */
export function prefix(start: string): KeyRange {
  const end = bytes(start);
  end[end.length - 1] = (end.at(-1) as number) + 1;
  return { start: bytes(start), end };
}

export const everything: KeyRange = { start: new Uint8Array(0), end: new Uint8Array(0) };

export function put(name: string, value = '', rest: Partial<Put> = {}): Put {
  return {
    kind: 'put',
    key: bytes(name),
    value: bytes(value),
    lease: 0,
    keepLease: false,
    wantPrevious: false,
    ...rest,
  };
}

export function append(prefixText: string, value = '', rest: Partial<Append> = {}): Append {
  return {
    kind: 'append',
    prefix: bytes(prefixText),
    suffix: bytes(''),
    value: bytes(value),
    lease: 0,
    ...rest,
  };
}

export function add(name: string, amount: number, rest: Partial<Add> = {}): Add {
  return {
    kind: 'add',
    key: bytes(name),
    amount,
    least: -Number.MAX_SAFE_INTEGER,
    most: Number.MAX_SAFE_INTEGER,
    lease: 0,
    keepLease: false,
    ...rest,
  };
}

export function del(range: KeyRange | string, wantPrevious = false): Delete {
  return { kind: 'delete', range: typeof range === 'string' ? key(range) : range, wantPrevious };
}

export function get(range: KeyRange | string, rest: Partial<Get> = {}): Get {
  const wanted = typeof range === 'string' ? key(range) : range;
  return {
    kind: 'get',
    range: wanted,
    revision: 0,
    limit: 0,
    order: 'key',
    descending: false,
    content: 'entries',
    ...rest,
  };
}

export function encode(command: Command): Uint8Array {
  const writer = new ByteWriter(64);
  encodeCommand(writer, command);
  return writer.copy();
}

export function bare(body: CommandBody): Command {
  return { session: undefined, fences: [], body };
}

/** A store that counts the log's index by itself and speaks in commands and replies instead of bytes. */
export class Driver {
  store: RevisionedStore;
  index = 0;
  last: Applied | undefined;

  constructor(store: RevisionedStore = new RevisionedStore(new MemoryOrderedStore())) {
    this.store = store;
    this.index = store.appliedIndex;
  }

  /** Another member, which got this one's state as a snapshot. */
  restored(chunkBytes = 200): Driver {
    const ordered = new MemoryOrderedStore();
    const restore = new SnapshotRestore(ordered);
    const snapshot = this.store.snapshot({ chunkBytes });
    for (let chunk = snapshot.next(); chunk !== undefined; chunk = snapshot.next()) restore.accept(chunk);
    restore.finish();
    return new Driver(new RevisionedStore(ordered));
  }

  send(body: CommandBody, rest: { session?: SessionRequest; fences?: readonly Fence[] } = {}): Reply {
    this.index += 1;
    const command = { session: rest.session, fences: rest.fences ?? [], body };
    this.last = this.store.apply(this.index, encode(command));
    return decodeReply(this.last.reply.slice());
  }

  /** The reply's body, which must be of this kind. */
  expect<Kind extends ReplyBody['kind']>(
    kind: Kind,
    body: CommandBody,
    rest: { session?: SessionRequest; fences?: readonly Fence[] } = {},
  ): Extract<ReplyBody, { kind: Kind }> {
    const reply = this.send(body, rest);
    if (reply.body.kind !== kind) throw new Error(`expected ${kind}, got ${JSON.stringify(reply.body)}`);
    return reply.body as Extract<ReplyBody, { kind: Kind }>;
  }

  refused(body: CommandBody, rest: { session?: SessionRequest; fences?: readonly Fence[] } = {}): Refusal {
    return this.expect('refused', body, rest).refusal;
  }

  read(body: CommandBody): Reply {
    return decodeReply(this.store.read(encode(bare(body))).slice());
  }

  /** Keys and values in a range as text, read without the log. */
  list(range: KeyRange, revision = 0): string[] {
    const { body } = this.read(get(range, { revision }));
    if (body.kind !== 'get') throw new Error(`expected entries, got ${JSON.stringify(body)}`);
    return body.entries.map((entry) => `${textOf(entry.key)}=${textOf(entry.value)}`);
  }

  grant(ttlMs = 1_000, session = 0): number {
    return this.expect('lease', { kind: 'lease-grant', lease: 0, ttlMs, session }).lease;
  }

  openSession(ttlMs = 1_000): number {
    return this.expect('lease', { kind: 'session-open', ttlMs }).lease;
  }
}
