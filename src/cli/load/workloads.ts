/** What the clients of a load do, by name. All keys lie under one prefix, which is emptied when the load is over. */
import type { ReadOptions, Store } from '../../client/index.ts';

export const benchPrefix = 'quorate-bench/';

export const workloadNames = ['put', 'get', 'mixed', 'watch', 'lock'] as const;
/** Room for the stamp. */
export const valueBytesMin = 8;

export type WorkloadName = (typeof workloadNames)[number];

export interface LoadShape {
  readonly clients: number;
  readonly keys: number;
  readonly valueBytes: number;
  readonly read: ReadOptions;
}

/** What one client does again and again. `turn` counts its operations. */
type Operate = (store: Store, client: number, turn: number) => Promise<unknown>;

export interface Workload {
  /** Beside the operation: what has to be there first. */
  readonly needsKeys: boolean;
  readonly operation: (shape: LoadShape) => Operate;
}

/** A key of the load; spread so that neighbours in time are no neighbours in place. */
function keyAt({ keys }: LoadShape, client: number, turn: number): string {
  return keyOf((client * 7_919 + turn * 104_729) % keys);
}

export function keyOf(place: number): string {
  return `${benchPrefix}${String(place).padStart(6, '0')}`;
}

const put = (shape: LoadShape): Operate => {
  const value = new Uint8Array(shape.valueBytes).fill(0x78);
  return (store, client, turn) => store.put(keyAt(shape, client, turn), value);
};

/** The clock of this process stands in front, so that whoever hears of it knows how long that took. */
const stampedPut =
  (shape: LoadShape): Operate =>
  (store, client, turn) => {
    const value = new Uint8Array(shape.valueBytes);
    new DataView(value.buffer).setFloat64(0, performance.now());
    return store.put(keyAt(shape, client, turn), value);
  };

export function sentAtMs(value: Uint8Array): number {
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getFloat64(0);
}

const get =
  (shape: LoadShape): Operate =>
  (store, client, turn) =>
    store.get(keyAt(shape, client, turn), shape.read);

/** Each client has a lock of its own: what is measured is the lock, and not the queue before it. */
const lock = (): Operate => async (store, client) => {
  const key = `${benchPrefix}lock/${client}`;
  const { revision: token } = await store.transaction({
    when: [{ target: 'absent', keys: key }],
    onSuccess: [{ kind: 'put', key, value: '' }],
  });
  await store.delete(key, { fences: [{ key, token }] });
};

/** Of `watch`, the writers: who hears of it is counted elsewhere. */
export const workloads: Readonly<Record<WorkloadName, Workload>> = {
  put: { needsKeys: false, operation: put },
  get: { needsKeys: true, operation: get },
  mixed: {
    needsKeys: true,
    operation: (shape) => {
      const [write, read] = [put(shape), get(shape)];
      return (store, client, turn) => ((client + turn) % 2 === 0 ? write : read)(store, client, turn);
    },
  },
  watch: { needsKeys: false, operation: stampedPut },
  lock: { needsKeys: false, operation: lock },
};
