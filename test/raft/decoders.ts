/** The decoders of `src/raft` for the fuzzer. */
import { ByteWriter } from '../../src/base/index.ts';
import { decodeConfiguration, encodeConfiguration } from '../../src/raft/configuration.ts';
import { type Configuration, encodeMessage, type Message } from '../../src/raft/index.ts';
import { decodeMessage } from '../../src/raft/message-codec.ts';
import { byteRefusals, type Decoder } from '../fuzz/decoder.ts';

const configuration: Configuration = {
  voters: [1, 2, 2 ** 50],
  outgoing: [1, 2, 3],
  learners: [9],
  learnersNext: [3],
  level: 4,
  details: [
    { member: 1, bytes: Uint8Array.of(1, 2, 3) },
    { member: 9, bytes: new Uint8Array(40) },
  ],
};
const envelope = { group: 3, from: 2 ** 50, to: 7, term: 90 };
const last = { index: 1_000_000, term: 89 };
const data = Uint8Array.from({ length: 30 }, (_, place) => place);

const messages: readonly Message[] = [
  { kind: 'vote-request', ...envelope, preVote: true, forced: false, last },
  { kind: 'vote-reply', ...envelope, preVote: false, granted: true },
  {
    kind: 'append',
    ...envelope,
    lease: true,
    previous: last,
    commit: 5,
    entries: [
      { index: 1_000_001, term: 90, kind: 'command', data },
      { index: 1_000_002, term: 90, kind: 'empty', data: new Uint8Array(0) },
      { index: 1_000_003, term: 90, kind: 'configuration', data: encodeConfiguration(configuration) },
    ],
  },
  { kind: 'append-accepted', ...envelope, damaged: false, match: 12 },
  { kind: 'append-rejected', ...envelope, damaged: true, rejected: 12, hint: last },
  { kind: 'heartbeat', ...envelope, lease: false, commit: 4, round: 300 },
  { kind: 'heartbeat', ...envelope, lease: false, commit: 4, round: 300, quiesceAt: last },
  { kind: 'heartbeat-reply', ...envelope, damaged: false, round: 2 ** 45 },
  { kind: 'install-snapshot', ...envelope, mark: { ...last, configuration } },
  { kind: 'transfer-now', ...envelope },
  { kind: 'read-request', ...envelope, context: 2 ** 52 },
  { kind: 'read-reply', ...envelope, context: 1, index: 2 },
  { kind: 'repair-request', ...envelope, context: 3 },
  { kind: 'repair-reply', ...envelope, context: 3, index: 4 },
];

export const raftDecoders: readonly Decoder[] = [
  {
    name: 'raft/message-codec.ts decodeMessage',
    also: ['raft/message-codec.ts decodeMessageFrom'],
    valid: () =>
      messages.map((message) => {
        const writer = new ByteWriter(64);
        encodeMessage(writer, message);
        return writer.copy();
      }),
    decode: decodeMessage,
    refusals: [...byteRefusals, 'unsupported-format'],
  },
  {
    name: 'raft/configuration.ts decodeConfiguration',
    valid: () => [encodeConfiguration(configuration)],
    decode: decodeConfiguration,
    refusals: [...byteRefusals, 'unsupported-format'],
  },
];
