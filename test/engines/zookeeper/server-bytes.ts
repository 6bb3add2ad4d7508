/** Bytes as a ZooKeeper server writes them, for tests that play one. */
import { JuteWriter, type NodeState, type ReplyHeader } from '../../../src/engines/zookeeper/wire/index.ts';

export interface Grant {
  readonly session: string;
  /** 0: the session is over. */
  readonly timeoutMs: number;
  readonly isReadOnly?: boolean;
}

/** A frame with the answer to a handshake. */
export function granted({ session, timeoutMs, isReadOnly = false }: Grant): Uint8Array {
  const writer = new JuteWriter();
  writer.int(0);
  writer.int(timeoutMs);
  writer.id(session);
  writer.buffer(new Uint8Array(16).fill(7));
  writer.flag(isReadOnly);
  return writer.framed();
}

/** A frame with an answer. */
export function replyBytes(
  { xid, zxid, error }: ReplyHeader,
  write: (writer: JuteWriter) => void,
): Uint8Array {
  const writer = new JuteWriter();
  writer.int(xid);
  writer.long(zxid);
  writer.int(error);
  write(writer);
  return writer.framed();
}

/** What `write` writes, alone. */
export function body(write: (writer: JuteWriter) => void): Uint8Array {
  const writer = new JuteWriter();
  write(writer);
  return writer.framed().slice(4);
}

export function stateBytes(writer: JuteWriter, state: NodeState): void {
  writer.long(state.czxid);
  writer.long(state.mzxid);
  for (const time of [0, 0]) writer.long(time);
  for (const count of [state.version, 0, 0]) writer.int(count);
  writer.id(state.owner);
  for (const count of [0, state.childrenCount]) writer.int(count);
  writer.long(state.mzxid);
}
