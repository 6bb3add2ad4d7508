/**
 * Users and roles of a cluster, for whoever may change them. Passwords are hashed here: neither the network nor
 * the log ever sees a new one.
 */
import { ByteWriter, invalidOption } from '../base/index.ts';
import {
  type Access,
  type CommandBody,
  decodeReply,
  encodeCommand,
  isName,
  type Reply,
  refusalError,
  type SecurityChange,
} from '../mvcc/index.ts';
import type { ClusterClient } from './cluster-client.ts';
import { type Bytes, bytesOf } from './keys.ts';

/** A right over every key that begins with `prefix`; empty for all. `admin` has no keys. */
export interface Right {
  readonly access: Access;
  readonly prefix: Bytes;
}

export interface RoleDescription {
  readonly name: string;
  readonly rights: readonly { readonly access: Access; readonly prefix: Uint8Array }[];
}

export interface SecurityDescription {
  /** True: whoever is nobody is refused. */
  readonly isOn: boolean;
  readonly users: readonly { readonly name: string; readonly roles: readonly string[] }[];
  readonly roles: readonly RoleDescription[];
}

type HashPassword = (password: string) => Promise<Uint8Array>;

export class StoreSecurity {
  readonly #client: ClusterClient;
  readonly #group: number;
  readonly #hashPassword: HashPassword | undefined;

  constructor(client: ClusterClient, group: number, hashPassword?: HashPassword) {
    this.#client = client;
    this.#group = group;
    this.#hashPassword = hashPassword;
  }

  /** From now on whoever is nobody is refused. Refused itself while no user with the role `root` has a password. */
  async enable(): Promise<void> {
    await this.#change({ action: 'enable' });
  }

  /** From now on nobody is asked who it is; users and roles stay. */
  async disable(): Promise<void> {
    await this.#change({ action: 'disable' });
  }

  /** Without a password the user comes in by a certificate with its name, and not otherwise. */
  async addUser(name: string, password?: string): Promise<void> {
    await this.#change({ action: 'user-add', name: named(name), password: await this.#hash(password) });
  }

  /** Whoever is logged in with the old one must log in again. */
  async setPassword(name: string, password?: string): Promise<void> {
    await this.#change({ action: 'user-password', name: named(name), password: await this.#hash(password) });
  }

  async removeUser(name: string): Promise<void> {
    await this.#change({ action: 'user-remove', name: named(name) });
  }

  /** The role `root` is built in, and may do everything. */
  async grantRole(user: string, role: string): Promise<void> {
    await this.#change({ action: 'user-grant', name: named(user), role: named(role) });
  }

  async revokeRole(user: string, role: string): Promise<void> {
    await this.#change({ action: 'user-revoke', name: named(user), role: named(role) });
  }

  async addRole(name: string): Promise<void> {
    await this.#change({ action: 'role-add', name: named(name) });
  }

  async removeRole(name: string): Promise<void> {
    await this.#change({ action: 'role-remove', name: named(name) });
  }

  async grant(role: string, { access, prefix }: Right): Promise<void> {
    await this.#change({ action: 'role-grant', name: named(role), access, prefix: bytesOf(prefix) });
  }

  async revoke(role: string, { access, prefix }: Right): Promise<void> {
    await this.#change({ action: 'role-revoke', name: named(role), access, prefix: bytesOf(prefix) });
  }

  async describe(): Promise<SecurityDescription> {
    const { body } = accepted(await this.#client.read(this.#group, encoded({ kind: 'security-show' })));
    if (body.kind !== 'security') throw new TypeError(`a look at users was answered with ${body.kind}`);
    const { isOn, users, roles } = body.table;
    return {
      isOn,
      users: users.map(({ name, roles: held }) => ({ name, roles: held })),
      roles: roles.map(({ name, permissions }) => ({ name, rights: permissions })),
    };
  }

  async #change(change: SecurityChange): Promise<void> {
    accepted(await this.#client.command(this.#group, encoded({ kind: 'security', change })));
  }

  async #hash(password: string | undefined): Promise<Uint8Array> {
    if (password === undefined) return new Uint8Array(0);
    if (password === '') throw invalidOption('password', password, 'at least one character');
    if (this.#hashPassword === undefined)
      throw invalidOption('password', 'given', 'absent: this store was made without a way to hash it');
    const hash: Promise<Uint8Array> = this.#hashPassword(password);
    return await hash;
  }
}

function encoded(body: CommandBody): Uint8Array {
  const writer = new ByteWriter(256);
  encodeCommand(writer, { session: undefined, fences: [], body });
  return writer.copy();
}

function accepted(bytes: Uint8Array): Reply {
  const reply = decodeReply(bytes);
  if (reply.body.kind === 'refused') throw refusalError(reply.body.refusal);
  return reply;
}

function named(name: string): string {
  if (isName(name)) return name;
  throw invalidOption('name', name, 'one to 128 printable characters without spaces');
}
