/** Load from a Node program as users write it: our published client, and the npm package `etcd3` for etcd. */
import { Etcd3 } from 'etcd3';
import { connect } from '../../src/client/index.ts';
import type { ConnectionOptions, LoadConnection } from './closed-loop.ts';
import { type Endpoint, keyText, valueBytesOf } from './job.ts';

interface Client {
  put(key: string, value: Buffer): Promise<unknown>;
  close(): Promise<void>;
}

export async function openQuorateClient(
  endpoints: readonly Endpoint[],
  options: ConnectionOptions,
): Promise<LoadConnection> {
  const addresses = endpoints.map(({ host, port }) => `${host}:${port}`);
  const store = await connect(`quorate://${addresses.join(',')}`);
  return connectionOf({ put: (key, value) => store.put(key, value), close: () => store.close() }, options);
}

/** The leader alone: it is quicker without another node in between. */
export async function openEtcd3(leader: Endpoint, options: ConnectionOptions): Promise<LoadConnection> {
  const client = new Etcd3({ hosts: `http://${leader.host}:${leader.port}` });
  return connectionOf(
    {
      put: (key, value) => client.put(key).value(value).exec(),
      close: async () => client.close(),
    },
    options,
  );
}

function connectionOf({ put, close }: Client, { answered, failed }: ConnectionOptions): LoadConnection {
  return {
    request: (slot, turn) => {
      put(keyText(slot, turn), Buffer.from(valueBytesOf(slot)))
        .then(() => answered(slot))
        .catch(failed);
    },
    flush: () => undefined,
    close,
  };
}
