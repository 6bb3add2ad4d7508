/** One process of `start.bench.ts`: loads the built package, and opens the same directory twice. Prints what that took. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Start {
  /** From the call of `connect` to a put that was acknowledged. */
  readonly usableMs: number;
  /** Of all threads, for that. */
  readonly processorMs: number;
  readonly closeMs: number;
}

export interface Starts {
  /** The modules of the package; without Node's own start. */
  readonly loadMs: number;
  readonly empty: Start;
  readonly used: Start;
}

type Package = typeof import('../../src/index.ts');

async function start({ connect }: Package, directory: string): Promise<Start> {
  const before = process.cpuUsage();
  const beganMs = performance.now();
  const store = await connect(`file:${directory}`);
  await store.put('key', 'value');
  const usableMs = performance.now() - beganMs;
  const { user, system } = process.cpuUsage(before);
  await store.close();
  return { usableMs, processorMs: (user + system) / 1_000, closeMs: performance.now() - beganMs - usableMs };
}

const [, , packageDirectory = '', scratch = ''] = process.argv;
const startedMs = performance.now();
const loaded = (await import(pathToFileURL(join(packageDirectory, 'dist/index.js')).href)) as Package;
const loadMs = performance.now() - startedMs;
const empty = await start(loaded, `${scratch}/data`);
const used = await start(loaded, `${scratch}/data`);
const starts: Starts = { loadMs, empty, used };
console.log(JSON.stringify(starts));
