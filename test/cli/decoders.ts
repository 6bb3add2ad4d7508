/** What `src/cli` reads of what people type, for the fuzzer. */
import { QuorateError } from '../../src/base/index.ts';
import { parseAddress } from '../../src/cli/endpoints.ts';
import { UsageError } from '../../src/cli/verb.ts';
import type { Decoder } from '../fuzz/decoder.ts';

const utf8 = new TextEncoder();
const text = new TextDecoder();

export const commandDecoders: readonly Decoder[] = [
  {
    name: 'cli/endpoints.ts parseAddress',
    valid: () => ['127.0.0.1:7701', '[::1]:80', 'node.example:65535'].map((address) => utf8.encode(address)),
    decode: (bytes) => {
      try {
        parseAddress(text.decode(bytes));
      } catch (error) {
        throw error instanceof UsageError ? refusalOf(error) : error;
      }
    },
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
