/**
 * Why a program could not be started. The system gives one number for a program that is missing, for one whose
 * interpreter is missing, and for a working directory that is; which of them it is stands in the file system.
 */
import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { systemCode } from './system-code.ts';

export interface StartFailure {
  readonly at: 'program' | 'directory';
  /** With the system's own name for it. */
  readonly reason: string;
}

/** `directory`: where it was to run; undefined for the place of this process. */
export function startFailure(program: string, directory: string | undefined, cause: unknown): StartFailure {
  if (directory !== undefined && lookAt(directory)?.isDirectory() !== true)
    return { at: 'directory', reason: `there is no such directory (${systemCode(cause)})` };
  return { at: 'program', reason: reasonOf(program, directory ?? '', cause) };
}

function reasonOf(program: string, directory: string, cause: unknown): string {
  const code = systemCode(cause);
  switch (code) {
    case 'ENOENT':
      if (!program.includes('/')) return `there is no such program in PATH (${code})`;
      return lookAt(directory, program) === undefined
        ? `there is no such file (${code})`
        : `the interpreter that its first line names is missing (${code})`;
    case 'ENOTDIR':
      return `a part of its path is no directory (${code})`;
    case 'EACCES':
      return `it is no file that may be executed (${code})`;
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}

function lookAt(...path: readonly string[]): Stats | undefined {
  try {
    return statSync(resolve(...path), { throwIfNoEntry: false });
  } catch {
    // What cannot be looked at is nothing to start or to run in, either.
    return undefined;
  }
}
