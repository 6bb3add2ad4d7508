/**
 * etcd's requests as this engine makes them, by the numbers of its published `rpc.proto`. Each is a function from
 * plain data to bytes.
 */
import { type ProtoWriter, protoMessage } from './protocol-buffers.ts';

export const paths = {
  range: '/etcdserverpb.KV/Range',
  transact: '/etcdserverpb.KV/Txn',
  grant: '/etcdserverpb.Lease/LeaseGrant',
  revoke: '/etcdserverpb.Lease/LeaseRevoke',
  keepAlive: '/etcdserverpb.Lease/LeaseKeepAlive',
  watch: '/etcdserverpb.Watch/Watch',
  status: '/etcdserverpb.Maintenance/Status',
  authenticate: '/etcdserverpb.Auth/Authenticate',
} as const;

export interface RangeRequest {
  readonly key: Uint8Array;
  /** Absent: this key alone. */
  readonly end?: Uint8Array;
  /** 0: all. */
  readonly limit?: number;
  /** By the revision of their creation; absent: a single key, or the order does not matter. */
  readonly order?: 'ascending' | 'descending';
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  /** Only what was created then or before. */
  readonly createdMost?: number;
}

interface PutRequest {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease?: number;
  /** It stays with the lease that it has. */
  readonly keepsLease?: boolean;
}

/** A comparison for equality, with 0 for what is not there. */
export type Compare =
  | { readonly key: Uint8Array; readonly created: number }
  | { readonly key: Uint8Array; readonly modified: number }
  | { readonly key: Uint8Array; readonly createdAfter: number };

export type RequestOperation =
  | { readonly range: RangeRequest }
  | { readonly put: PutRequest }
  | { readonly delete: Uint8Array };

export interface TransactionRequest {
  readonly compares: readonly Compare[];
  readonly success: readonly RequestOperation[];
  readonly failure: readonly RequestOperation[];
}

export interface WatchRequest {
  /** Chosen here, above 0, so that answers need no matching by order. */
  readonly id: number;
  readonly key: Uint8Array;
  readonly end?: Uint8Array;
  /** The first revision to hear of. */
  readonly start: number;
}

const orderNumbers = { ascending: 1, descending: 2 } as const;
const targetCreated = 2;
const compareTargetCreated = 1;
const compareTargetModified = 2;
const compareGreater = 1;

export function encodeRange(request: RangeRequest): Uint8Array {
  return protoMessage((writer) => writeRange(writer, request));
}

export function encodeTransaction({ compares, success, failure }: TransactionRequest): Uint8Array {
  return protoMessage((writer) => {
    for (const compare of compares) writer.message(1, (inner) => writeCompare(inner, compare));
    for (const operation of success) writer.message(2, (inner) => writeOperation(inner, operation));
    for (const operation of failure) writer.message(3, (inner) => writeOperation(inner, operation));
  });
}

export function encodeGrant(lease: number, ttlSeconds: number): Uint8Array {
  return protoMessage((writer) => {
    writer.number(1, ttlSeconds);
    writer.number(2, lease);
  });
}

/** For both: to revoke a lease and to keep it alive. */
export function encodeLease(lease: number): Uint8Array {
  return protoMessage((writer) => writer.number(1, lease));
}

export function encodeAuthenticate(user: string, password: string): Uint8Array {
  return protoMessage((writer) => {
    writer.text(1, user);
    writer.text(2, password);
  });
}

export function encodeWatch({ id, key, end, start }: WatchRequest): Uint8Array {
  return protoMessage((writer) =>
    writer.message(1, (create) => {
      create.block(1, key);
      if (end !== undefined) create.block(2, end);
      create.number(3, start);
      create.flag(4, true);
      create.number(7, id);
      create.flag(8, true);
    }),
  );
}

export function encodeWatchCancel(id: number): Uint8Array {
  return protoMessage((writer) => writer.message(2, (cancel) => cancel.number(1, id)));
}

function writeRange(writer: ProtoWriter, request: RangeRequest): void {
  const { key, end, limit = 0, order, keysOnly = false, countOnly = false, createdMost = 0 } = request;
  writer.block(1, key);
  if (end !== undefined) writer.block(2, end);
  writer.number(3, limit);
  if (order !== undefined) {
    writer.number(5, orderNumbers[order]);
    writer.number(6, targetCreated);
  }
  writer.flag(8, keysOnly);
  writer.flag(9, countOnly);
  writer.number(13, createdMost);
}

function writeCompare(writer: ProtoWriter, compare: Compare): void {
  writer.block(3, compare.key);
  if ('modified' in compare) {
    writer.number(2, compareTargetModified);
    writer.chosenNumber(6, compare.modified);
    return;
  }
  writer.number(2, compareTargetCreated);
  if ('createdAfter' in compare) writer.number(1, compareGreater);
  writer.chosenNumber(5, 'created' in compare ? compare.created : compare.createdAfter);
}

function writeOperation(writer: ProtoWriter, operation: RequestOperation): void {
  if ('range' in operation) writer.message(1, (inner) => writeRange(inner, operation.range));
  else if ('put' in operation) writer.message(2, (inner) => writePut(inner, operation.put));
  else writer.message(3, (inner) => inner.block(1, operation.delete));
}

function writePut(writer: ProtoWriter, { key, value, lease = 0, keepsLease = false }: PutRequest): void {
  writer.block(1, key);
  writer.block(2, value);
  writer.number(3, lease);
  writer.flag(6, keepsLease);
}
