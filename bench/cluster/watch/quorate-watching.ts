/** Watches of ours on plain sockets, of which only the events are counted. */
import { connect, type Socket } from 'node:net';
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../../../src/base/index.ts';
import { encodeWatchQuery } from '../../../src/mvcc/index.ts';
import { decodeReply, encodeHello, encodeRequest, writeFrame } from '../../../src/net/index.ts';
import type { Endpoint } from '../job.ts';
import { LoadSocket } from '../load-socket.ts';
import { watchedKeys } from './watch-job.ts';
import type { WatchingConnection, WatchingEvents } from './watching.ts';

const headerBytes = 8;
const itemMark = 2;
const eventsKind = 1;

export async function watchQuorate(
  endpoint: Endpoint,
  count: number,
  events: WatchingEvents,
): Promise<WatchingConnection> {
  let started = 0;
  const whenStarted = Promise.withResolvers<void>();
  const frame = (bytes: Buffer, start: number, end: number): void => {
    let at = start;
    while ((bytes[at] as number) >= 0x80) at += 1;
    const mark = bytes[at + 1];
    if (mark !== itemMark) throw wordOf(bytes.subarray(start, end));
    if (bytes[at + 3] === eventsKind) {
      events.heard(varintAt(bytes, at + 4));
      return;
    }
    started += 1;
    if (started === count) whenStarted.resolve();
  };
  const socket = await LoadSocket.open(endpoint, {
    failed: (error) => {
      whenStarted.reject(error);
      events.failed(error);
    },
    parse: (bytes) => {
      let at = 0;
      while (at + headerBytes <= bytes.length) {
        const end = at + headerBytes + bytes.readUInt32LE(at);
        if (end > bytes.length) break;
        frame(bytes, at + headerBytes, end);
        at = end;
      }
      return at;
    },
  });
  socket.append(questions(count));
  socket.flush();
  await whenStarted.promise;
  return { close: () => socket.close() };
}

/** It asks, and never reads what it is told. */
export function watchQuorateWithoutReading(endpoint: Endpoint): Promise<WatchingConnection> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ ...endpoint, noDelay: true }, () => {
      socket.write(questions(1), () => resolve({ close: () => socket.destroy() }));
    });
    socket.pause();
    socket.once('error', reject);
  });
}

function questions(count: number): Uint8Array {
  const writer = new ByteWriter(64 * 1024);
  const hello = encodeHello({ purpose: 'client', cluster: '', from: 0, to: 0 });
  writeFrame(writer, crc32, () => writer.raw(hello));
  const body = encodeWatchQuery({ range: watchedKeys(), from: 0, wantPrevious: false, wantProgress: false });
  for (let id = 1; id <= count; id += 1)
    writeFrame(writer, crc32, () => encodeRequest(writer, { id, kind: 'watch', group: 0, body }));
  return writer.copy();
}

function varintAt(bytes: Buffer, start: number): number {
  let value = 0;
  let scale = 1;
  for (let at = start; ; at += 1) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
    scale *= 0x80;
  }
}

function wordOf(payload: Uint8Array): Error {
  const reply = decodeReply(payload);
  return reply.ok ? new Error('a watch was answered as if it were a question') : reply.error;
}
