/**
 * As much of ZooKeeper's protocol as the failover benchmark needs: a session, nodes that are created, the names of
 * all nodes. One request at a time; when a connection breaks or says nothing, the next one goes to the next server,
 * and whatever was asked counts as unknown.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';

const kinds = { create: 1, getChildren: 8 } as const;
const sessionMs = 10_000;
const replyMsMax = 1_000;
const triesMax = 20;
const errorAt = 12;
const bodyAt = 16;
const openAcl = Buffer.concat([int32(1), int32(31), jute('world'), jute('anyone')]);
const persistent = int32(0);

export class ZookeeperClient {
  readonly #ports: readonly number[];
  #preferred = 0;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);

  /** `ports`: in the order in which they are tried. */
  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  async create(path: string, value: string): Promise<void> {
    await this.#request(Buffer.concat([int32(kinds.create), jute(path), jute(value), openAcl, persistent]));
  }

  /** Of all nodes; asked again while a server is busy with coming back. */
  async names(): Promise<string[]> {
    const reply = await this.#asked(Buffer.concat([int32(kinds.getChildren), jute('/'), Buffer.from([0])]));
    const names: string[] = [];
    let at = bodyAt + 4;
    for (let left = reply.readInt32BE(bodyAt); left > 0; left -= 1) {
      const length = reply.readInt32BE(at);
      names.push(reply.toString('utf8', at + 4, at + 4 + length));
      at += 4 + length;
    }
    return names;
  }

  close(): Promise<void> {
    this.#socket?.destroy();
    return Promise.resolve();
  }

  async #asked(body: Buffer): Promise<Buffer> {
    for (let left = triesMax; left > 1; left -= 1) {
      try {
        return await this.#request(body);
      } catch (error) {
        if (!isQuorateError(error)) throw error;
        await delay(replyMsMax);
      }
    }
    return await this.#request(body);
  }

  async #request(body: Buffer): Promise<Buffer> {
    try {
      this.#socket ??= await this.#open();
      const reply = await this.#exchange(this.#socket, Buffer.concat([int32(1), body]));
      const error = reply.readInt32BE(errorAt);
      if (error !== 0) throw new Error(`error ${error}`);
      return reply;
    } catch (cause) {
      this.#socket?.destroy();
      this.#socket = undefined;
      this.#preferred = (this.#preferred + 1) % this.#ports.length;
      throw unanswered(cause);
    }
  }

  async #open(): Promise<Socket> {
    const socket = connect(this.#ports[this.#preferred] as number, '127.0.0.1').setNoDelay();
    this.#received = Buffer.alloc(0);
    // Whoever waits for an answer hears of it by the signal or the end.
    socket.on('error', () => undefined);
    await once(socket, 'connect', { signal: AbortSignal.timeout(replyMsMax) });
    const hello = [int32(0), Buffer.alloc(8), int32(sessionMs), Buffer.alloc(8), int32(16), Buffer.alloc(17)];
    await this.#exchange(socket, Buffer.concat(hello));
    return socket;
  }

  async #exchange(socket: Socket, body: Buffer): Promise<Buffer> {
    const signal = AbortSignal.timeout(replyMsMax);
    socket.write(Buffer.concat([int32(body.length), body]));
    while (true) {
      const reply = this.#take();
      if (reply !== undefined) return reply;
      const [bytes] = (await once(socket, 'data', { signal })) as [Buffer];
      this.#received = Buffer.concat([this.#received, bytes]);
    }
  }

  #take(): Buffer | undefined {
    if (this.#received.length < 4) return undefined;
    const end = 4 + this.#received.readInt32BE(0);
    if (this.#received.length < end) return undefined;
    const reply = this.#received.subarray(4, end);
    this.#received = this.#received.subarray(end);
    return reply;
  }
}

function unanswered(cause: unknown): QuorateError<'network-failed'> {
  return new QuorateError({
    code: 'network-failed',
    message: `ZooKeeper did not answer: ${String(cause)}`,
    data: { operation: 'request', address: '', system: '' },
    cause,
    outcome: 'unknown',
  });
}

function jute(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([int32(bytes.length), bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
