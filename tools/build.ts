/**
 * `npm run build`: compiles `src/` into `dist/` with declarations and source maps, as it is published. The
 * new tree is built beside the old one and then takes its place, so that nothing of a deleted source stays
 * behind, a failed build changes nothing, and a program that runs from `dist/` never finds half of it.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** Builds; false when the compiler found errors, which it has printed. */
export function build(): boolean {
  // Beside dist/, because source maps name their sources relative to where they were written.
  const fresh = join(root, `dist-${process.pid}-new`);
  const stale = join(root, `dist-${process.pid}-old`);
  const args = [compiler, '--project', join(root, 'tsconfig.build.json'), '--outDir', fresh];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status === 0) {
    // The compiler writes plain files; npm makes commands executable only where it installs the package.
    for (const command of commandsOf()) chmodSync(join(fresh, relative('dist', command)), 0o755);
    moveIfThere(join(root, 'dist'), stale);
    renameSync(fresh, join(root, 'dist'));
  }
  for (const directory of [fresh, stale]) rmSync(directory, { recursive: true, force: true });
  return status === 0;
}

function commandsOf(): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly bin?: Readonly<Record<string, string>>;
  };
  return Object.values(manifest.bin ?? {});
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

if (import.meta.main && !build()) process.exitCode = 1;
