/** The disk port's errors as a simulated disk gives them; the system's code is the one that Linux would give. */
import { QuorateError } from '../../../base/index.ts';

export function diskFailed(operation: string, path: string, system: string): QuorateError<'disk-failed'> {
  return new QuorateError({
    code: 'disk-failed',
    message: `${operation} ${path} failed: ${system}, as the simulation wants it`,
    data: { operation, path, system },
  });
}

export function diskFull(operation: string, path: string): QuorateError<'disk-full'> {
  return new QuorateError({
    code: 'disk-full',
    message: `${operation} ${path}: no space is left on the simulated disk; free some and try again`,
    data: { operation, path },
  });
}

export function notFound(operation: string, path: string): QuorateError<'not-found'> {
  return new QuorateError({
    code: 'not-found',
    message: `${operation} ${path}: there is no such file or directory`,
    data: { what: 'file or directory', path },
  });
}

export function alreadyExists(operation: string, path: string): QuorateError<'already-exists'> {
  return new QuorateError({
    code: 'already-exists',
    message: `${operation} ${path}: it exists already; remove it or choose another path`,
    data: { what: 'file or directory', path },
  });
}

export function directoryInUse(path: string, holder: string): QuorateError<'in-use'> {
  return new QuorateError({
    code: 'in-use',
    message: `the directory ${path} is held by ${holder}; stop it, or choose another directory`,
    data: { what: path, holder },
  });
}

export function closedFile(path: string): QuorateError<'closed'> {
  return new QuorateError({ code: 'closed', message: `the file ${path} is closed`, data: { what: path } });
}
