/**
 * What the operating system said about a file, as the disk port's errors. The system's own code stays in
 * `data` and in the message, because an operator searches for it; behind it stands what to do.
 */
import { QuorateError } from '../../base/index.ts';
import { systemCode } from './system-code.ts';

type DiskErrorCode = 'disk-full' | 'not-found' | 'already-exists' | 'disk-failed';

const remedies: Readonly<Record<string, string>> = {
  EACCES: 'give the user of this process access to it',
  EPERM: 'give the user of this process access to it',
  EROFS: 'the file system is mounted read-only; remount it, and look into the system log for the reason',
  EMFILE: 'this process has too many open files; raise its limit (ulimit -n)',
  ENFILE: 'the machine has too many open files; raise its limit',
  EFBIG: 'the file would exceed what the file system or the limit of this process (ulimit -f) allows',
  EINVAL: 'the file system does not support this; choose another for the data, such as ext4 or XFS',
  EIO: 'the device failed; check it, and the system log, before trusting it again',
  EISDIR: 'it is a directory where a file is expected',
  ENOTDIR: 'a part of the path is a file where a directory is expected',
};

/** The error for a failed call; `operation` is the port's word for what was asked. */
export function diskError(operation: string, path: string, cause: unknown): QuorateError<DiskErrorCode> {
  switch (systemCode(cause)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new QuorateError({
        code: 'disk-full',
        message: `${operation} ${path}: no space is left there (${systemCode(cause)}); free some and try again`,
        data: { operation, path },
        cause,
      });
    case 'ENOENT':
      return new QuorateError({
        code: 'not-found',
        message: `${operation} ${path}: there is no such file or directory`,
        data: { what: 'file or directory', path },
        cause,
      });
    case 'EEXIST':
      return new QuorateError({
        code: 'already-exists',
        message: `${operation} ${path}: it exists already; remove it or choose another path`,
        data: { what: 'file or directory', path },
        cause,
      });
    default:
      return diskFailure(operation, path, cause);
  }
}

/** As `disk-failed` whatever the system's code: for syncs, where even a full disk means that written bytes are gone. */
export function diskFailure(operation: string, path: string, cause: unknown): QuorateError<'disk-failed'> {
  const system = systemCode(cause);
  const remedy = remedies[system];
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new QuorateError({
    code: 'disk-failed',
    message: `${operation} ${path} failed: ${reason}${remedy === undefined ? '' : `; ${remedy}`}`,
    data: { operation, path, system },
    cause,
  });
}

/** What every use of a file answers after its first failed sync. */
export function poisonedFile(
  operation: string,
  path: string,
  first: QuorateError<'disk-failed'>,
): QuorateError<'disk-failed'> {
  return new QuorateError({
    code: 'disk-failed',
    message: `${operation} ${path} refused: after a failed sync nothing is known about this file (${first.message}); close it, and recover from what is durable`,
    data: { operation, path, system: first.data.system },
    cause: first,
  });
}

export function closedFile(path: string): QuorateError<'closed'> {
  return new QuorateError({ code: 'closed', message: `the file ${path} is closed`, data: { what: path } });
}
