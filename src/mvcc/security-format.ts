/**
 * Users, roles and what they may do, as bytes: the changes that commands bring, the whole as it lies in the
 * store, and the envelope in which a node puts a request to say whose it is. Nothing is believed: names, counts
 * and the cost of a password's hash are bounded before anything is made for them.
 */
import { ByteReader, ByteWriter } from '../base/index.ts';

/** `admin`: the store as a whole, such as its limits and compactions; it has no keys. */
export type Access = 'read' | 'write' | 'read-write' | 'admin';

export interface Permission {
  readonly access: Access;
  /** Every key that begins with it; empty for all. */
  readonly prefix: Uint8Array;
}

export interface Role {
  readonly name: string;
  readonly permissions: readonly Permission[];
}

export interface User {
  readonly name: string;
  /** Drawn anew with each password: whoever has logged in before must do so again. */
  readonly credential: number;
  /** What `encodePasswordHash` made; empty for a user who shows a certificate instead. */
  readonly password: Uint8Array;
  readonly roles: readonly string[];
}

/** The whole, but for who owns which lease. */
export interface SecurityTable {
  readonly isOn: boolean;
  readonly roles: readonly Role[];
  readonly users: readonly User[];
}

export type SecurityChange =
  | { readonly action: 'enable' | 'disable' }
  | { readonly action: 'user-add' | 'user-password'; readonly name: string; readonly password: Uint8Array }
  | { readonly action: 'user-remove'; readonly name: string }
  | { readonly action: 'role-add' | 'role-remove'; readonly name: string }
  | { readonly action: 'user-grant' | 'user-revoke'; readonly name: string; readonly role: string }
  | ({ readonly action: 'role-grant' | 'role-revoke'; readonly name: string } & Permission);

/** In the order of the wire, counted from 1; a new one goes to the end. */
const actions: readonly SecurityChange['action'][] = [
  'enable',
  'disable',
  'user-add',
  'user-password',
  'user-remove',
  'role-add',
  'role-remove',
  'user-grant',
  'user-revoke',
  'role-grant',
  'role-revoke',
];
const accesses: readonly Access[] = ['read', 'write', 'read-write', 'admin'];

export const nameBytesMax = 128;
const tableVersion = 1;

export function encodeSecurityChange(writer: ByteWriter, change: SecurityChange): void {
  writer.u8(actions.indexOf(change.action) + 1);
  if (!('name' in change)) return;
  writer.text(change.name);
  if ('password' in change) writer.block(change.password);
  if ('role' in change) writer.text(change.role);
  if ('prefix' in change) encodePermission(writer, change);
}

export function decodeSecurityChange(reader: ByteReader): SecurityChange {
  const action = actions[reader.u8() - 1];
  if (action === undefined) throw reader.malformed('an unknown change of users and roles', reader.offset - 1);
  switch (action) {
    case 'enable':
    case 'disable':
      return { action };
    case 'user-add':
    case 'user-password':
      return { action, name: decodeName(reader), password: reader.block() };
    case 'user-remove':
      return { action, name: decodeName(reader) };
    case 'role-add':
    case 'role-remove':
      return { action, name: decodeName(reader) };
    case 'user-grant':
    case 'user-revoke':
      return { action, name: decodeName(reader), role: decodeName(reader) };
    case 'role-grant':
    case 'role-revoke':
      return { action, name: decodeName(reader), ...decodePermission(reader) };
  }
}

/** What an administrator may know of it: all but the passwords. */
export function encodeSecurityTable(table: SecurityTable, withPasswords: boolean): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u8(tableVersion);
  writer.u8(table.isOn ? 1 : 0);
  writer.varint(table.roles.length);
  for (const { name, permissions } of table.roles) {
    writer.text(name);
    writer.varint(permissions.length);
    for (const permission of permissions) encodePermission(writer, permission);
  }
  writer.varint(table.users.length);
  for (const { name, credential, password, roles } of table.users) {
    writer.text(name);
    writer.varint(credential);
    writer.block(withPasswords ? password : new Uint8Array(0));
    writer.varint(roles.length);
    for (const role of roles) writer.text(role);
  }
  return writer.copy();
}

