/**
 * The deeds of a client that adds to counters and appends to a line. Amounts are unique like all values of a run, so
 * each change of a counter tells which add it was; the keys of the line are judged as they come to be.
 */
import { isQuorateError } from '../../../base/index.ts';
import type { WriteOptions } from '../../../client/index.ts';
import { InvariantBroken } from '../invariants/index.ts';
import type { StoreClient } from './client-state.ts';
import { counterPrefix, linePrefix } from './store-keys.ts';

interface Bounds {
  readonly least?: number;
  readonly most?: number;
}

type Reading = (self: StoreClient) => Promise<void>;
type Writing = (self: StoreClient, how: WriteOptions) => Promise<void>;

/** Up, and down where that leaves it above zero; out of bounds is an answer that must be true. */
export const add: Writing = async (self, how) => {
  const { recorded, store, options, prng } = self;
  const key = counter(self);
  const amount = options.nextValue() * (prng.chance(0.3) ? -1 : 1);
  const bounds: Bounds = amount < 0 ? { least: 0 } : prng.chance(0.2) ? { most: amount } : {};
  await recorded.attempt({ f: 'add', key, value: amount }, async () => {
    try {
      const { before, after, revision } = await store.add(key, amount, { ...bounds, ...how });
      options.truth.told(revision);
      if (after !== before + amount || !isWithin(after, bounds))
        throw new InvariantBroken(`${key} was ${before}, was added ${amount} to, and is told to be ${after}`);
      options.monitor.count('counters added to');
      return { value: after, revision };
    } catch (error) {
      if (isQuorateError(error) && error.code === 'counter-out-of-range') {
        checkOutOfRange(key, error.data.current + amount, bounds);
        options.monitor.count('counters at their bounds');
      }
      throw error;
    }
  });
};

export const readCounter: Reading = async (self) => {
  const { recorded, store } = self;
  const key = counter(self);
  await recorded.attempt({ f: 'read', key }, async () => {
    const entry = await store.get(key);
    return { value: entry === undefined ? 0 : Number(entry.text), revision: entry?.modifyRevision ?? 0 };
  });
};

/** Alone, or two with a count of them in one transaction. */
export const append: Writing = async (self, how) => {
  const { store, options, prng, session } = self;
  const value = String(options.nextValue());
  const lease = session !== undefined && prng.chance(0.3) ? { lease: session.id } : {};
  if (prng.chance(0.7)) {
    const { key, revision } = await store.append(linePrefix, value, {
      suffix: `-${options.name}`,
      ...lease,
      ...how,
    });
    options.truth.appended(key, revision);
    options.monitor.count('keys appended');
    return;
  }
  const { revision, results } = await store.transaction(
    {
      onSuccess: [
        { kind: 'append', prefix: linePrefix, value, ...lease },
        { kind: 'append', prefix: linePrefix, value: String(options.nextValue()) },
      ],
    },
    how,
  );
  for (const result of results) if (result.kind === 'append') options.truth.appended(result.key, revision);
};

/** The order of keys is the order of revisions. */
export const readLine: Reading = async ({ store, options }) => {
  const { entries, revision } = await store.list(
    { prefix: linePrefix },
    { limit: 50, keysOnly: true, descending: true },
  );
  options.truth.told(revision);
  for (const [place, { key, createRevision }] of entries.entries()) {
    const newer = entries[place - 1];
    if (newer !== undefined && newer.createRevision < createRevision)
      throw new InvariantBroken(
        `${key} of ${createRevision} lies before ${newer.key} of ${newer.createRevision}`,
      );
  }
};

function checkOutOfRange(key: string, sum: number, bounds: Bounds): void {
  if (isWithin(sum, bounds))
    throw new InvariantBroken(`${key} is not taken to ${sum}, which is within its bounds`);
}

function isWithin(
  sum: number,
  { least = Number.MIN_SAFE_INTEGER, most = Number.MAX_SAFE_INTEGER }: Bounds,
): boolean {
  return sum >= least && sum <= most;
}

function counter({ prng }: StoreClient): string {
  return `${counterPrefix}${prng.below(2)}`;
}
