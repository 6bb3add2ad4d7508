/**
 * The files of the repository as git sees them: what is committed and, unless told otherwise, what is about
 * to be. Nothing that is ignored, nothing binary.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFile } from './source-file.ts';

export interface TreeOptions {
  /** Whether new files that git does not know yet belong to the tree. Default: true. */
  readonly untracked?: boolean;
}

export function readTree(root: string, options: TreeOptions = {}): SourceFile[] {
  const found: SourceFile[] = [];
  for (const path of treePaths(root, options)) {
    const text = readText(join(root, path));
    if (text !== undefined) found.push({ path, text });
  }
  return found;
}

/** Sorted, from `root`, with slashes; a path may be gone from the disk and still be committed. */
export function treePaths(root: string, { untracked = true }: TreeOptions = {}): string[] {
  const others = untracked ? ['--others', '--exclude-standard'] : [];
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', ...others], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0'))].filter((path) => path !== '').sort();
}

function readText(path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if (isGone(cause)) return undefined;
    throw cause;
  }
  return bytes.subarray(0, 8000).includes(0) ? undefined : bytes.toString('utf8');
}

/** Removed but not yet committed, or a link to a folder. */
function isGone(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return code === 'ENOENT' || code === 'EISDIR';
}
