/**
 * A file system of some megabytes for one node, which is filled to its last byte and freed again. Mounting needs
 * root and a kernel that allows it: where that is not so, there is none, and the run says so. A mount that was made
 * is undone on every way out.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Room for three segments of the log and a state of the size to which the workload lets it grow. */
const sizeMiB = 384;
const pieceBytes = 1 << 20;

export class SmallDisk implements Disposable {
  readonly directory: string;
  readonly #filler: string;
  #isMounted = true;

  /** Resolves to why not, where the machine does not allow it. */
  static mount(directory: string): SmallDisk | string {
    mkdirSync(directory, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m,mode=0700`, 'tmpfs', directory], {
        stdio: 'pipe',
      });
    } catch (error) {
      return error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
    }
    return new SmallDisk(directory);
  }

  private constructor(directory: string) {
    this.directory = directory;
    this.#filler = join(directory, 'filler');
  }

  /** Takes all the room that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      for (let piece = pieceBytes; piece >= 1; piece = Math.floor(piece / 16)) {
        const bytes = new Uint8Array(piece);
        while (written(file, bytes) === piece);
      }
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  [Symbol.dispose](): void {
    if (!this.#isMounted) return;
    this.#isMounted = false;
    execFileSync('umount', ['--lazy', this.directory], { stdio: 'pipe' });
  }
}

/** How many bytes there was room for. */
function written(file: number, bytes: Uint8Array): number {
  try {
    return writeSync(file, bytes);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return 0;
    throw error;
  }
}
