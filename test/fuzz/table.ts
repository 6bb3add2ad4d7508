/** All decoders that face the network, a disk or another program, and the functions that look like one and are none. */
import { commandDecoders } from '../cli/decoders.ts';
import { healthDecoders } from '../discovery/checks/decoders.ts';
import { discoveryDecoders } from '../discovery/decoders.ts';
import { dnsDecoders } from '../discovery/dns/decoders.ts';
import { etcdDecoders } from '../engines/etcd/decoders.ts';
import { natsDecoders } from '../engines/nats/decoders.ts';
import { redisDecoders } from '../engines/redis/decoders.ts';
import { zookeeperDecoders } from '../engines/zookeeper/decoders.ts';
import { gossipDecoders } from '../gossip/decoders.ts';
import { mvccDecoders } from '../mvcc/decoders.ts';
import { netDecoders } from '../net/decoders.ts';
import { nodeDecoders } from '../node/decoders.ts';
import { raftDecoders } from '../raft/decoders.ts';
import { recipeDecoders } from '../recipes/decoders.ts';
import { simDecoders } from '../sim/decoders.ts';
import { storageDecoders } from '../storage/decoders.ts';
import { timeDecoders } from '../time/decoders.ts';
import type { Decoder } from './decoder.ts';

export const decoders: readonly Decoder[] = [
  ...natsDecoders,
  ...netDecoders,
  ...raftDecoders,
  ...mvccDecoders,
  ...storageDecoders,
  ...timeDecoders,
  ...healthDecoders,
  ...dnsDecoders,
  ...gossipDecoders,
  ...nodeDecoders,
  ...simDecoders,
  ...commandDecoders,
  ...etcdDecoders,
  ...redisDecoders,
  ...recipeDecoders,
  ...discoveryDecoders,
  ...zookeeperDecoders,
];

export const noDecoders: Readonly<Record<string, string>> = {
  'raft/refusals.ts readLost': 'makes an error about a read that was lost',
  'mvcc/tables.ts readNumber': 'reads eight bytes of a key that the store made and whose length it knows',
  'storage/log/segment-format.ts readU64': 'reads eight bytes at a place that its callers have checked',
  'storage/ordered/lmdb-file.ts readApplied':
    'reads a record by LMDB, sealed with a checksum: its own tests damage it',
  'engines/zookeeper/listing.ts readItem': 'asks a server for an item',
  'sim/cluster/key-machine.ts decodeSecondForm': 'reads what the same simulated program has written',
  'sim/cluster/key-machine.ts decodeAnswer': 'reads what the same simulated program has written',
};
