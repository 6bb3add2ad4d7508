/**
 * The records of ZooKeeper's protocol that open a connection or come unasked, and the state of a node. Written after
 * the published definition (`zookeeper.jute`).
 */
import { JuteReader } from './jute-reader.ts';
import { JuteWriter } from './jute-writer.ts';

/** No session yet. */
export const noSession: string = '0'.repeat(16);

export interface ConnectRequest {
  /** The last transaction that this program has seen: a server that is behind it closes the connection. */
  readonly lastZxid: number;
  readonly timeoutMs: number;
  readonly session: string;
  readonly password: Uint8Array;
}

export interface ConnectReply {
  /** What the server grants; 0 when the session is over. */
  readonly timeoutMs: number;
  readonly session: string;
  readonly password: Uint8Array;
  readonly isReadOnly: boolean;
}

export interface ReplyHeader {
  readonly xid: number;
  /** The last transaction of the server when it answered. */
  readonly zxid: number;
  readonly error: number;
}

export interface NodeState {
  /** The transactions that created it, and that changed it last. */
  readonly czxid: number;
  readonly mzxid: number;
  /** How often its data was changed. */
  readonly version: number;
  /** The session with which it vanishes, or `noSession`. */
  readonly owner: string;
  readonly childrenCount: number;
}

export interface Notification {
  readonly type: number;
  readonly path: string;
}

/** Numbers of requests that no caller makes, and of what comes unasked. */
export const xids = { notification: -1, ping: -2, auth: -4 } as const;

export const eventTypes = { created: 1, deleted: 2, changed: 3 } as const;

/** A frame that is a whole one. */
export function encodeConnectRequest({ lastZxid, timeoutMs, session, password }: ConnectRequest): Uint8Array {
  const writer = new JuteWriter();
  writer.int(0);
  writer.long(lastZxid);
  writer.int(timeoutMs);
  writer.id(session);
  writer.buffer(password);
  // No use of a server that is cut off from the others and would only read.
  writer.flag(false);
  return writer.framed();
}

export function decodeConnectReply(bytes: Uint8Array): ConnectReply {
  const reader = new JuteReader(bytes, 'the answer to a connection');
  const version = reader.int();
  if (version !== 0) throw reader.malformed(`version ${version} of the protocol`, 0);
  const timeoutMs = reader.int();
  const session = reader.id();
  const password = reader.buffer().slice();
  return { timeoutMs, session, password, isReadOnly: reader.remaining > 0 && reader.flag() };
}

export function decodeReplyHeader(reader: JuteReader): ReplyHeader {
  return { xid: reader.int(), zxid: reader.long(), error: reader.int() };
}

export function decodeNotification(reader: JuteReader): Notification {
  const type = reader.int();
  reader.int();
  return { type, path: reader.text() };
}

export function decodeNodeState(reader: JuteReader): NodeState {
  const czxid = reader.long();
  const mzxid = reader.long();
  // When it was created and changed, by the wall clock of a server.
  reader.id();
  reader.id();
  const version = reader.int();
  reader.int();
  reader.int();
  const owner = reader.id();
  reader.int();
  const childrenCount = reader.int();
  // The last transaction on its children.
  reader.id();
  return { czxid, mzxid, version, owner, childrenCount };
}
