/**
 * Completes `package-lock.json` after an install from a registry that carries native packages for some
 * platforms only (mirrors do). npm then leaves the others out of the lock, and from such a lock `npm ci`
 * refuses to install anywhere. What is missing is known without the registry: packages with native parts
 * pin one optional package per platform by exact version, and the platform stands in its name.
 *
 * An entry made here has no hash, because nobody here has seen the bytes; an install from a complete
 * registry adds it. Run after `npm install`: `node tools/complete-lock.ts`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly license?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

/** The lock with an entry for every optional package that an entry names; entries in npm's order. */
export function completeLock(lock: Lock): Lock {
  const packages: Record<string, LockEntry> = { ...lock.packages };
  for (const [owner, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock, owner, name)) continue;
      packages[`node_modules/${name}`] = platformEntry(name, version, entry);
    }
  }
  const sorted = Object.keys(packages).sort((left, right) => left.localeCompare(right, 'en'));
  return { ...lock, packages: Object.fromEntries(sorted.map((path) => [path, packages[path] as LockEntry])) };
}

/** Node's rule: the nearest `node_modules` folder on the way up from the owner that holds the package. */
function isLocked(lock: Lock, owner: string, name: string): boolean {
  for (let folder = owner; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('node_modules/') - 1))) {
    const candidate = `${folder}${folder === '' ? '' : '/'}node_modules/${name}`;
    if (candidate in lock.packages) return true;
    if (folder === '') return false;
  }
}

function platformEntry(name: string, version: string, owner: LockEntry): LockEntry {
  const words = name.split(/[/-]/);
  const system = systems.find((known) => words.includes(known));
  const processor = processors.find((known) => words.includes(known));
  if (system === undefined || processor === undefined || !/^\d/.test(version)) {
    throw new Error(`${name}@${version} is missing from the lock, and its name does not tell its platform`);
  }
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : undefined;
  return {
    version,
    cpu: [processor],
    ...(owner.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc }),
    ...(owner.license === undefined ? {} : { license: owner.license }),
    optional: true,
    os: [system],
  };
}

if (import.meta.main) {
  const path = join(import.meta.dirname, '..', 'package-lock.json');
  const before = JSON.parse(readFileSync(path, 'utf8')) as Lock;
  const after = completeLock(before);
  const added = Object.keys(after.packages).length - Object.keys(before.packages).length;
  writeFileSync(path, `${JSON.stringify(after, null, 2)}\n`);
  console.log(`package-lock.json: ${added} entries added`);
}