export function decodeSecurityTable(bytes: Uint8Array): SecurityTable {
  const reader = new ByteReader(bytes, 'users and roles');
  const version = reader.u8();
  if (version !== tableVersion) throw reader.malformed(`unknown version ${version}`, 0);
  const isOn = reader.u8() === 1;
  const roles = list(reader, () => ({
    name: decodeName(reader),
    permissions: list(reader, () => decodePermission(reader)),
  }));
  const users = list(reader, () => ({
    name: decodeName(reader),
    credential: reader.varint(),
    password: Uint8Array.from(reader.block()),
    roles: list(reader, () => decodeName(reader)),
  }));
  reader.end();
  return { isOn, roles, users };
}

/** How a password was hashed, by scrypt with N = 2^`costLog`. */
export interface PasswordHash {
  readonly costLog: number;
  readonly blockSize: number;
  readonly parallel: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const passwordVersion = 1;

export function encodePasswordHash({ costLog, blockSize, parallel, salt, hash }: PasswordHash): Uint8Array {
  const writer = new ByteWriter(64);
  for (const number of [passwordVersion, costLog, blockSize, parallel]) writer.u8(number);
  writer.block(salt);
  writer.block(hash);
  return writer.copy();
}

/** `undefined` for what no node should be asked to compute: weaker than it must be, or dearer than it may be. */
export function decodePasswordHash(bytes: Uint8Array): PasswordHash | undefined {
  if (bytes.length < 4 || bytes.length > 256 || bytes[0] !== passwordVersion) return undefined;
  const [, costLog = 0, blockSize = 0, parallel = 0] = bytes;
  if (costLog < 14 || costLog > 17 || blockSize !== 8 || parallel < 1 || parallel > 4) return undefined;
  const saltBytes = bytes[4] ?? 0;
  const hashAt = 5 + saltBytes;
  const hashBytes = bytes[hashAt] ?? 0;
  if (saltBytes !== 16 || hashBytes !== 32 || bytes.length !== hashAt + 1 + hashBytes) return undefined;
  return {
    costLog,
    blockSize,
    parallel,
    salt: bytes.subarray(5, hashAt),
    hash: bytes.subarray(hashAt + 1),
  };
}

/** Begins neither a command nor the question of a watch. */
const envelopeMark = 0xfe;

/** In an envelope: the member that leads asks by itself. No user has it, since credentials are indexes of the log. */
export const leaderCredential = 0;

/** A request with the credential of whoever sent it. Only nodes make these; from a client they are refused. */
export function inEnvelope(credential: number, request: Uint8Array): Uint8Array {
  const writer = new ByteWriter(request.length + 12);
  writer.u8(envelopeMark);
  writer.varint(credential);
  writer.raw(request);
  return writer.bytes();
}

export function isEnvelope(request: Uint8Array): boolean {
  return request[0] === envelopeMark;
}

/** `undefined` where the envelope holds none, as no node makes it. */
export function credentialOf(envelope: Uint8Array): number | undefined {
  const reader = new ByteReader(envelope, 'envelope');
  reader.u8();
  try {
    return reader.varint();
  } catch {
    return undefined;
  }
}

/** What was sent, without the envelope that it may be in: a view. */
export function requestIn(bytes: Uint8Array): Uint8Array {
  if (!isEnvelope(bytes)) return bytes;
  const reader = new ByteReader(bytes, 'envelope');
  reader.u8();
  reader.varint();
  return reader.raw(reader.remaining);
}

export function isName(name: string): boolean {
  return name.length > 0 && name.length <= nameBytesMax && /^[\x21-\x7e]+$/.test(name);
}

function encodePermission(writer: ByteWriter, { access, prefix }: Permission): void {
  writer.u8(accesses.indexOf(access));
  writer.block(prefix);
}

function decodePermission(reader: ByteReader): Permission {
  const access = accesses[reader.u8()];
  if (access === undefined) throw reader.malformed('an unknown right', reader.offset - 1);
  return { access, prefix: Uint8Array.from(reader.block()) };
}

function decodeName(reader: ByteReader): string {
  const at = reader.offset;
  const name = reader.text();
  if (!isName(name)) throw reader.malformed('no name of printable characters without spaces', at);
  return name;
}

function list<T>(reader: ByteReader, decode: () => T): T[] {
  const count = reader.varint();
  if (count > reader.remaining) throw reader.malformed(`${count} elements`, reader.offset);
  return Array.from({ length: count }, decode);
}
