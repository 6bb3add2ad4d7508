/** The compiler's verdict on the whole tree. */
import { fileURLToPath } from 'node:url';
import { type ProgramResult, runProgram, silentFailure } from './program.ts';
import type { Finding } from './source-file.ts';

export async function checkTypes(root: string): Promise<Finding[]> {
  const compiler = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));
  return typeFindings(await runProgram(root, compiler, ['-p', '.', '--pretty', 'false']));
}

/** Reads `path(line,column): error TS1234: message`, and the indented lines that carry on a message. */
export function typeFindings(result: ProgramResult): Finding[] {
  const found: { path: string; line: number; problem: string; remedy: string }[] = [];
  for (const line of result.stdout.split('\n')) {
    const match = /^(?:(.+)\((\d+),\d+\): )?error (TS\d+: .*)$/.exec(line);
    const last = found.at(-1);
    if (match !== null) {
      found.push({
        path: match[1] ?? 'tsconfig.json',
        line: Number(match[2] ?? 1),
        problem: match[3] as string,
        remedy: 'make the types agree; a cast only where a comment can say why it holds',
      });
    } else if (last !== undefined && line.startsWith('  ')) {
      last.problem += ` ${line.trim()}`;
    }
  }
  if (found.length === 0 && result.status !== 0) return [silentFailure('tsc', result, 'tsconfig.json')];
  return found;
}
