/**
 * Jump consistent hash (Lamping and Veach 2014): no memory, perfect balance, and a set that grows by one moves just
 * the share of the new node. It numbers its buckets, so nodes come and go at the end of the list only; one that dies
 * in the middle is replaced in its place. Its generator is a linear congruence of 64 bits, computed here in halves.
 */
import { invalidOption } from '../base/index.ts';
import type { Key } from './key.ts';
import { hashOf, mixed } from './murmur3.ts';
import {
  type CheckedNode,
  checkCount,
  equalNodes,
  idAt,
  type Placement,
  type PlacementNode,
} from './placement.ts';

/** 2862933555777941757, the multiplier of the paper, in halves. */
const multiplierHigh = 0x27bb_2ee6;
const multiplierLow = 0x87b0_b0fd;

/** The bucket in [0, buckets) of a key of 64 bits, given in halves of 32. */
export function jumpHash(low: number, high: number, buckets: number): number {
  if (!Number.isSafeInteger(buckets) || buckets < 1 || buckets > 0x7fff_ffff) {
    throw invalidOption('buckets', buckets, 'a whole number from 1 to 2^31 - 1');
  }
  return jump(low, high, buckets);
}

export class JumpPlacement implements Placement {
  readonly nodes: readonly CheckedNode[];

  constructor(nodes: readonly PlacementNode[]) {
    this.nodes = equalNodes(nodes);
  }

  owner(key: Key): string {
    return idAt(this.nodes, jump(hashOf(key), 0, this.nodes.length));
  }

  /** Whoever was chosen is taken out, the last node moves into its place, and the key jumps again. */
  owners(key: Key, count: number): string[] {
    checkCount(count, this.nodes);
    const left = this.nodes.map(({ id }) => id);
    let hash = hashOf(key);
    return Array.from({ length: count }, () => {
      const bucket = jump(hash, 0, left.length);
      const chosen = left[bucket] as string;
      const last = left.pop() as string;
      if (bucket < left.length) left[bucket] = last;
      hash = mixed(hash + 0x9e37_79b9);
      return chosen;
    });
  }
}

/**
 * Each step waits for the one before, so what stands between two of them is kept short: whether it was the last is asked
 * of the number as it is, and the fraction is cut off afterwards, which is quicker than rounding down.
 */
function jump(keyLow: number, keyHigh: number, buckets: number): number {
  let low = keyLow | 0;
  let high = keyHigh | 0;
  let bucket = 0;
  while (true) {
    high = (highOfProduct(low) + Math.imul(high, multiplierLow) + Math.imul(low, multiplierHigh)) | 0;
    low = (Math.imul(low, multiplierLow) + 1) | 0;
    // One was added, and it carries into the upper half once in 2³² times.
    if (low === 0) high = (high + 1) | 0;
    const next = (bucket + 1) * (0x8000_0000 / ((high >>> 1) + 1));
    if (next >= buckets) return bucket;
    bucket = next | 0;
  }
}

/** The upper half of `low` times the lower half of the multiplier. */
function highOfProduct(low: number): number {
  const lowA = low & 0xffff;
  const highA = low >>> 16;
  const lowB = multiplierLow & 0xffff;
  const highB = multiplierLow >>> 16;
  const middle = highA * lowB + ((lowA * lowB) >>> 16);
  const carried = lowA * highB + (middle & 0xffff);
  return (highA * highB + (middle >>> 16) + (carried >>> 16)) | 0;
}
