/**
 * What would tie the repository to the machine it was written on: where a checkout lies, and which registry
 * its packages came from. Every text file is read, not only code.
 */
import type { Finding, SourceFile } from './source-file.ts';

interface Trace {
  readonly pattern: RegExp;
  readonly what: string;
  readonly remedy: string;
  /** Only in files whose path ends like this. */
  readonly pathEnd?: string;
}

const traces: readonly Trace[] = [
  {
    pattern: /(?<![\w.~})-])\/(?:work|home|root|Users)\/[\w./-]+/,
    what: 'a path of one machine',
    remedy: 'write it relative to the repository, or take it from an argument',
  },
  {
    pattern: /"resolved":\s*"https?:[^"]*"/,
    what: 'the address of a registry in the lock file',
    remedy: 'keep omit-lockfile-registry-resolved=true in .npmrc and install again',
    pathEnd: 'package-lock.json',
  },
  {
    pattern: /^\s*(?:@[\w-]+:)?registry\s*=.*/,
    what: 'a registry setting',
    remedy: 'set the registry of a machine in the home directory of its user',
    pathEnd: '.npmrc',
  },
  {
    pattern: /(?<![\w.])registry\.[\w.-]+\.(?:com|dev|io|net|org)\b/,
    what: 'the host name of a registry',
    remedy: 'leave it out: which registry serves a machine is that machine’s affair',
  },
];

export function checkPortability(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => traces.flatMap((trace) => findTrace(file, trace)));
}

function findTrace({ path, text }: SourceFile, trace: Trace): Finding[] {
  if (!path.endsWith(trace.pathEnd ?? '')) return [];
  const found: Finding[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const match = trace.pattern.exec(line)?.[0];
    if (match === undefined) continue;
    found.push({ path, line: index + 1, problem: `${trace.what}: ${match.trim()}`, remedy: trace.remedy });
  }
  return found;
}
