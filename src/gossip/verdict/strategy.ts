/** Which side of a partition goes on: the choices as data, looked at once. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';

export type PartitionStrategy =
  /** The side with more than half of all known members; of two halves the one with the lowest id. */
  | { readonly kind: 'keep-majority' }
  /** The side with at least `size` members. Nobody goes on while there are so many members that two sides could have them. */
  | { readonly kind: 'static-quorum'; readonly size: number }
  /**
   * The side with the oldest member. With `downIfAlone` (the default) not where it is alone and all others are together;
   * of two members the oldest goes on.
   */
  | { readonly kind: 'keep-oldest'; readonly downIfAlone?: boolean }
  /**
   * The side that is given a lease, for which the majority asks at once and others after `minorityWait` (2 s), so that
   * a minority goes on only where no majority is left. Who was refused asks again after `askEvery` (10 s), and so does
   * the side that has it: it gives way when it is refused, or was not given it again for `leaseTime`.
   */
  | {
      readonly kind: 'lease-majority';
      /** Of the lease; shared by all members. Default `partition`. */
      readonly lease?: string;
      readonly minorityWait?: Duration;
      readonly askEvery?: Duration;
      /** At least twice `askEvery`. Default: that and `unstableAfter`, which is 50 s in all. */
      readonly leaseTime?: Duration;
    }
  /** No side: everybody waits until all are back. */
  | { readonly kind: 'down-all' };

/** The same with nothing left out. */
export type CheckedStrategy =
  | { readonly kind: 'keep-majority' }
  | { readonly kind: 'static-quorum'; readonly size: number }
  | { readonly kind: 'keep-oldest'; readonly downIfAlone: boolean }
  | {
      readonly kind: 'lease-majority';
      readonly lease: string;
      readonly minorityWaitMs: number;
      readonly askEveryMs: number;
      readonly leaseMs: number | undefined;
    }
  | { readonly kind: 'down-all' };

const kinds = 'keep-majority, static-quorum, keep-oldest, lease-majority or down-all';

export function checkStrategy(strategy: PartitionStrategy): CheckedStrategy {
  switch (strategy.kind) {
    case 'keep-majority':
    case 'down-all':
      return { kind: strategy.kind };
    case 'static-quorum': {
      const { size } = strategy;
      if (Number.isSafeInteger(size) && size >= 1) return { kind: strategy.kind, size };
      throw invalidOption('strategy.size', size, 'a whole number of at least 1');
    }
    case 'keep-oldest':
      return { kind: strategy.kind, downIfAlone: strategy.downIfAlone ?? true };
    case 'lease-majority': {
      const { lease = 'partition', minorityWait = '2s', askEvery = '10s', leaseTime } = strategy;
      if (typeof lease !== 'string' || lease === '') throw invalidOption('strategy.lease', lease, 'a name');
      const minorityWaitMs = durationMs(minorityWait, 'strategy.minorityWait');
      const askEveryMs = durationMs(askEvery, 'strategy.askEvery');
      if (askEveryMs < 1) throw invalidOption('strategy.askEvery', askEvery, 'at least 1 ms');
      const leaseMs = leaseTime === undefined ? undefined : durationMs(leaseTime, 'strategy.leaseTime');
      if (leaseMs !== undefined && leaseMs < 2 * askEveryMs) {
        throw invalidOption('strategy.leaseTime', leaseTime, `at least twice askEvery, ${2 * askEveryMs} ms`);
      }
      return { kind: strategy.kind, lease, minorityWaitMs, askEveryMs, leaseMs };
    }
    default:
      throw invalidOption('strategy.kind', (strategy satisfies never as { kind: unknown }).kind, kinds);
  }
}
