/**
 * Reads commands. The bytes come from whoever can reach the port, so nothing is believed: every count is
 * checked against the bytes that are left before anything is made for it, and what is wrong is a
 * `QuorateError` that the store turns into a refusal, the same on every member. Keys and values are views of
 * the command's own bytes.
 */
import { ByteReader } from '../base/index.ts';
import {
  addFlags,
  appendFlags,
  commandVersion,
  compareOperators,
  compareTargets,
  fenceFlags,
  fencesMax,
  getContents,
  getOrders,
  getShifts,
  kindNumbers,
  partFlags,
  putFlags,
  rangeFlags,
  secondTransaction,
  transactionOperations,
} from './command-format.ts';
import type {
  Add,
  Command,
  CommandBody,
  Compare,
  Fence,
  Get,
  KeyRange,
  Operation,
  SessionRequest,
  Transaction,
} from './commands.ts';
import { decodeLimits } from './limits.ts';
import { decodeSecurityChange } from './security-format.ts';

const noFences: readonly Fence[] = [];
const kinds = new Map<number, CommandBody['kind']>([
  ...Object.entries(kindNumbers).map(([kind, number]) => [number, kind as CommandBody['kind']] as const),
  [secondTransaction, 'transaction'],
]);
const noOperations: ReadonlySet<Operation['kind']> = new Set();

export function decodeCommand(bytes: Uint8Array): Command {
  const reader = new ByteReader(bytes, 'command');
  const version = reader.u8();
  if (version !== commandVersion) throw reader.malformed(`unknown version ${version}`, 0);
  const number = reader.u8();
  const kind = kinds.get(number);
  if (kind === undefined) throw reader.malformed('unknown kind', 1);
  const parts = flags(reader, partFlags.session | partFlags.fences);
  const session = (parts & partFlags.session) === 0 ? undefined : decodeSession(reader);
  const fences = (parts & partFlags.fences) === 0 ? noFences : decodeFences(reader);
  const body = kind === 'transaction' ? decodeTransaction(reader, number) : decodeBody(reader, kind);
  reader.end();
  return { session, fences, body };
}

function decodeSession(reader: ByteReader): SessionRequest {
  const session = reader.varint();
  const request = reader.varint();
  const acknowledged = reader.varint();
  if (acknowledged >= request) throw reader.malformed('a request acknowledged in advance', reader.offset);
  return { session, request, acknowledged };
}

function decodeFences(reader: ByteReader): Fence[] {
  const count = reader.u8();
  if (count === 0 || count > fencesMax) throw reader.malformed(`${count} fences`, reader.offset);
  const fences: Fence[] = [];
  for (let index = 0; index < count; index += 1) {
    const elsewhere = flags(reader, fenceFlags.elsewhere) !== 0;
    const key = decodeKey(reader);
    fences.push({ holder: elsewhere ? 'elsewhere' : 'here', key, token: reader.varint() });
  }
  return fences;
}

function decodeBody(reader: ByteReader, kind: Exclude<CommandBody['kind'], 'transaction'>): CommandBody {
  switch (kind) {
    case 'put':
    case 'delete':
    case 'get':
    case 'append':
    case 'add':
      return decodeOperation(reader, kind);
    case 'lease-grant':
      return { kind, lease: reader.varint(), ttlMs: reader.varint(), session: reader.varint() };
    case 'lease-keep-alive':
    case 'lease-revoke':
      return { kind, lease: reader.varint() };
    case 'session-open':
      return { kind, ttlMs: reader.varint() };
    case 'session-close':
      return { kind, session: reader.varint() };
    case 'lease-expire':
      return { kind, leases: decodeList(reader, 2, decodeExpiry) };
    case 'lease-checkpoint':
      return { kind, leases: decodeList(reader, 3, decodeCheckpoint) };
    case 'compact':
      return { kind, revision: reader.varint() };
    case 'collect':
      return { kind, events: reader.varint() };
    case 'configure':
      return { kind, limits: decodeLimits(reader) };
    case 'security':
      return { kind, change: decodeSecurityChange(reader) };
    case 'security-show':
      return { kind };
  }
}

function decodeExpiry(reader: ByteReader): { lease: number; renewals: number } {
  return { lease: reader.varint(), renewals: reader.varint() };
}

function decodeCheckpoint(reader: ByteReader): { lease: number; renewals: number; remainingMs: number } {
  return { lease: reader.varint(), renewals: reader.varint(), remainingMs: reader.varint() };
}

