/**
 * A project of a stranger: empty but for our package, packed and installed as npm would from the registry.
 * It lies outside the repository, so that nothing is found that is not in the tarball. No network: what the
 * package depends on is linked from the repository's own `node_modules`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root: string = join(import.meta.dirname, '..', '..');

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly type?: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** The names under which users import: `quorate`, `quorate/raft` … */
export const importNames: readonly string[] = Object.keys(manifest.exports)
  .filter((subpath) => subpath !== './package.json')
  .map((subpath) => manifest.name + subpath.slice(1));

export interface ConsumerProject extends Disposable {
  readonly directory: string;
  readonly tarballPath: string;
  /** The paths in the tarball, without npm's leading `package/`. */
  readonly packedFiles: readonly string[];
  /** Where the package lies after the installation. */
  readonly installed: string;
  write(name: string, text: string): void;
  /** Runs Node in the project and returns what it printed; throws when it fails. */
  node(...args: string[]): string;
}

export function makeConsumerProject(): ConsumerProject {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-consumer-'));
  const pack = npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', directory);
  const [packed] = JSON.parse(pack) as [{ filename: string; files: { path: string }[] }];
  const tarballPath = join(directory, packed.filename);

  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);
  write('package.json', '{ "name": "consumer", "private": true, "type": "module" }');
  const linked = Object.keys(manifest.dependencies ?? {}).map((name) => join(root, 'node_modules', name));
  npm(directory, 'install', '--offline', '--ignore-scripts', '--no-package-lock', tarballPath, ...linked);
  // A user of Node has its types; ours name AbortSignal and Disposable.
  mkdirSync(join(directory, 'node_modules', '@types'), { recursive: true });
  symlinkSync(join(root, 'node_modules/@types/node'), join(directory, 'node_modules/@types/node'));

  return {
    directory,
    tarballPath,
    packedFiles: packed.files.map((file) => file.path),
    installed: join(directory, 'node_modules', manifest.name),
    write,
    node: (...args) => execFileSync(process.execPath, args, { cwd: directory, encoding: 'utf8' }),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function npm(cwd: string, ...args: string[]): string {
  // Diagnostics of npm are shown only when it fails: they are in the error then.
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
