/** A directory of its own with a store on disk in it, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realDisk } from '../../../src/ports/real/index.ts';
import { type LmdbStore, type LmdbStoreOptions, openLmdbStore } from '../../../src/storage/index.ts';
import type { OrderedMedium } from './random-operations.ts';

export class LmdbMedium implements OrderedMedium {
  readonly directory: string;
  readonly #options: Partial<LmdbStoreOptions>;
  #store: LmdbStore | undefined;

  static async create(options: Partial<LmdbStoreOptions> = {}): Promise<LmdbMedium> {
    return new LmdbMedium(await mkdtemp(join(tmpdir(), 'quorate-ordered-')), options);
  }

  private constructor(directory: string, options: Partial<LmdbStoreOptions>) {
    this.directory = directory;
    this.#options = options;
  }

  get path(): string {
    return join(this.directory, 'state.mdb');
  }

  /** A handle from before is given up: what it had not committed is lost, as in a crash. */
  async open(): Promise<LmdbStore> {
    await this.#store?.close();
    this.#store = await openLmdbStore({ disk: realDisk(), directory: this.directory, ...this.#options });
    return this.#store;
  }

  async dispose(): Promise<void> {
    await this.#store?.close();
    await rm(this.directory, { recursive: true });
  }
}
