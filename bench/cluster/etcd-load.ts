/** etcd's requests on lean HTTP/2. */
import type { ConnectionOptions, LoadConnection } from './closed-loop.ts';
import { Http2Calls } from './http2-calls.ts';
import { type Endpoint, keysPerSlot, keyText, valueBytesOf, type Workload } from './job.ts';
import { hasField, lengthField, varintField } from './protobuf.ts';

const text = new TextEncoder();

const paths = {
  put: '/etcdserverpb.KV/Put',
  'session-put': '/etcdserverpb.KV/Put',
  read: '/etcdserverpb.KV/Range',
  'stale-read': '/etcdserverpb.KV/Range',
  transaction: '/etcdserverpb.KV/Txn',
} as const;

/** In a range's answer the entries, in a transaction's that it succeeded. */
const provingField = 2;

export async function openEtcd(
  endpoint: Endpoint,
  workload: Workload,
  { answered, failed }: ConnectionOptions,
): Promise<LoadConnection> {
  const isProven = workload === 'put' || workload === 'session-put';
  const slots = new Map<number, number>();
  const prepared = new Map<number, readonly Buffer[]>();
  const calls = new Http2Calls(`${endpoint.host}:${endpoint.port}`, paths[workload], {
    failed,
    answered: (stream, message) => {
      if (!isProven && !hasField(message, provingField))
        throw new Error(`etcd found nothing to ${workload}: ${Buffer.from(message).toString('hex')}`);
      const slot = slots.get(stream) as number;
      slots.delete(stream);
      answered(slot);
    },
  });
  await calls.open(endpoint);
  return {
    request: (slot, turn) => {
      let own = prepared.get(slot);
      if (own === undefined) {
        own = Array.from({ length: keysPerSlot }, (_, place) =>
          calls.prepared(messageOf(workload, slot, place)),
        );
        prepared.set(slot, own);
      }
      slots.set(calls.call(own[turn % keysPerSlot] as Buffer), slot);
    },
    flush: () => calls.flush(),
    close: async () => calls.close(),
  };
}

function messageOf(workload: Workload, slot: number, turn: number): Uint8Array {
  const key = text.encode(keyText(slot, turn));
  switch (workload) {
    case 'put':
    case 'session-put':
      return putMessage(slot, turn);
    case 'read':
      return lengthField(1, key);
    case 'stale-read':
      // `serializable`
      return Buffer.concat([lengthField(1, key), varintField(7, 1)]);
    case 'transaction': {
      // The version is greater than 0: the key exists.
      const compare = Buffer.concat([varintField(1, 1), lengthField(3, key), varintField(4, 0)]);
      const puts = [turn, turn + 1].map((place) => lengthField(2, lengthField(2, putMessage(slot, place))));
      return Buffer.concat([lengthField(1, compare), ...puts]);
    }
  }
}

function putMessage(slot: number, turn: number): Uint8Array {
  return Buffer.concat([
    lengthField(1, text.encode(keyText(slot, turn))),
    lengthField(2, valueBytesOf(slot)),
  ]);
}
