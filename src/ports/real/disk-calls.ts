/**
 * The calls into the operating system that the disk is made of, as one value. Node's `fs` is the only
 * implementation outside tests; these pass one whose `fdatasync` fails or whose `write` stops half-way,
 * because no file system does that on request.
 */
import fs, { type Stats, type StatsFs } from 'node:fs';

type Done = (error: NodeJS.ErrnoException | null) => void;
type DoneWith<T> = (error: NodeJS.ErrnoException | null, result: T) => void;

export type DirectoryStats = Pick<Stats, 'isDirectory' | 'dev' | 'ino' | 'birthtimeMs'>;

export interface DiskCalls {
  open(path: string, flags: number, mode: number, done: DoneWith<number>): void;
  close(descriptor: number, done: Done): void;
  read(
    descriptor: number,
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: DoneWith<number>,
  ): void;
  write(
    descriptor: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
    done: DoneWith<number>,
  ): void;
  writeSync(descriptor: number, bytes: Uint8Array, offset: number, length: number, position: number): number;
  fdatasync(descriptor: number, done: Done): void;
  fdatasyncSync(descriptor: number): void;
  fsync(descriptor: number, done: Done): void;
  ftruncate(descriptor: number, length: number, done: Done): void;
  fstat(descriptor: number, done: DoneWith<{ readonly size: number }>): void;
  rename(from: string, to: string, done: Done): void;
  unlink(path: string, done: Done): void;
  mkdir(path: string, mode: number, done: Done): void;
  readdir(path: string, done: DoneWith<string[]>): void;
  stat(path: string, done: DoneWith<DirectoryStats>): void;
  statfs(path: string, done: DoneWith<Pick<StatsFs, 'bavail' | 'bsize'>>): void;
}

export const nodeCalls: DiskCalls = fs;
