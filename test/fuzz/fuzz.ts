/**
 * Damages valid bytes as disks, networks and malice do, or makes bytes up, and hands them to a decoder: it answers,
 * or refuses with an error that its row names, and takes no memory that the bytes have not paid for.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import type { Decoder } from './decoder.ts';

/** Beyond what a decoder may take whatever it reads: rooms that are made ahead, files that are read in pieces. */
const freeBytes = 4 << 20;
const bytesPerByte = 64;

const hugeLengths: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
  [0x00, 0x00, 0x00, 0x40],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0x07],
];

const change = fc.oneof(
  fc.record({ how: fc.constant('flip' as const), at: fc.nat(), bit: fc.nat(7) }),
  fc.record({ how: fc.constant('set' as const), at: fc.nat(), to: fc.nat(255) }),
  fc.record({ how: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ how: fc.constant('insert' as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 12 }) }),
  fc.record({ how: fc.constant('length' as const), at: fc.nat(), to: fc.nat(hugeLengths.length - 1) }),
  fc.record({ how: fc.constant('splice' as const), at: fc.nat(), from: fc.nat(), other: fc.nat() }),
  fc.record({ how: fc.constant('repeat' as const), at: fc.nat(), count: fc.nat(40) }),
);
type Change = typeof change extends fc.Arbitrary<infer Drawn> ? Drawn : never;

const input = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('damaged' as const),
      which: fc.nat(),
      // Near the front is where lengths and kinds lie.
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
      isNearFront: fc.boolean(),
      isSealed: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('garbage' as const), bytes: fc.uint8Array({ maxLength: 200 }) }),
  },
);
type Input = typeof input extends fc.Arbitrary<infer Drawn> ? Drawn : never;

export interface FuzzOptions {
  readonly runs: number;
  /** Default: a random one, told by a failure. */
  readonly seed?: number;
}

/** Rejects with what fast-check found: the counterexample, its seed and its path. */
export async function fuzz(decoder: Decoder, { runs, seed }: FuzzOptions): Promise<void> {
  await acceptsWhatIsValid(decoder);
  await fc.assert(
    fc.asyncProperty(input, async (drawn) => {
      await judge(decoder, bytesOf(decoder, drawn));
    }),
    { numRuns: runs, ...(seed === undefined ? {} : { seed }) },
  );
}

async function acceptsWhatIsValid({ valid, decode }: Decoder): Promise<void> {
  for (const bytes of valid()) await decode(bytes);
}

async function judge({ name, decode, refusals }: Decoder, bytes: Uint8Array): Promise<void> {
  const before = process.memoryUsage();
  try {
    await decode(bytes);
  } catch (error) {
    assert.ok(isQuorateError(error), `${name} threw what is no error of ours: ${String(error)}`);
    assert.ok(refusals.includes(error.code), `${name} refused with ${error.code}: ${error.message}`);
  }
  const after = process.memoryUsage();
  const taken = Math.max(after.arrayBuffers - before.arrayBuffers, after.heapUsed - before.heapUsed);
  assert.ok(
    taken <= freeBytes + bytes.length * bytesPerByte,
    `${name} took ${taken} bytes for ${bytes.length}`,
  );
}

function bytesOf({ valid, reseal }: Decoder, drawn: Input): Uint8Array {
  if (drawn.kind === 'garbage') return drawn.bytes;
  const all = valid();
  let bytes: Uint8Array = all[drawn.which % all.length] as Uint8Array;
  for (const one of drawn.changes) {
    const range = drawn.isNearFront ? Math.min(bytes.length, 64) : bytes.length;
    bytes = changed(bytes, one, one.at % Math.max(1, range), all);
  }
  // A copy with memory of its own, so that nothing reads past its end unseen.
  const made = bytes.slice();
  if (drawn.isSealed) reseal?.(made);
  return made;
}

function changed(bytes: Uint8Array, one: Change, at: number, all: readonly Uint8Array[]): Uint8Array {
  const [front, back] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (one.how) {
    case 'flip':
      return replaced(bytes, at, [(bytes[at] ?? 0) ^ (1 << one.bit)]);
    case 'set':
      return replaced(bytes, at, [one.to]);
    case 'cut':
      return front;
    case 'insert':
      return joined(front, one.bytes, back);
    case 'length':
      return replaced(bytes, at, hugeLengths[one.to] as readonly number[]);
    case 'splice': {
      const other = all[one.other % all.length] as Uint8Array;
      return joined(front, other.subarray(one.from % Math.max(1, other.length)));
    }
    case 'repeat':
      return joined(front, ...Array.from({ length: one.count }, () => back.subarray(0, 64)), back);
  }
}

function replaced(bytes: Uint8Array, at: number, by: readonly number[]): Uint8Array {
  const made = bytes.slice();
  made.set(by.slice(0, Math.max(0, made.length - at)), at);
  return made;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}
