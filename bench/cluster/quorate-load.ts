/**
 * Our protocol on a plain socket: frames are made before the run where that is possible, so that the loader
 * costs as little as those of the peers.
 */
import { crc32 } from 'node:zlib';
import { ByteWriter } from '../../src/base/index.ts';
import { type CommandBody, decodeReply as decodeStoreReply, encodeCommand } from '../../src/mvcc/index.ts';
import {
  decodeReply,
  encodeHello,
  encodeRequest,
  type QuestionKind,
  writeFrame,
} from '../../src/net/index.ts';
import type { ConnectionOptions, LoadConnection } from './closed-loop.ts';
import { type Endpoint, keysPerSlot, keyText, valueBytesOf, type Workload } from './job.ts';
import { LoadSocket } from './load-socket.ts';

const headerBytes = 8;
const sessionTtlMs = 60_000;
/** The number of what is no slot's. */
const ownId = 1_000;
const text = new TextEncoder();

/** Where a store's reply tells what kind it is, and where a transaction's tells that it succeeded, a read's that it found one key. */
const kindAt = 1;
const proofAt = 10;

export async function openQuorate(
  endpoint: Endpoint,
  workload: Workload,
  options: ConnectionOptions,
): Promise<LoadConnection> {
  const connection = new QuorateLoad(workload, options);
  await connection.open(endpoint);
  return connection;
}

class QuorateLoad implements LoadConnection {
  readonly #workload: Workload;
  readonly #options: ConnectionOptions;
  readonly #needsProof: boolean;
  readonly #frames = new Map<number, readonly Uint8Array[]>();
  readonly #writer = new ByteWriter(1024);
  #socket: LoadSocket | undefined;
  /** Slots count over all connections, numbers of requests on each. */
  #firstSlot = Number.POSITIVE_INFINITY;
  /** The session of a connection that has one request open at a time; 0 for none. */
  #session = 0;
  #own: ((body: Uint8Array) => void) | undefined;

  constructor(workload: Workload, options: ConnectionOptions) {
    this.#workload = workload;
    this.#options = options;
    this.#needsProof = workload !== 'put' && workload !== 'session-put';
  }

