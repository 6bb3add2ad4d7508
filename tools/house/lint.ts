/**
 * Biome's verdict on the whole tree: format, order of imports and lint. A warning counts as an error; a mere
 * notice does not. Read from the annotations it prints for GitHub, the only one of its machine formats that is
 * both declared stable and names the file of a format error.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProgramResult, runProgram, silentFailure } from './program.ts';
import type { Finding } from './source-file.ts';

const annotation = /^::(?:error|warning) title=([^,]*),file=([^,]*),line=(\d+),[^:]*::(.*)$/;

export async function checkLint(root: string): Promise<Finding[]> {
  const biome = fileURLToPath(import.meta.resolve('@biomejs/biome/bin/biome'));
  const parameters = ['ci', '--error-on-warnings', '--reporter=github', '--max-diagnostics=none', '.'];
  return lintFindings(root, await runProgram(root, biome, parameters));
}

export function lintFindings(root: string, result: ProgramResult): Finding[] {
  const found: Finding[] = [];
  for (const row of result.stdout.split('\n')) {
    const [, category = '', file = '', line = '1', message = ''] = annotation.exec(row) ?? [];
    if (file === '') continue;
    const path = relative(root, decode(file));
    const problem = `${decode(message)} (${category})`;
    found.push({ path, line: Number(line), problem, remedy: remedyFor(path, category) });
  }
  if (found.length === 0 && result.status !== 0) return [silentFailure('biome', result, 'biome.json')];
  return found;
}

function remedyFor(path: string, category: string): string {
  const isMechanical = category === 'format' || category.startsWith('assist/');
  if (isMechanical) return `npx biome check --write ${path}`;
  return `npx biome explain ${category.split('/').at(-1)} says why; biome check --write mends what is safe`;
}

/** GitHub's annotations escape what would end a row or a field. */
function decode(escaped: string): string {
  return escaped.replaceAll(/%(?:25|0A|0D|2C|3A)/g, decodeURIComponent);
}
