/** ZooKeeper's protocol on a plain socket, pipelined: answers come in the order of the requests. */
import type { ConnectionOptions, LoadConnection } from './closed-loop.ts';
import { type Endpoint, keysPerSlot, keyText, valueBytesOf, type Workload } from './job.ts';
import { LoadSocket } from './load-socket.ts';

const kinds = { create: 1, delete: 2, getData: 4, setData: 5, closeSession: -11 } as const;
const sessionMs = 30_000;
const anyVersion = -1;
/** All rights, for everybody. */
const openAcl = Buffer.concat([int32(1), int32(31), jute('world'), jute('anyone')]);
const persistent = int32(0);
const ephemeral = int32(1);
const nodeExists = -110;
const errorAt = 16;

/** `prepare` makes the keys instead of writing to them; `ephemeral` makes a node with even turns and deletes it with odd ones. */
type ZookeeperWorkload = Workload | 'prepare' | 'ephemeral';

export async function openZookeeper(
  endpoint: Endpoint,
  workload: ZookeeperWorkload,
  { answered, failed }: ConnectionOptions,
): Promise<LoadConnection> {
  const prepared = new Map<number, readonly Buffer[]>();
  const slots: number[] = [];
  let first = 0;
  const connected = Promise.withResolvers<void>();
  let isConnected = false;
  const closed = Promise.withResolvers<void>();
  let isClosing = false;

  const answer = (error: number): void => {
    if (error !== 0 && error !== nodeExists) throw new Error(`ZooKeeper answered with error ${error}`);
    if (isClosing) {
      closed.resolve();
      return;
    }
    const slot = slots[first] as number;
    first += 1;
    if (first === 4096) {
      slots.splice(0, first);
      first = 0;
    }
    answered(slot);
  };
  const parse = (bytes: Buffer): number => {
    let at = 0;
    while (at + 4 <= bytes.length) {
      const end = at + 4 + bytes.readInt32BE(at);
      if (end > bytes.length) break;
      if (isConnected) answer(bytes.readInt32BE(at + errorAt));
      else {
        isConnected = true;
        connected.resolve();
      }
      at = end;
    }
    return at;
  };
  const socket = await LoadSocket.open(endpoint, { parse, failed });
  const noSession = Buffer.alloc(8);
  socket.append(
    sized(
      Buffer.concat([int32(0), Buffer.alloc(8), int32(sessionMs), noSession, int32(16), Buffer.alloc(17)]),
    ),
  );
  socket.flush();
  await connected.promise;
  return {
    request: (slot, turn) => {
      let own = prepared.get(slot);
      if (own === undefined) {
        own = Array.from({ length: keysPerSlot }, (_, place) => requestOf(workload, slot, place));
        prepared.set(slot, own);
      }
      slots.push(slot);
      socket.append(own[turn % keysPerSlot] as Buffer);
    },
    flush: () => socket.flush(),
    close: async () => {
      isClosing = true;
      socket.append(sized(Buffer.concat([int32(0), int32(kinds.closeSession)])));
      socket.flush();
      await closed.promise;
      socket.close();
    },
  };
}

/** Numbers of requests are not looked at by the server; answers come in order. */
function requestOf(workload: ZookeeperWorkload, slot: number, turn: number): Buffer {
  const path = jute(keyText(slot, turn));
  const value = jute(valueBytesOf(slot));
  switch (workload) {
    case 'ephemeral': {
      const own = jute(`/ephemeral-${slot}`);
      if (turn % 2 === 1) return request(kinds.delete, [own, int32(anyVersion)]);
      return request(kinds.create, [own, value, openAcl, ephemeral]);
    }
    case 'prepare':
      return request(kinds.create, [path, value, openAcl, persistent]);
    case 'put':
      return request(kinds.setData, [path, value, int32(anyVersion)]);
    case 'stale-read':
      return request(kinds.getData, [path, Buffer.from([0])]);
    case 'session-put':
    case 'read':
    case 'transaction':
      throw new Error(`there is no ${workload} for ZooKeeper here`);
  }
}

function request(kind: number, parts: readonly Uint8Array[]): Buffer {
  return sized(Buffer.concat([int32(1), int32(kind), ...parts]));
}

function sized(bytes: Uint8Array): Buffer {
  return Buffer.concat([int32(bytes.length), bytes]);
}

function jute(content: string | Uint8Array): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([int32(bytes.length), bytes]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
