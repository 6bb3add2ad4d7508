/** What health checks read of strangers. */
import { decodeHealthResponse } from '../../../src/discovery/checks/grpc-health-message.ts';
import { byteRefusals, type Decoder } from '../../fuzz/decoder.ts';

export const healthDecoders: readonly Decoder[] = [
  {
    name: 'discovery/checks/grpc-health-message.ts decodeHealthResponse',
    valid: () => [
      Uint8Array.of(8, 1),
      Uint8Array.of(),
      Uint8Array.of(18, 2, 65, 66, 8, 2, 25, 1, 2, 3, 4, 5, 6, 7, 8, 29, 1, 2, 3, 4),
    ],
    decode: decodeHealthResponse,
    refusals: byteRefusals,
  },
];
