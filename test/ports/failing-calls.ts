/**
 * Node's file calls with some of them replaced, and a record of those that make names and bytes durable. So a
 * test can have a sync that fails once, and can see that a directory was synced before anyone was told.
 */
import fs from 'node:fs';
import { dirname } from 'node:path';
import type { DiskCalls } from '../../src/ports/real/index.ts';

export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by a test`), { code });
}

export function callsWith(replaced: Partial<DiskCalls>): DiskCalls {
  return { ...fs, ...replaced };
}

/** Real calls that note, by path, what they did to names and what they synced. */
export class TracedCalls {
  readonly trace: string[] = [];
  readonly calls: DiskCalls;
  readonly #paths = new Map<number, string>();

  /** `replaced` is called in place of Node's, and traced all the same. */
  constructor(replaced: Partial<DiskCalls> = {}) {
    const inner = callsWith(replaced);
    const synced =
      (kind: 'fsync' | 'fdatasync'): DiskCalls['fsync'] =>
      (descriptor, done) => {
        this.trace.push(`${kind} ${this.#paths.get(descriptor)}`);
        inner[kind](descriptor, done);
      };
    this.calls = {
      ...inner,
      open: (path, flags, mode, done) => {
        inner.open(path, flags, mode, (error, descriptor) => {
          if (error === null) this.#paths.set(descriptor, path);
          if ((flags & fs.constants.O_DIRECTORY) === 0) this.trace.push(`open ${path}`);
          done(error, descriptor);
        });
      },
      close: (descriptor, done) => {
        this.#paths.delete(descriptor);
        inner.close(descriptor, done);
      },
      fsync: synced('fsync'),
      fdatasync: synced('fdatasync'),
      rename: (from, to, done) => {
        this.trace.push(`rename ${from} in ${dirname(to)}`);
        inner.rename(from, to, done);
      },
      unlink: (path, done) => {
        this.trace.push(`unlink ${path}`);
        inner.unlink(path, done);
      },
      mkdir: (path, mode, done) => {
        this.trace.push(`mkdir ${path}`);
        inner.mkdir(path, mode, done);
      },
    };
  }

  get openCount(): number {
    return this.#paths.size;
  }

  /** What happened since the last call, without the paths' common part. */
  take(directory: string): string[] {
    return this.trace.splice(0).map((line) => line.replaceAll(directory, '.'));
  }
}
