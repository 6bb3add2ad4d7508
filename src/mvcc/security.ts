/**
 * Who may do what: users, roles, and which session is whose, as a part of the replicated state that no key
 * reaches. Requests come in envelopes that say whose they are, and are judged where they are carried out: by the
 * state at their own place in the log. So it does not matter which member took a request, how far behind it was,
 * or who led: behind an acknowledged change nothing happens that the change forbids.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';
import type { OrderedStore } from '../ports/index.ts';
import type { Command } from './commands.ts';
import type { LeaseChange } from './lease-commands.ts';
import { damagedState, type Refusal, refuse } from './refusals.ts';
import { missingFor, missingRights, Rights } from './rights.ts';
import {
  decodePasswordHash,
  decodeSecurityTable,
  encodeSecurityTable,
  leaderCredential,
  nameBytesMax,
  type Permission,
  type Role,
  type SecurityChange,
  type SecurityTable,
  type User,
} from './security-format.ts';
import { securityProblem as problem } from './security-problems.ts';
import type { StoreState } from './state.ts';
import { numberedKey, numberedKeyBytes, readNumber, tableEnd, tables } from './tables.ts';

/** Whoever holds it may do everything, and it always exists. */
const rootRole = 'root';

/** Most bytes of the whole, and most roles of a user and rights of a role. */
const tableBytesMax = 1 << 20;
const listMax = 256;

const wholeKey: Uint8Array = Uint8Array.of(tables.security, 0);
const ownerMark = 1;
const everything: readonly Permission[] = [];

/** A user as requests are judged by. */
interface Judged {
  readonly user: User;
  readonly isRoot: boolean;
  readonly rights: Rights;
}

const empty: SecurityTable = { isOn: false, roles: [], users: [] };

export class Security {
  readonly #store: OrderedStore;
  readonly #state: StoreState;
  #table: SecurityTable = empty;
  #bytes: Uint8Array | undefined;
  #byCredential = new Map<number, Judged>();
  #byName = new Map<string, Judged>();
  /** The names of those who opened sessions and leases while this was on. */
  readonly #owners = new Map<number, string>();
  /** Counts changes of users and roles, for whoever keeps what follows from them. */
  version = 0;

  constructor(store: OrderedStore, state: StoreState) {
    this.#store = store;
    this.#state = state;
  }

  get isOn(): boolean {
    return this.#table.isOn;
  }

  get table(): SecurityTable {
    return this.#table;
  }

