/**
 * The files behind the segments. A segment gets its name only when it is complete and durable, so a crash
 * while one is being made leaves nothing but a temporary file.
 */
import type { Disk, DiskFile } from '../../ports/index.ts';
import { segmentName, segmentNumber } from './segment-format.ts';

const temporaryName = 'next.tmp';
/** Zeros are written in pieces, each durable on its own, so that flushes wait for no more than one of them. */
const pieceBytes = 256 * 1024;
const zeros = new Uint8Array(pieceBytes);

export interface SegmentFile {
  readonly number: number;
  readonly capacityBytes: number;
  readonly file: DiskFile;
}

export function segmentPath(directory: string, number: number): string {
  return `${directory}/${segmentName(number)}`;
}

/** The numbers of the segments in a directory, sorted. */
export async function listSegments(disk: Disk, directory: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await disk.list(directory)) {
    const number = segmentNumber(name);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.sort((left, right) => left - right);
}

/** Removes what a crash left of a segment that was being made. */
export async function removeTemporary(disk: Disk, directory: string): Promise<void> {
  const names = await disk.list(directory);
  if (names.includes(temporaryName)) await disk.remove(`${directory}/${temporaryName}`);
}

export async function openSegment(
  disk: Disk,
  directory: string,
  number: number,
  capacityBytes: number,
): Promise<SegmentFile> {
  const file = await disk.open(segmentPath(directory, number), { create: 'never', durableWrites: true });
  return { number, capacityBytes, file };
}

/** Makes a segment of zeros. Whatever fails, or when it is told to stop, nothing is left that could be taken for one. */
export async function createSegment(
  disk: Disk,
  directory: string,
  number: number,
  capacityBytes: number,
  signal?: AbortSignal,
): Promise<SegmentFile> {
  const temporary = `${directory}/${temporaryName}`;
  try {
    await writeZeros(disk, temporary, capacityBytes, signal);
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined);
    throw error;
  }
  await disk.rename(temporary, segmentPath(directory, number));
  return openSegment(disk, directory, number, capacityBytes);
}

/** Gives a segment that is no longer needed a new number. Its old bytes stay; no check of the new life covers them. */
export async function recycleSegment(
  disk: Disk,
  directory: string,
  from: { readonly number: number; readonly capacityBytes: number },
  number: number,
): Promise<SegmentFile> {
  await disk.rename(segmentPath(directory, from.number), segmentPath(directory, number));
  return openSegment(disk, directory, number, from.capacityBytes);
}

async function writeZeros(
  disk: Disk,
  path: string,
  bytes: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await disk.open(path, {
    create: 'if-missing',
    durableWrites: true,
    durableName: false,
  });
  try {
    await file.truncate(0);
    for (let position = 0; position < bytes; position += pieceBytes) {
      signal?.throwIfAborted();
      await file.write(zeros.subarray(0, Math.min(pieceBytes, bytes - position)), position);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}