  async open(endpoint: Endpoint): Promise<void> {
    this.#socket = await LoadSocket.open(endpoint, {
      parse: (bytes) => this.#parse(bytes),
      failed: this.#options.failed,
    });
    const hello = encodeHello({ purpose: 'client', cluster: '', from: 0, to: 0 });
    this.#socket.append(framed((writer) => writer.raw(hello)));
    if (this.#workload !== 'session-put') return;
    const { body } = decodeStoreReply(await this.#ask({ kind: 'session-open', ttlMs: sessionTtlMs }));
    if (body.kind !== 'lease') throw new Error(`a session was answered with ${body.kind}`);
    this.#session = body.lease;
  }

  request(slot: number, turn: number): void {
    const socket = this.#socket as LoadSocket;
    if (this.#session !== 0) {
      socket.append(this.#sessionFrame(slot, turn));
      return;
    }
    let frames = this.#frames.get(slot);
    if (frames === undefined) {
      this.#firstSlot = Math.min(this.#firstSlot, slot);
      frames = framesOf(this.#workload, slot, slot - this.#firstSlot + 1);
      this.#frames.set(slot, frames);
    }
    socket.append(frames[turn % keysPerSlot] as Uint8Array);
  }

  flush(): void {
    this.#socket?.flush();
  }

  async close(): Promise<void> {
    if (this.#session !== 0) await this.#ask({ kind: 'session-close', session: this.#session });
    this.#socket?.close();
  }

  #ask(body: CommandBody): Promise<Uint8Array> {
    return new Promise((resolve) => {
      this.#own = resolve;
      this.#socket?.append(requestFrame('command', ownId, body));
      this.#socket?.flush();
    });
  }

  /** One request of a session at a time, so all before it have been answered. */
  #sessionFrame(slot: number, turn: number): Uint8Array {
    this.#firstSlot = Math.min(this.#firstSlot, slot);
    const writer = this.#writer;
    writer.reset();
    writeFrame(writer, crc32, () => {
      const command = new ByteWriter(512);
      const session = { session: this.#session, request: turn + 1, acknowledged: turn };
      encodeCommand(command, { session, fences: [], body: putBody(slot, turn) });
      encodeRequest(writer, {
        id: slot - this.#firstSlot + 1,
        kind: 'command',
        group: 0,
        body: command.bytes(),
      });
    });
    return writer.bytes();
  }

  #parse(bytes: Buffer): number {
    let at = 0;
    while (at + headerBytes <= bytes.length) {
      const end = at + headerBytes + bytes.readUInt32LE(at);
      if (end > bytes.length) break;
      this.#answer(bytes, at + headerBytes, end);
      at = end;
    }
    return at;
  }

  #answer(bytes: Buffer, start: number, end: number): void {
    const first = bytes[start] as number;
    const isShort = first < 0x80;
    const id = isShort ? first : (first & 0x7f) | ((bytes[start + 1] as number) << 7);
    const mark = start + (isShort ? 1 : 2);
    const body = mark + 1;
    if (bytes[mark] !== 0 || bytes[body + kindAt] === 0)
      throw refused(bytes.subarray(start, end), bytes[mark]);
    if (id === ownId) {
      this.#own?.(new Uint8Array(bytes.subarray(body, end)));
      return;
    }
    if (this.#needsProof && bytes[body + proofAt] !== 1)
      throw new Error(`a ${this.#workload} did not find the key that it must find`);
    this.#options.answered(this.#firstSlot + id - 1);
  }
}

function refused(payload: Uint8Array, mark: number | undefined): Error {
  const reply = decodeReply(payload);
  if (!reply.ok) return reply.error;
  return new Error(`the store refused (${mark}): ${JSON.stringify(decodeStoreReply(reply.body).body)}`);
}

function framesOf(workload: Workload, slot: number, id: number): readonly Uint8Array[] {
  return Array.from({ length: keysPerSlot }, (_, turn) => {
    const kind = workload === 'read' ? 'read' : workload === 'stale-read' ? 'stale-read' : 'command';
    return requestFrame(kind, id, bodyOf(workload, slot, turn));
  });
}

function bodyOf(workload: Workload, slot: number, turn: number): CommandBody {
  switch (workload) {
    case 'put':
    case 'session-put':
      return putBody(slot, turn);
    case 'read':
    case 'stale-read':
      return getBody(slot, turn);
    case 'transaction':
      return {
        kind: 'transaction',
        compares: [{ target: 'exists', range: { start: text.encode(keyText(slot, turn)), end: undefined } }],
        onSuccess: [putBody(slot, turn), putBody(slot, turn + 1)],
        onFailure: [],
      };
  }
}

function putBody(slot: number, turn: number): CommandBody & { readonly kind: 'put' } {
  return {
    kind: 'put',
    key: text.encode(keyText(slot, turn)),
    value: valueBytesOf(slot),
    lease: 0,
    keepLease: false,
    wantPrevious: false,
  };
}

function getBody(slot: number, turn: number): CommandBody {
  return {
    kind: 'get',
    range: { start: text.encode(keyText(slot, turn)), end: undefined },
    revision: 0,
    limit: 0,
    order: 'key',
    descending: false,
    content: 'entries',
  };
}

function requestFrame(kind: QuestionKind, id: number, body: CommandBody): Uint8Array {
  const command = new ByteWriter(1024);
  encodeCommand(command, { session: undefined, fences: [], body });
  return framed((writer) => encodeRequest(writer, { id, kind, group: 0, body: command.bytes() }));
}

function framed(fill: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(1024);
  writeFrame(writer, crc32, () => fill(writer));
  return writer.copy();
}
