/**
 * etcd's answers, read into plain data. Values are copied, because the bytes that they lie in belong to the
 * connection; fields that this engine does not use are passed over.
 */
import { ProtoReader } from './protocol-buffers.ts';

export interface Header {
  /** Of the cluster, in hexadecimal digits. */
  readonly cluster: string;
  readonly revision: number;
}

export interface KeyValue {
  readonly key: string;
  readonly created: number;
  readonly modified: number;
  readonly value: Uint8Array;
  /** In hexadecimal digits; '' for none. */
  readonly lease: string;
}

export interface RangeAnswer {
  readonly header: Header;
  readonly items: readonly KeyValue[];
  readonly count: number;
}

export interface OperationAnswer {
  readonly range: RangeAnswer | undefined;
  readonly deleted: number;
}

export interface TransactionAnswer {
  readonly header: Header;
  readonly succeeded: boolean;
  readonly operations: readonly OperationAnswer[];
}

export interface LeaseAnswer {
  /** Of a lease that is no more: 0. */
  readonly ttlSeconds: number;
}

export interface StatusAnswer {
  readonly header: Header;
  readonly version: string;
}

export interface ChangeEvent {
  readonly kind: 'put' | 'deleted';
  readonly item: KeyValue;
}

export interface WatchAnswer {
  readonly header: Header;
  /** −1 where etcd refused before it looked at the id. */
  readonly id: number;
  readonly isCreated: boolean;
  readonly isCanceled: boolean;
  /** Above 0: what was asked for is compacted up to here. */
  readonly compacted: number;
  readonly reason: string;
  /** More of the same follows in the next. */
  readonly isFragment: boolean;
  readonly events: readonly ChangeEvent[];
}

const noHeader: Header = { cluster: '', revision: 0 };
const noBytes = new Uint8Array(0);
/** Keys of other programs may be no UTF-8; they are shown as well as it goes. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function decodeRangeAnswer(bytes: Uint8Array): RangeAnswer {
  const reader = new ProtoReader(bytes);
  let header = noHeader;
  const items: KeyValue[] = [];
  let count = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) header = decodeHeader(reader.block());
    else if (field === 2) items.push(decodeKeyValue(reader.block()));
    else if (field === 4) count = reader.number();
    else reader.skip();
  }
  return { header, items, count };
}

export function decodeTransactionAnswer(bytes: Uint8Array): TransactionAnswer {
  const reader = new ProtoReader(bytes);
  let header = noHeader;
  let succeeded = false;
  const operations: OperationAnswer[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) header = decodeHeader(reader.block());
    else if (field === 2) succeeded = reader.flag();
    else if (field === 3) operations.push(decodeOperationAnswer(reader.block()));
    else reader.skip();
  }
  return { header, succeeded, operations };
}

/** To a grant and to a renewal, which are alike where it matters. */
export function decodeLeaseAnswer(bytes: Uint8Array): LeaseAnswer {
  const reader = new ProtoReader(bytes);
  let ttlSeconds = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 3) ttlSeconds = reader.number();
    else reader.skip();
  }
  return { ttlSeconds };
}

export function decodeStatusAnswer(bytes: Uint8Array): StatusAnswer {
  const reader = new ProtoReader(bytes);
  let header = noHeader;
  let version = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) header = decodeHeader(reader.block());
    else if (field === 2) version = reader.text();
    else reader.skip();
  }
  return { header, version };
}

/** The token to show with each call. */
export function decodeAuthenticateAnswer(bytes: Uint8Array): string {
  const reader = new ProtoReader(bytes);
  let token = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) token = reader.text();
    else reader.skip();
  }
  return token;
}

export function decodeWatchAnswer(bytes: Uint8Array): WatchAnswer {
  const reader = new ProtoReader(bytes);
  let header = noHeader;
  let id = 0;
  let isCreated = false;
  let isCanceled = false;
  let compacted = 0;
  let reason = '';
  let isFragment = false;
  const events: ChangeEvent[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) header = decodeHeader(reader.block());
    else if (field === 2) id = reader.number();
    else if (field === 3) isCreated = reader.flag();
    else if (field === 4) isCanceled = reader.flag();
    else if (field === 5) compacted = reader.number();
    else if (field === 6) reason = reader.text();
    else if (field === 7) isFragment = reader.flag();
    else if (field === 11) events.push(decodeEvent(reader.block()));
    else reader.skip();
  }
  return { header, id, isCreated, isCanceled, compacted, reason, isFragment, events };
}

function decodeHeader(bytes: Uint8Array): Header {
  const reader = new ProtoReader(bytes);
  let cluster = '';
  let revision = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) cluster = reader.hexadecimal();
    else if (field === 3) revision = reader.number();
    else reader.skip();
  }
  return { cluster, revision };
}

function decodeKeyValue(bytes: Uint8Array): KeyValue {
  const reader = new ProtoReader(bytes);
  let key = '';
  let created = 0;
  let modified = 0;
  let value = noBytes;
  let lease = '';
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) key = utf8.decode(reader.block());
    else if (field === 2) created = reader.number();
    else if (field === 3) modified = reader.number();
    else if (field === 5) value = new Uint8Array(reader.block());
    else if (field === 6) lease = reader.hexadecimal();
    else reader.skip();
  }
  return { key, created, modified, value, lease };
}

function decodeOperationAnswer(bytes: Uint8Array): OperationAnswer {
  const reader = new ProtoReader(bytes);
  let range: RangeAnswer | undefined;
  let deleted = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) range = decodeRangeAnswer(reader.block());
    else if (field === 3) deleted = decodeDeleted(reader.block());
    else reader.skip();
  }
  return { range, deleted };
}

function decodeDeleted(bytes: Uint8Array): number {
  const reader = new ProtoReader(bytes);
  let deleted = 0;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 2) deleted = reader.number();
    else reader.skip();
  }
  return deleted;
}

function decodeEvent(bytes: Uint8Array): ChangeEvent {
  const reader = new ProtoReader(bytes);
  let isDeleted = false;
  let item: KeyValue | undefined;
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field === 1) isDeleted = reader.flag();
    else if (field === 2) item = decodeKeyValue(reader.block());
    else reader.skip();
  }
  item ??= { key: '', created: 0, modified: 0, value: noBytes, lease: '' };
  return { kind: isDeleted ? 'deleted' : 'put', item };
}
