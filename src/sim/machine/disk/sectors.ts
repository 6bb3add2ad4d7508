/**
 * What a crash makes of one page: each sector of 512 bytes that was not durable shows its old content, its
 * new one, one that it had between, or is torn, the beginning from one and the rest from another. Disks
 * promise that a sector is written whole; enough of them broke that promise, and checksums have to catch it.
 */
import type { Prng } from '../../../base/index.ts';
import { pageBytes } from './page-pool.ts';

export const sectorBytes = 512;
export const sectorsPerPage: number = pageBytes / sectorBytes;

/** What becomes of unsynced writes: all kept, all lost, or each by its own luck. */
export type CrashMode = 'keep' | 'lose' | 'random';

export interface SectorMix {
  readonly into: Uint8Array;
  /** The contents the page had since it was last durable, that one first. Absent: zeros. */
  readonly contents: readonly (Uint8Array | undefined)[];
  readonly current: Uint8Array | undefined;
  /** A bit for each sector that cannot have reached the disk. */
  readonly lost: number;
  readonly prng: Prng;
  readonly mode: CrashMode;
}

/** Fills `into` with what the disk shows after the crash. */
export function mixSectors(mix: SectorMix): void {
  const durable = mix.contents[0];
  for (let sector = 0; sector < sectorsPerPage; sector += 1) {
    const from = sector * sectorBytes;
    if (mix.mode === 'lose' || (mix.lost & (1 << sector)) !== 0) {
      copyRange(mix.into, durable, from, from + sectorBytes);
    } else if (mix.mode === 'keep' || sameSector(durable, mix.current, from)) {
      copyRange(mix.into, mix.current, from, from + sectorBytes);
    } else {
      drawSector(mix, from);
    }
  }
}

function drawSector({ into, contents, current, prng }: SectorMix, from: number): void {
  const candidates = [...contents, current];
  const first = prng.pick(candidates);
  const end = from + sectorBytes;
  copyRange(into, first, from, end);
  if (!prng.chance(1 / 3)) return;
  const tear = from + 1 + prng.below(sectorBytes - 1);
  copyRange(into, prng.pick(candidates), tear, end);
}

function copyRange(into: Uint8Array, source: Uint8Array | undefined, from: number, to: number): void {
  if (source === undefined) into.fill(0, from, to);
  else into.set(source.subarray(from, to), from);
}

function sameSector(left: Uint8Array | undefined, right: Uint8Array | undefined, from: number): boolean {
  for (let index = from; index < from + sectorBytes; index += 1) {
    if ((left?.[index] ?? 0) !== (right?.[index] ?? 0)) return false;
  }
  return true;
}
