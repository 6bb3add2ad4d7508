/**
 * Whatever reads bytes that a stranger, a disk or another release has written, as a row of one table: valid bytes
 * to damage, how to read them, and with which errors it may refuse. The rows lie beside the tests of their rooms.
 */
import type { ErrorCode } from '../../src/base/index.ts';

export interface Decoder {
  /** Its file under `src/` and its name, as in `net/hello.ts decodeHello`. */
  readonly name: string;
  /** The other functions of the sources that are reached through it, named alike. */
  readonly also?: readonly string[];
  /** A fresh set each time: decoders return views. */
  readonly valid: () => readonly Uint8Array[];
  readonly decode: (bytes: Uint8Array) => unknown;
  readonly refusals: readonly ErrorCode[];
  /** Makes the checksum of damaged bytes fit again, so that what lies behind it is reached. */
  readonly reseal?: (bytes: Uint8Array) => void;
}

/** What the reader of all binary formats refuses with. */
export const byteRefusals: readonly ErrorCode[] = ['malformed-bytes', 'out-of-bounds'];
