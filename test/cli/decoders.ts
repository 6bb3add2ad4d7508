/** What `src/cli` reads of what people type, for the fuzzer. */
import { QuorateError } from '../../src/base/index.ts';
import { parseAddress } from '../../src/cli/endpoints.ts';
import { parseCheck } from '../../src/cli/services/check-text.ts';
import { parseStatement } from '../../src/cli/transaction/grammar.ts';
import { UsageError } from '../../src/cli/verb.ts';
import type { Decoder } from '../fuzz/decoder.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

const checks = ['http://127.0.0.1:80/healthy', 'tcp://[::1]:70', 'grpc://a:70/orders', 'exec:true a b'];
const statements = [
  'when value a = "1" and modified b > 5 and absent prefix c then put a "2" lease 7; get prefix d else del e',
  'holding lock 12 and other 13 when live 5 then put "a b" "c"',
];

/** Reads text, and refuses it as the command does. */
function reads(read: (typed: string) => unknown): (bytes: Uint8Array) => void {
  return (bytes) => {
    try {
      read(text.decode(bytes));
    } catch (error) {
      throw error instanceof UsageError ? refusalOf(error) : error;
    }
  };
}

export const commandDecoders: readonly Decoder[] = [
  {
    name: 'cli/endpoints.ts parseAddress',
    valid: () => ['127.0.0.1:7701', '[::1]:80', 'node.example:65535'].map((address) => utf8.encode(address)),
    decode: reads(parseAddress),
    refusals: ['invalid-option'],
  },
  {
    name: 'cli/transaction/grammar.ts parseStatement',
    valid: () => statements.map((statement) => utf8.encode(statement)),
    decode: reads(parseStatement),
    refusals: ['invalid-option'],
  },
  {
    name: 'cli/services/check-text.ts parseCheck',
    valid: () => checks.map((check) => utf8.encode(check)),
    decode: reads((check) => parseCheck(check, {})),
    refusals: ['invalid-option'],
  },
];

/** The command's own refusal, as the fuzzer knows refusals. */
function refusalOf({ message }: UsageError): QuorateError<'invalid-option'> {
  return new QuorateError({
    code: 'invalid-option',
    message,
    data: { option: 'address', value: '', expected: '' },
  });
}
