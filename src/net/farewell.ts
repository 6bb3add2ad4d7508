/**
 * The last word to whom the handshake let in and whose certificate is refused: TLS 1.3 tells the side that connects of
 * a refusal only behind its own handshake, by a connection that ends, which looks like a fault of the network.
 */
import { ByteWriter, QuorateError } from '../base/index.ts';
import type { ListenOptions } from '../ports/index.ts';
import { encodeReply } from './client-protocol.ts';
import { type Checksum, writeFrame } from './frame.ts';

/** What somebody hears whose certificate is refused, where it still can. */
export function farewell(checksum: Checksum): NonNullable<ListenOptions['farewell']> {
  return (cause) => {
    const reason = `its certificate was refused: ${cause.message}`;
    const error = new QuorateError({
      code: 'hello-refused',
      message: `a connection was refused: ${reason}`,
      data: { reason },
      cause,
    });
    const writer = new ByteWriter(1024);
    writeFrame(writer, checksum, () => encodeReply(writer, { id: 0, ok: false, error }));
    return writer.copy();
  };
}
