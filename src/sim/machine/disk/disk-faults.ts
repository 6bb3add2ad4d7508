/**
 * What can go wrong with operations on one disk. A mishap strikes the next operation that it fits, and is
 * spent after so many; slowness, hanging and fullness last until they are taken back.
 */
import { Factors } from '../kernel/index.ts';

export type DiskOperationKind = 'read' | 'write' | 'sync' | 'truncate' | 'names' | 'look';

/**
 * `read-fails`, `write-fails`: EIO, and nothing was done. `write-is-short`: EIO after a part was written.
 * `write-is-lost`: reported as done, and the medium keeps what it had. `write-goes-astray`: reported as done,
 * and lies at another place of the file. `sync-fails`: EIO; the system counts the bytes as clean, so later
 * syncs succeed without them.
 */
export type DiskMishap =
  | 'read-fails'
  | 'write-fails'
  | 'write-is-short'
  | 'write-is-lost'
  | 'write-goes-astray'
  | 'sync-fails';

export interface ArmedMishap {
  readonly mishap: DiskMishap;
  /** Strikes only files whose path contains this text. Absent: any file. */
  readonly path: string | undefined;
  /** How many operations it strikes. */
  readonly times: number;
  /**
   * A lie about a write stands only when a later write behind it in the same file has ended well. If the process
   * or the power dies before that, the write was done after all: no program could tell its loss from a write
   * that was never acknowledged.
   */
  readonly provable?: boolean | undefined;
}

const kindOfMishap: Readonly<Record<DiskMishap, DiskOperationKind>> = {
  'read-fails': 'read',
  'write-fails': 'write',
  'write-is-short': 'write',
  'write-is-lost': 'write',
  'write-goes-astray': 'write',
  'sync-fails': 'sync',
};

export class DiskFaults {
  readonly slowness: Factors = new Factors();
  #armed: { readonly mishap: ArmedMishap; left: number }[] = [];
  #hangs = 0;
  readonly #capacities: number[] = [];

  /** True while operations begin and none ends. */
  get hangs(): boolean {
    return this.#hangs > 0;
  }

  /** The least capacity that was set; `Infinity` when none was. */
  get capacityBytes(): number {
    return Math.min(...this.#capacities);
  }

  arm(mishap: ArmedMishap): () => void {
    const armed = { mishap, left: mishap.times };
    this.#armed.push(armed);
    return () => {
      this.#armed = this.#armed.filter((other) => other !== armed);
    };
  }

  /** What strikes this operation, spent by one. */
  strike(kind: DiskOperationKind, path: string): ArmedMishap | undefined {
    if (this.#armed.length === 0) return undefined;
    const armed = this.#armed.find(
      ({ mishap }) =>
        kindOfMishap[mishap.mishap] === kind && (mishap.path === undefined || path.includes(mishap.path)),
    );
    if (armed === undefined) return undefined;
    armed.left -= 1;
    if (armed.left === 0) this.#armed = this.#armed.filter((other) => other !== armed);
    return armed.mishap;
  }

  hang(): () => void {
    this.#hangs += 1;
    return () => {
      this.#hangs -= 1;
    };
  }

  limitCapacity(capacityBytes: number): () => void {
    this.#capacities.push(capacityBytes);
    return () => {
      this.#capacities.splice(this.#capacities.indexOf(capacityBytes), 1);
    };
  }
}
