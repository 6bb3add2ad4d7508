/**
 * The other side of the benchmark of messages, a process of its own: answers, counts and publishes, and echoes bare
 * frames beside that, to show what the protocol costs on top of them. Its parent asks for its processor time.
 */
import { FrameBatch, FrameReader, framePayloadBytesMax } from '../../src/net/index.ts';
import { openMessenger } from '../../src/net/messaging/index.ts';
import { nativeCrc32, realNetwork } from '../../src/ports/real/index.ts';

const host = '127.0.0.1';
/** What the figures of fan-out publish at once. */
const eventBytes = 64;

const messenger = await openMessenger({ listen: { host, port: 0 }, unsentBytesMax: 64 << 20 });
let received = 0;
messenger.answer('echo', (body) => body);
messenger.receive('note', () => {
  received += 1;
});
messenger.answer('noted', () => new Uint8Array(new Float64Array([received]).buffer));
messenger.accept('sink', async (stream) => {
  let bytes = 0;
  for await (const piece of stream) bytes += piece.length;
  await stream.write(new Uint8Array(new Float64Array([bytes]).buffer));
});
messenger.answer('publish', (body) => {
  const count = Number(new TextDecoder().decode(body));
  const event = new Uint8Array(eventBytes);
  for (let number = 0; number < count; number += 1) messenger.publish('news', event);
  return new Uint8Array(0);
});

/** Frames in, the same frames out, one write for each piece that came. */
const bare = await realNetwork().listen({ address: { host, port: 0 } }, (connection) => {
  const frames = new FrameReader({ payloadBytesMax: () => framePayloadBytesMax, checksum: nativeCrc32 });
  const batch = new FrameBatch(nativeCrc32);
  connection.start({
    received: (bytes) => {
      frames.push(bytes, (payload) => batch.add((writer) => writer.raw(payload)));
      if (batch.length > 0) connection.write(batch.take());
    },
    drained: () => undefined,
    ended: () => connection.destroy(),
    closed: () => undefined,
  });
});

process.on('message', () => process.send?.(process.cpuUsage()));
process.on('disconnect', () => process.exit(0));
process.send?.({ messages: messenger.address?.port, bare: bare.address.port });
