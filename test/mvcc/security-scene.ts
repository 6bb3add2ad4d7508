/** A store with users, and commands in the name of one of them. */
import assert from 'node:assert/strict';
import { ByteWriter } from '../../src/base/index.ts';
import {
  type Access,
  type CommandBody,
  type Compare,
  decodeReply,
  encodeCommand,
  encodePasswordHash,
  type Fence,
  inEnvelope,
  type KeyRange,
  type Operation,
  type ReplyBody,
  RevisionedStore,
  type SecurityChange,
  type SessionRequest,
} from '../../src/mvcc/index.ts';
import { MemoryOrderedStore } from '../../src/storage/index.ts';

const utf8 = new TextEncoder();
export const bytes = (text: string): Uint8Array => utf8.encode(text);
export const nothing: Uint8Array = new Uint8Array(0);
export const hash: Uint8Array = encodePasswordHash({
  costLog: 15,
  blockSize: 8,
  parallel: 1,
  salt: new Uint8Array(16).fill(1),
  hash: new Uint8Array(32).fill(2),
});

export interface Extra {
  readonly session?: SessionRequest;
  readonly fences?: readonly Fence[];
}

/** A store with its users; commands are sent in the name of one of them, or of nobody. */
export class Scene {
  readonly ordered: MemoryOrderedStore = new MemoryOrderedStore();
  readonly store: RevisionedStore = new RevisionedStore(this.ordered);
  #index = 0;

  /** What the command was answered with, or the code with which it was refused. */
  send(name: string | undefined, body: CommandBody, extra: Extra = {}): ReplyBody | string {
    this.#index += 1;
    return outcome(this.store.apply(this.#index, this.#request(name, body, extra)).reply);
  }

  read(name: string | undefined, body: CommandBody): ReplyBody | string {
    return outcome(this.store.read(this.#request(name, body, {})));
  }

  change(change: SecurityChange, name: string | undefined = undefined): ReplyBody | string {
    return this.send(name, { kind: 'security', change });
  }

  credential(name: string): number {
    return this.store.security.userNamed(name)?.credential ?? 0;
  }

  /** A root user with a password, and everything refused from now on that nobody has a right to. */
  enabled(): this {
    this.change({ action: 'user-add', name: 'root', password: hash });
    this.change({ action: 'user-grant', name: 'root', role: 'root' });
    assert.deepEqual(this.change({ action: 'enable' }), { kind: 'done' });
    return this;
  }

  /** A user with a role of its own that holds these rights. */
  user(name: string, rights: readonly (readonly [Access, string])[]): this {
    this.change({ action: 'user-add', name, password: hash }, 'root');
    this.change({ action: 'role-add', name }, 'root');
    for (const [access, prefix] of rights)
      this.change({ action: 'role-grant', name, access, prefix: bytes(prefix) }, 'root');
    assert.deepEqual(this.change({ action: 'user-grant', name, role: name }, 'root'), { kind: 'done' });
    return this;
  }

  #request(name: string | undefined, body: CommandBody, extra: Extra): Uint8Array {
    const writer = new ByteWriter(128);
    encodeCommand(writer, { session: extra.session, fences: extra.fences ?? [], body });
    return name === undefined ? writer.copy() : inEnvelope(this.credential(name), writer.copy());
  }
}

export function outcome(reply: Uint8Array): ReplyBody | string {
  const { body } = decodeReply(reply);
  return body.kind === 'refused' ? body.refusal.code : body;
}

export function isRefused(answer: ReplyBody | string): boolean {
  return answer === 'permission-denied' || answer === 'unauthenticated';
}

export const range = (start: string, end?: string): KeyRange => ({
  start: bytes(start),
  end: end === undefined ? undefined : bytes(end),
});
export const put = (key: string, more: object = {}): Operation => ({
  kind: 'put',
  key: bytes(key),
  value: nothing,
  lease: 0,
  keepLease: false,
  wantPrevious: false,
  ...more,
});
export const del = (keys: KeyRange, wantPrevious = false): Operation => ({
  kind: 'delete',
  range: keys,
  wantPrevious,
});
export const get = (keys: KeyRange): Operation => ({
  kind: 'get',
  range: keys,
  revision: 0,
  limit: 0,
  order: 'key',
  descending: false,
  content: 'entries',
});
export const txn = (
  compares: readonly Compare[],
  onSuccess: readonly Operation[],
  onFailure: readonly Operation[] = [],
): CommandBody => ({ kind: 'transaction', compares, onSuccess, onFailure });
export const exists = (keys: KeyRange): Compare => ({ target: 'exists', range: keys });

export function leaseOf(answer: ReplyBody | string): number {
  assert.ok(typeof answer !== 'string' && answer.kind === 'lease', String(answer));
  return answer.lease;
}

export function encoded(body: CommandBody): Uint8Array {
  const writer = new ByteWriter(128);
  encodeCommand(writer, { session: undefined, fences: [], body });
  return writer.copy();
}
