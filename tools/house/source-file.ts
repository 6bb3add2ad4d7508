/**
 * What the house rules read and what they say. A rule is a pure function from files to findings, so that a
 * test can plant a violation in a file that never touched a disk.
 */

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** One breach of one rule. */
export interface Finding {
  readonly path: string;
  /** Counted from 1; 1 where the finding is about the whole file. */
  readonly line: number;
  /** What is wrong, naming the thing. */
  readonly problem: string;
  /** What to do about it. */
  readonly remedy: string;
}

const codeFolders = ['src/', 'test/', 'tools/', 'bench/', 'examples/'];

/** TypeScript of ours: not a declaration that a tool wrote, not a fixture in another language. */
export function isCode(path: string): boolean {
  return path.endsWith('.ts') && codeFolders.some((folder) => path.startsWith(folder));
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
