/** What LMDB said, as the errors of this house. Its own code stays in the message, because an operator searches for it. */
import { QuorateError } from '../../base/index.ts';

export type LmdbFailure = QuorateError<'disk-full' | 'disk-failed' | 'ordered-store-damaged'>;

/** Numbers of the operating system that have a name worth saying; those of Linux, and of macOS where they differ. */
const systemNames: ReadonlyMap<number, string> = new Map([
  [5, 'EIO'],
  [12, 'ENOMEM'],
  [24, 'EMFILE'],
  [27, 'EFBIG'],
  [28, 'ENOSPC'],
  [30, 'EROFS'],
  [69, 'EDQUOT'],
  [122, 'EDQUOT'],
]);

/** LMDB's own numbers that mean: this file is not as it was written. */
const damageNames: ReadonlyMap<number, string> = new Map([
  [-30_797, 'MDB_PAGE_NOTFOUND'],
  [-30_796, 'MDB_CORRUPTED'],
  [-30_793, 'MDB_INVALID'],
]);

/** With less room than this a disk that refused a write is called full. */
const roomBytesMin = 1_048_576;

/**
 * The error for a failed call of LMDB on `path`. A disk that fills up takes the beginning of a write and no
 * more, and LMDB calls that an I/O error, so what is free where the file lies is asked for, too.
 */
export function lmdbFailure(
  operation: string,
  path: string,
  cause: unknown,
  freeBytes: number = Number.POSITIVE_INFINITY,
): LmdbFailure {
  const number = numberOf(cause);
  const damage = damageNames.get(number);
  if (damage !== undefined) return damagedStore(path, `LMDB says ${damage}`, cause);
  const system = systemNames.get(number) ?? (number === 0 ? 'unknown' : String(number));
  const isFull = system === 'EIO' && freeBytes < roomBytesMin;
  if (isFull || system === 'ENOSPC' || system === 'EDQUOT') {
    return new QuorateError({
      code: 'disk-full',
      message: `${operation} ${path}: no space is left there (${system}); free some and open the store again`,
      data: { operation, path },
      cause,
      retryable: false,
    });
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'disk-failed',
    message: `${operation} ${path} failed: ${reason} (${system}); mend the disk and open the store again`,
    data: { operation, path, system },
    cause,
  });
}

export function damagedStore(
  path: string,
  problem: string,
  cause?: unknown,
): QuorateError<'ordered-store-damaged'> {
  return new QuorateError({
    code: 'ordered-store-damaged',
    message:
      `${path} is damaged or no ordered store: ${problem}; check the path, or remove the file, ` +
      'so that the store is built anew from the snapshot and the log',
    data: { path, problem },
    cause,
  });
}

function numberOf(cause: unknown): number {
  if (!(cause instanceof Error && 'code' in cause && typeof cause.code === 'number')) return 0;
  return cause.code;
}