function decodeOperation(reader: ByteReader, kind: Operation['kind']): Operation {
  switch (kind) {
    case 'put': {
      const bits = flags(reader, putFlags.lease | putFlags.keepLease | putFlags.wantPrevious);
      const lease = (bits & putFlags.lease) === 0 ? 0 : reader.varint();
      const keepLease = (bits & putFlags.keepLease) !== 0;
      const wantPrevious = (bits & putFlags.wantPrevious) !== 0;
      return { kind, key: decodeKey(reader), value: reader.block(), lease, keepLease, wantPrevious };
    }
    case 'delete': {
      const bits = flags(reader, rangeFlags.toEnd | rangeFlags.wantPrevious);
      return { kind, range: decodeRange(reader, bits), wantPrevious: (bits & rangeFlags.wantPrevious) !== 0 };
    }
    case 'get':
      return decodeGet(reader);
    case 'append': {
      const lease = flags(reader, appendFlags.lease) === 0 ? 0 : reader.varint();
      return { kind, prefix: reader.block(), suffix: reader.block(), value: reader.block(), lease };
    }
    case 'add':
      return decodeAdd(reader);
  }
}

function decodeAdd(reader: ByteReader): Add {
  const bits = flags(reader, 0x7f);
  const has = (flag: number): boolean => (bits & flag) !== 0;
  if (
    (has(addFlags.negativeLeast) && !has(addFlags.least)) ||
    (has(addFlags.negativeMost) && !has(addFlags.most))
  )
    throw reader.malformed('the sign of a bound that is not there', reader.offset - 1);
  return {
    kind: 'add',
    lease: has(addFlags.lease) ? reader.varint() : 0,
    keepLease: has(addFlags.keepLease),
    key: decodeKey(reader),
    amount: decodeSigned(reader, has(addFlags.negativeAmount)),
    least: has(addFlags.least) ? decodeSigned(reader, has(addFlags.negativeLeast)) : -Number.MAX_SAFE_INTEGER,
    most: has(addFlags.most) ? decodeSigned(reader, has(addFlags.negativeMost)) : Number.MAX_SAFE_INTEGER,
  };
}

function decodeSigned(reader: ByteReader, isNegative: boolean): number {
  const magnitude = reader.varint();
  if (isNegative && magnitude === 0) throw reader.malformed('a negative zero', reader.offset);
  return isNegative ? -magnitude : magnitude;
}

function decodeGet(reader: ByteReader): Get {
  const bits = flags(reader, 0x3f);
  const order = getOrders[(bits >> getShifts.order) & 3];
  const content = getContents[(bits >> getShifts.content) & 3];
  if (order === undefined || content === undefined) throw reader.malformed('unknown order', reader.offset);
  return {
    kind: 'get',
    range: decodeRange(reader, bits),
    revision: reader.varint(),
    limit: reader.varint(),
    order,
    descending: ((bits >> getShifts.descending) & 1) !== 0,
    content,
  };
}

function decodeTransaction(reader: ByteReader, number: number): Transaction {
  const allowed = transactionOperations.get(number) ?? noOperations;
  const decodeOne = (from: ByteReader): Operation => decodeTagged(from, allowed);
  return {
    kind: 'transaction',
    compares: decodeList(reader, 2, decodeCompare),
    onSuccess: decodeList(reader, 3, decodeOne),
    onFailure: decodeList(reader, 3, decodeOne),
  };
}

function decodeTagged(reader: ByteReader, allowed: ReadonlySet<Operation['kind']>): Operation {
  const kind = kinds.get(reader.u8()) as Operation['kind'];
  if (!allowed.has(kind)) throw reader.malformed('not an operation of a transaction', reader.offset - 1);
  return decodeOperation(reader, kind);
}

function decodeCompare(reader: ByteReader): Compare {
  const target = compareTargets[reader.u8()];
  if (target === undefined) throw reader.malformed('unknown comparison', reader.offset - 1);
  if (target === 'lease-live') return { target, lease: reader.varint() };
  const range = decodeRange(reader, flags(reader, rangeFlags.toEnd));
  if (target === 'exists' || target === 'absent') return { target, range };
  const operator = compareOperators[reader.u8()];
  if (operator === undefined) throw reader.malformed('unknown operator', reader.offset - 1);
  if (target === 'value') return { target, range, operator, value: reader.block() };
  return { target, range, operator, number: reader.varint() };
}

function decodeRange(reader: ByteReader, bits: number): KeyRange {
  if ((bits & rangeFlags.toEnd) === 0) return { start: decodeKey(reader), end: undefined };
  return { start: reader.block(), end: reader.block() };
}

function decodeKey(reader: ByteReader): Uint8Array {
  const key = reader.block();
  if (key.length === 0) throw reader.malformed('an empty key', reader.offset);
  return key;
}

function decodeList<T>(reader: ByteReader, elementBytesMin: number, decode: (reader: ByteReader) => T): T[] {
  const count = reader.varint();
  if (count * elementBytesMin > reader.remaining) {
    throw reader.malformed(`${count} elements in ${reader.remaining} bytes`, reader.offset);
  }
  const list: T[] = [];
  for (let index = 0; index < count; index += 1) list.push(decode(reader));
  return list;
}

function flags(reader: ByteReader, known: number): number {
  const bits = reader.u8();
  if ((bits & ~known) !== 0) throw reader.malformed('unknown flags', reader.offset - 1);
  return bits;
}
