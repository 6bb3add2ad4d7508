/** The decoders of `src/sim` for the fuzzer: history files, which other programs write. */
import { parseHistory, readHistory } from '../../src/sim/index.ts';
import type { Decoder } from '../fuzz/decoder.ts';

const text = new TextDecoder();

const lines = [
  { process: 0, type: 'invoke', f: 'write', key: 'k', value: 1, time: 1 },
  { process: 1, type: 'invoke', f: 'cas', key: 'k', value: [1, 2], time: 2 },
  { process: 0, type: 'ok', f: 'write', key: 'k', value: null, time: 3, revision: 4 },
  { process: 1, type: 'info', f: 'cas', key: 'k', value: null, time: 5 },
  {
    process: 2,
    type: 'invoke',
    f: 'txn',
    value: [
      ['append', 'l', 3],
      ['r', 'l', null],
    ],
    time: 6,
  },
  {
    process: 2,
    type: 'ok',
    f: 'txn',
    value: [
      ['append', 'l', 3],
      ['r', 'l', [3]],
    ],
    time: 7,
  },
];
const history = new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

export const simDecoders: readonly Decoder[] = [
  {
    name: 'sim/history/history-parser.ts parseHistory',
    valid: () => [history.slice()],
    decode: (bytes) => parseHistory(text.decode(bytes)),
    refusals: ['malformed-history'],
  },
  {
    name: 'sim/history/history-parser.ts readHistory',
    valid: () => [history.slice()],
    decode: (bytes) => readHistory(text.decode(bytes).trimEnd().split('\n')),
    refusals: ['malformed-history'],
  },
];
