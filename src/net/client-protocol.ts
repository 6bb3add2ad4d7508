/**
 * Requests of clients and the replies to them: one frame each, matched by a number that the client chooses.
 * A watch is answered by any number of items before its reply, which is always an error: what ended it.
 * `unwatch`, sent under the number of a watch, ends it with no further word.
 * Number 0 belongs to no request: an error with it says why the connection as a whole was refused, an item what the
 * node understands, for a client that has asked. The bytes of
 * a command, a query and a reply belong to the state machine; nothing here looks into them.
 */
import { ByteReader, type ByteWriter, type QuorateError } from '../base/index.ts';
import { decodeError, encodeError } from './error-text.ts';

/** What is answered once. */
export type QuestionKind =
  | 'command'
  | 'read'
  | 'stale-read'
  | 'status'
  | 'bounded-read'
  /** Who belongs to the cluster, as the node sees it. */
  | 'members'
  /** A change of members or of the leader. */
  | 'change'
  /** Who the client is. */
  | 'login'
  /** The whole state, frame by frame, as its reader asks for them. */
  | 'backup';
export type RequestKind = QuestionKind | 'watch' | 'unwatch';

export interface Request<Kind extends RequestKind = RequestKind> {
  readonly id: number;
  readonly kind: Kind;
  readonly group: number;
  readonly body: Uint8Array;
  /**
   * For how much longer an answer is waited for. Remaining time, because no two clocks agree on a point in time.
   * Absent: as long as it takes. Only for a node that says that it understands it.
   */
  readonly remainingMs?: number;
}

export type Reply =
  | {
      readonly id: number;
      readonly ok: true;
      readonly body: Uint8Array;
      /** True: an item of a watch; more will come under this number. */
      readonly isItem?: boolean;
    }
  | { readonly id: number; readonly ok: false; readonly error: QuorateError };

/** The most that a request or a reply takes beside its body. */
export const requestOverheadBytes: number = 32;

const kinds: readonly RequestKind[] = [
  'command',
  'read',
  'stale-read',
  'status',
  'watch',
  'unwatch',
  'bounded-read',
  'members',
  'change',
  'login',
  'backup',
];

/** Beside the kind of a request: behind its group comes how long it is waited for. */
const hasDeadline = 0x80;

/** What follows the number of a reply. */
const marks = { body: 0, error: 1, item: 2 } as const;

export function encodeRequest(writer: ByteWriter, request: Request): void {
  const { id, kind, group, body, remainingMs } = request;
  writer.varint(id);
  writer.u8(kinds.indexOf(kind) | (remainingMs === undefined ? 0 : hasDeadline));
  writer.varint(group);
  if (remainingMs !== undefined) writer.varint(Math.max(0, Math.ceil(remainingMs)));
  writer.raw(body);
}

/** The body is a view of `bytes`. */
export function decodeRequest(bytes: Uint8Array): Request {
  const reader = new ByteReader(bytes, 'request');
  const id = reader.varint();
  const mark = reader.u8();
  const kind = kinds[mark & ~hasDeadline];
  if (kind === undefined) throw reader.malformed('an unknown kind of request', reader.offset - 1);
  const group = reader.varint();
  if ((mark & hasDeadline) === 0) return { id, kind, group, body: reader.raw(reader.remaining) };
  const remainingMs = reader.varint();
  return { id, kind, group, body: reader.raw(reader.remaining), remainingMs };
}

export function encodeReply(writer: ByteWriter, reply: Reply): void {
  writer.varint(reply.id);
  writer.u8(reply.ok ? (reply.isItem === true ? marks.item : marks.body) : marks.error);
  if (reply.ok) writer.raw(reply.body);
  else encodeError(writer, reply.error);
}

/** The body is a view of `bytes`. */
export function decodeReply(bytes: Uint8Array): Reply {
  const reader = new ByteReader(bytes, 'reply');
  const id = reader.varint();
  const mark = reader.u8();
  if (mark === marks.body) return { id, ok: true, body: reader.raw(reader.remaining) };
  if (mark === marks.item) return { id, ok: true, body: reader.raw(reader.remaining), isItem: true };
  if (mark !== marks.error)
    throw reader.malformed(`neither a body nor an error but ${mark}`, reader.offset - 1);
  const reply: Reply = { id, ok: false, error: decodeError(reader) };
  reader.end();
  return reply;
}
