/** What the engine on Redis reads of what people and servers write, for the fuzzer. */
import { parseEndpoint } from '../../../src/engines/redis/endpoint.ts';
import { parseFacts } from '../../../src/engines/redis/greeting.ts';
import type { Decoder } from '../../fuzz/decoder.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

const urls = ['redis://localhost', 'rediss://user:pass%40word@[::1]:6380/12', 'redis://:secret@10.0.0.1:1/'];
const facts = [
  '# Server\r\nredis_version:7.0.15\r\nrun_id:0a1b\r\n# Replication\r\nrole:master\r\nmaster_replid:ff\r\n',
  'redis_version:6.2.0\r\nrun_id:x\r\nmaxmemory:100\r\nmaxmemory_policy:allkeys-lru\r\ncluster_enabled:1\r\n',
];

export const redisDecoders: readonly Decoder[] = [
  {
    name: 'engines/redis/endpoint.ts parseEndpoint',
    valid: () => urls.map((url) => utf8.encode(url)),
    decode: (bytes) => parseEndpoint(text.decode(bytes), undefined),
    refusals: ['invalid-option'],
  },
  {
    name: 'engines/redis/greeting.ts parseFacts',
    valid: () => facts.map((told) => utf8.encode(told)),
    decode: (bytes) => parseFacts(text.decode(bytes)),
    refusals: [],
  },
];
