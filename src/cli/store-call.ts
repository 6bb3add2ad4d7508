/** One command or query to the store of a cluster, and its answer or the error that users see of a refusal. */
import { ByteWriter } from '../base/index.ts';
import type { ClusterClient } from '../client/index.ts';
import {
  type CommandBody,
  decodeReply,
  encodeCommand,
  type KeyRange,
  type Reply,
  refusalError,
} from '../mvcc/index.ts';

const metaGroup = 0;
const utf8 = new TextEncoder();

/** Carries `body` out; a `get` is a linearizable read and leaves no trace in the log. */
export async function callStore(client: ClusterClient, body: CommandBody): Promise<Reply> {
  const writer = new ByteWriter(256);
  encodeCommand(writer, { session: undefined, fences: [], body });
  const bytes = writer.copy();
  const reply = decodeReply(
    body.kind === 'get' ? await client.read(metaGroup, bytes) : await client.command(metaGroup, bytes),
  );
  if (reply.body.kind === 'refused') throw refusalError(reply.body.refusal);
  return reply;
}

/** The key alone, or with `prefix` every key that begins with it. */
export function rangeOf(text: string, prefix: boolean): KeyRange {
  const start = utf8.encode(text);
  return { start, end: prefix ? afterPrefix(start) : undefined };
}

/** The least key that does not begin with `prefix`: the last byte that can be raised is. Empty: there is none. */
function afterPrefix(prefix: Uint8Array): Uint8Array {
  const end = prefix.slice();
  for (let last = end.length - 1; last >= 0; last -= 1) {
    const byte = end[last] as number;
    if (byte < 0xff) {
      end[last] = byte + 1;
      return end.subarray(0, last + 1);
    }
  }
  return new Uint8Array(0);
}
