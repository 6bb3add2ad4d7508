import { checkPurity } from '../../tools/house/purity.ts';
import { testRule } from './rule-table.ts';

const core = 'src/raft/log.ts';
const shell = 'src/storage/log.ts';
const base = 'src/base/queue.ts';
const real = 'src/ports/real/clock.ts';

/** One line each; what stands behind `//` is no code. */
const bannedEverywhere: readonly (readonly [source: string, name: string])[] = [
  ['const now = Date.now();', 'Date'],
  ['const now = new Date();', 'Date'],
  ['const now = globalThis.Date.now();', 'Date'],
  ['const now = cold ? Date.now() : 0;', 'Date'],
  ['const now = `${Date.now()}`;', 'Date'],
  ['const now = performance.now();', 'performance'],
  ['const pick = Math.random();', 'Math.random'],
  ['const id = crypto.randomUUID();', 'crypto'],
  ['setTimeout(() => run(), 10);', 'setTimeout'],
  ['const timer = setInterval(run, 10);', 'setInterval'],
  ['const timer = slow ? setTimeout(run) : undefined;', 'setTimeout'],
  ['setImmediate(run);', 'setImmediate'],
  ['const signal = AbortSignal.timeout(10);', 'AbortSignal.timeout'],
];

const bannedBelowShells: readonly (readonly [source: string, name: string])[] = [
  ['queueMicrotask(run);', 'queueMicrotask'],
  ['const [name] = process.argv;', 'process'],
  ['const bytes = Buffer.from(text);', 'Buffer'],
  ['fetch(address);', 'fetch'],
  ['console.log(text);', 'console'],
];

const bannedInCores: readonly (readonly [source: string, name: string])[] = [
  ['export async function run() {}', 'async'],
  ['const run = async (): Promised => {};', 'async'],
  ['for await (const x of y) run(x);', 'await'],
  ['function run(): Promise<void>;', 'Promise'],
];

testRule(checkPurity, [
  ...bannedEverywhere.flatMap(([source, name]) => [
    row(`a core may not say \`${source}\``, core, source, name),
    row(`a shell may not say \`${source}\``, shell, source, name),
    row(`a real port may say \`${source}\``, real, source),
    row(`a tool may say \`${source}\``, 'tools/run.ts', source),
  ]),
  ...bannedBelowShells.flatMap(([source, name]) => [
    row(`base may not say \`${source}\``, base, source, name),
    row(`a shell may say \`${source}\``, shell, source),
  ]),
  ...bannedInCores.flatMap(([source, name]) => [
    row(`a core may not say \`${source}\``, core, source, name),
    row(`base may say \`${source}\``, base, source),
  ]),
  row('a comment may speak of the time', core, '// Date.now() would differ\n/* setTimeout() */'),
  row('a string may speak of the time', core, 'const text = "Date.now()";'),
  row('a member may be called like a host name', core, 'event.process; client.fetch(key); this.crypto;'),
  row('a field may be called like a host name', core, 'interface Event { process: number; fetch?: string }'),
  row(
    'a method may be called like a host name',
    core,
    'class A { fetch(key: string): string { return key; } }',
  ),
  row('a variable may be called like a host name', core, 'for (const process of all) run(process);'),
  row('a parameter may be called like a host name', core, 'const run = (process) => process + 1;'),
  row(
    'a name that merely begins alike is free',
    core,
    'const DateText = promised(asyncStorage, Math.max(1, 2));',
  ),
  row('a core may encode text', core, 'const utf8 = new TextEncoder();'),
  row('a core may import base', core, `import { assert } from '../base/index.ts';`),
  row('a core may import types of ports', core, `import type { Clock } from '../ports/index.ts';`),
  row(
    'a core may not import values of ports',
    core,
    `import { x } from '../ports/index.ts';`,
    'ports/index.ts',
  ),
  row('a core may not import from Node', core, `import { join } from 'node:path';`, 'node:path'),
  row('a core may not import a package', core, `import lmdb from 'lmdb';`, 'lmdb'),
  row('base may not import from Node', base, `import { isAscii } from 'node:buffer';`, 'node:buffer'),
  row('a shell may not reach the disk past its port', shell, `import { open } from 'node:fs';`, 'node:fs'),
  row('a shell may not reach Node’s timers', shell, `import timers from 'node:timers';`, 'node:timers'),
  row('a shell may publish diagnostics', shell, `import { channel } from 'node:diagnostics_channel';`),
  row('a shell may import a package', shell, `import lmdb from 'lmdb';`),
  row('a real port may import from Node', real, `import { open } from 'node:fs';`),
  row('the command may use everything', 'src/cli/main.ts', 'setTimeout(() => console.log(process.pid), 1);'),
]);

function row(name: string, path: string, source: string, found?: string) {
  const finds = found === undefined ? [] : ([[`${path}:1`, found]] as const);
  return { name, tree: { [path]: source }, finds };
}