  /** Reads what the ordered store holds; it is part of the hash already. */
  load(): void {
    const cursor = this.#store.scan({
      start: Uint8Array.of(tables.security),
      end: tableEnd(tables.security),
    });
    while (cursor.next()) this.#take(cursor.key, cursor.value);
  }

  /** Takes over a record from a snapshot. */
  adopt(key: Uint8Array, value: Uint8Array): void {
    this.#store.put(key, value);
    this.#state.hash.add(tables.security, 0, 0, hashed(key, value));
    this.#take(key, value);
  }

  user(credential: number): User | undefined {
    return this.#byCredential.get(credential)?.user;
  }

  userNamed(name: string): User | undefined {
    return this.#byName.get(name)?.user;
  }

  isRoot(credential: number): boolean {
    return this.#byCredential.get(credential)?.isRoot === true;
  }

  isAdmin(credential: number): boolean {
    const judged = this.#byCredential.get(credential);
    return judged !== undefined && (judged.isRoot || judged.rights.isAdmin);
  }

  /** Why whoever holds `credential` may not have `command` carried out. */
  check(credential: number | undefined, command: Command): Refusal | undefined {
    if (!this.#table.isOn) return undefined;
    const { kind } = command.body;
    if (credential === leaderCredential && (kind === 'compact' || kind === 'collect')) return undefined;
    if (credential === undefined) {
      // What the member that leads proposes itself; from a client a node takes neither.
      if (kind === 'lease-expire' || kind === 'lease-checkpoint') return undefined;
      return refuse('unauthenticated');
    }
    const judged = this.#byCredential.get(credential);
    if (judged === undefined) return refuse('unauthenticated');
    if (judged.isRoot) return undefined;
    const { name } = judged.user;
    if (command.body.kind === 'security' && isOwnPassword(command.body.change, name)) return undefined;
    const missing = missingFor(command, judged.rights, (lease) => this.#owners.get(lease) === name);
    return missing === undefined ? undefined : refuse('permission-denied', missingRights[missing]);
  }

  /** What has become of leases by a command that `credential` sent. */
  follow(changes: readonly LeaseChange[], credential: number | undefined): void {
    const name = credential === undefined ? undefined : this.#byCredential.get(credential)?.user.name;
    for (const { lease, change } of changes) {
      if (change === 'granted' && name !== undefined && this.#table.isOn) this.#own(lease, name);
      else if (change === 'ended' && this.#owners.has(lease)) this.#disown(lease);
    }
  }

  /** Carries a change out. */
  run(change: SecurityChange): Refusal | undefined {
    const table = this.#changed(change);
    if (typeof table === 'number') return refuse('security-refused', table);
    if (table.isOn && !table.users.some(isWayIn)) return refuse('security-refused', problem.rootNeeded);
    const bytes = encodeSecurityTable(table, true);
    if (bytes.length > tableBytesMax) return refuse('security-refused', problem.tooMany);
    if (this.#bytes !== undefined)
      this.#state.hash.remove(tables.security, 0, 0, hashed(wholeKey, this.#bytes));
    this.#state.hash.add(tables.security, 0, 0, hashed(wholeKey, bytes));
    this.#store.put(wholeKey, bytes);
    this.#bytes = bytes;
    this.#adoptTable(table);
    if (change.action === 'user-remove') this.#disownAllOf(change.name);
    return undefined;
  }

  /** Another user may bear the name one day. */
  #disownAllOf(name: string): void {
    for (const [lease, owner] of this.#owners) if (owner === name) this.#disown(lease);
  }

  /** The table as it would be, or the number of what is wrong. */
  #changed(change: SecurityChange): SecurityTable | number {
    switch (change.action) {
      case 'enable':
      case 'disable':
        return { ...this.#table, isOn: change.action === 'enable' };
      case 'user-add':
      case 'user-password':
      case 'user-remove':
      case 'user-grant':
      case 'user-revoke':
        return this.#changedUser(change);
      case 'role-add':
      case 'role-remove':
      case 'role-grant':
      case 'role-revoke':
        return this.#changedRole(change);
    }
  }

  #changedUser(change: Extract<SecurityChange, { action: `user-${string}` }>): SecurityTable | number {
    const { users, roles } = this.#table;
    const { name } = change;
    const user = users.find((other) => other.name === name);
    // Its own place in the log, which no other change has.
    const credential = this.#state.appliedIndex;
    if (change.action === 'user-add') {
      if (user !== undefined) return problem.userExists;
      if (!isPassword(change.password)) return problem.badPassword;
      const password = Uint8Array.from(change.password);
      return { ...this.#table, users: [...users, { name, credential, password, roles: [] }] };
    }
    if (user === undefined) return problem.userMissing;
    const others = users.filter((other) => other !== user);
    if (change.action === 'user-remove') return { ...this.#table, users: others };
    if ('password' in change) {
      if (!isPassword(change.password)) return problem.badPassword;
      const password = Uint8Array.from(change.password);
      return { ...this.#table, users: [...others, { ...user, credential, password }] };
    }
    const { role } = change;
    if (role !== rootRole && !roles.some((known) => known.name === role)) return problem.roleMissing;
    const kept = user.roles.filter((other) => other !== role);
    const held = change.action === 'user-grant' ? [...kept, role] : kept;
    if (held.length > listMax) return problem.tooMany;
    return { ...this.#table, users: [...others, { ...user, roles: held }] };
  }

  #changedRole(change: Extract<SecurityChange, { action: `role-${string}` }>): SecurityTable | number {
    const { users, roles } = this.#table;
    const { name } = change;
    if (name === rootRole) return problem.rootFixed;
    const role = roles.find((other) => other.name === name);
    if (change.action === 'role-add')
      return role === undefined
        ? { ...this.#table, roles: [...roles, { name, permissions: [] }] }
        : problem.roleExists;
    if (role === undefined) return problem.roleMissing;
    const others = roles.filter((other) => other !== role);
    if (!('prefix' in change)) {
      const without = users.map((user) => ({ ...user, roles: user.roles.filter((held) => held !== name) }));
      return { ...this.#table, roles: others, users: without };
    }
    const { access, prefix } = change;
    if (access === 'admin' && prefix.length > 0) return problem.adminPrefix;
    const kept = role.permissions.filter((held) => held.access !== access || !isSame(held.prefix, prefix));
    const permissions =
      change.action === 'role-grant' ? [...kept, { access, prefix: Uint8Array.from(prefix) }] : kept;
    if (permissions.length > listMax) return problem.tooMany;
    return { ...this.#table, roles: [...others, { name, permissions }] };
  }

  #take(key: Uint8Array, value: Uint8Array): void {
    if (isSame(key, wholeKey)) {
      this.#bytes = Uint8Array.from(value);
      this.#adoptTable(decodeSecurityTable(this.#bytes));
      return;
    }
    if (key[1] !== ownerMark || key.length !== 1 + numberedKeyBytes)
      throw damagedState('a record of users and roles has a key that there is not');
    this.#owners.set(readNumber(key, 2), new ByteReader(value, 'owner of a lease').text());
  }

  #adoptTable(table: SecurityTable): void {
    this.#table = table;
    this.#byCredential = new Map();
    this.#byName = new Map();
    this.version += 1;
    for (const user of table.users) {
      const rights = new Rights(user.roles.flatMap((name) => permissionsOf(table.roles, name)));
      const judged = { user, isRoot: user.roles.includes(rootRole), rights };
      this.#byCredential.set(user.credential, judged);
      this.#byName.set(user.name, judged);
    }
  }

  #own(lease: number, name: string): void {
    const key = ownerKey(lease);
    const writer = new ByteWriter(nameBytesMax);
    writer.text(name);
    const value = writer.bytes();
    this.#store.put(key, value);
    this.#state.hash.add(tables.security, 0, 0, hashed(key, value));
    this.#owners.set(lease, name);
  }

  #disown(lease: number): void {
    const key = ownerKey(lease);
    const writer = new ByteWriter(nameBytesMax);
    writer.text(this.#owners.get(lease) ?? '');
    this.#state.hash.remove(tables.security, 0, 0, hashed(key, writer.bytes()));
    this.#store.delete(key);
    this.#owners.delete(lease);
  }
}

function permissionsOf(roles: readonly Role[], name: string): readonly Permission[] {
  return roles.find((role) => role.name === name)?.permissions ?? everything;
}

/** A user may change the own password and nothing else about itself. */
function isOwnPassword(change: SecurityChange, name: string): boolean {
  return change.action === 'user-password' && change.name === name;
}

/** Somebody who can always come in and mend what is wrong: a certificate alone depends on how nodes were started. */
function isWayIn({ roles, password }: User): boolean {
  return roles.includes(rootRole) && password.length > 0;
}

function isPassword(bytes: Uint8Array): boolean {
  return bytes.length === 0 || decodePasswordHash(bytes) !== undefined;
}

function ownerKey(lease: number): Uint8Array {
  const numbered = numberedKey(tables.security, lease);
  const key = new Uint8Array(numbered.length + 1);
  key[0] = tables.security;
  key[1] = ownerMark;
  key.set(numbered.subarray(1), 2);
  return key;
}

/** What the hash over the state covers of a record. */
export function hashed(key: Uint8Array, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(key.length + value.length);
  bytes.set(key);
  bytes.set(value, key.length);
  return bytes;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
