/** The decoders of the engine on NATS for the fuzzer. */
import {
  decodeAcknowledgement,
  decodeAnswer,
  readLeader,
  readStoredPlace,
  readStoredValue,
  readStreamFacts,
} from '../../../src/engines/nats/answers.ts';
import { readDelivery, readStored } from '../../../src/engines/nats/stored-message.ts';
import { placeOf } from '../../../src/engines/nats/subjects.ts';
import type { Decoder } from '../../fuzz/decoder.ts';
import { FakeHeaders } from './fake-headers.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();
const place = placeOf('QUORATE', 'locks/orders');

function json(value: unknown): Uint8Array {
  return utf8.encode(JSON.stringify(value));
}

const stream = {
  config: { subjects: ['QUORATE.>'], num_replicas: 3, storage: 'file', retention: 'limits', discard: 'new' },
  created: '2026-11-30T04:08:58.265631302Z',
  state: { last_seq: 17 },
};
const refusal = { error: { code: 503, err_code: 10_077, description: 'maximum bytes exceeded' } };

export const natsDecoders: readonly Decoder[] = [
  {
    name: 'engines/nats/answers.ts decodeAnswer',
    valid: () => [json(stream), json(refusal)],
    decode: decodeAnswer,
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/answers.ts decodeAcknowledgement',
    valid: () => [json({ stream: 'QUORATE', seq: 17 }), json(refusal)],
    decode: decodeAcknowledgement,
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/answers.ts readStreamFacts',
    valid: () => [json(stream)],
    decode: (bytes) => {
      const answer = decodeAnswer(bytes);
      return answer.kind === 'done' ? readStreamFacts(answer.body) : answer;
    },
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/answers.ts readLeader',
    valid: () => [json({ cluster: { name: 'peers', leader: 'node1' } })],
    decode: (bytes) => {
      const answer = decodeAnswer(bytes);
      return answer.kind === 'done' ? readLeader(answer.body) : answer;
    },
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/answers.ts readStoredPlace',
    valid: () => [
      json({
        message: { subject: 'QUORATE.locks.orders.lock-abc', seq: 17, time: '2026-11-30T04:08:58.2656Z' },
      }),
    ],
    decode: (bytes) => {
      const answer = decodeAnswer(bytes);
      return answer.kind === 'done' ? readStoredPlace(answer.body) : answer;
    },
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/answers.ts readStoredValue',
    valid: () => [json({ message: { subject: 'QUORATE.=identity', seq: 1, data: 'YWJjZA==' } })],
    decode: (bytes) => {
      const answer = decodeAnswer(bytes);
      return answer.kind === 'done' ? readStoredValue(answer.body) : answer;
    },
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/stored-message.ts readDelivery',
    valid: () => [
      utf8.encode('$JS.ACK.QUORATE.XuMbO3gW.1.17.2.1796011738273509501.1'),
      utf8.encode('$JS.ACK.hub.ACCOUNT.QUORATE.XuMbO3gW.1.17.2.1796011738273509501.1.random'),
    ],
    decode: (bytes) => readDelivery(text.decode(bytes)),
    refusals: ['malformed-bytes'],
  },
  {
    name: 'engines/nats/stored-message.ts readStored',
    valid: () => [utf8.encode('QUORATE.locks.orders.lock-abc|17|3|one|deleted|2')],
    decode: (bytes) => {
      const [subject = '', previous = '', created = '', session = '', gone = '', floor = ''] = text
        .decode(bytes)
        .split('|');
      const headers = new FakeHeaders([
        ['Quorate-Previous', previous],
        ['Quorate-Created', created],
        ['Quorate-Session', session],
        ['Quorate-Gone', gone],
        ['Quorate-Floor', floor],
      ]);
      return readStored({ subject, data: bytes, headers, respond: () => true }, place, {
        sequence: 20,
        takenMs: 1,
      });
    },
    refusals: [],
  },
];
