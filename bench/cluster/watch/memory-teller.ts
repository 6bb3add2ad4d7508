/**
 * Loaded into a node before anything else, by a benchmark: on SIGUSR2 it collects garbage and writes into a file,
 * which its own address names, what memory is in use.
 */
import { renameSync, writeFileSync } from 'node:fs';

const file = new URL(import.meta.url).searchParams.get('file');
if (file === null) throw new Error('the address of this module names no file: add ?file=…');

process.on('SIGUSR2', () => {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('start this process with --expose-gc');
  for (let times = 0; times < 3; times += 1) gc();
  writeFileSync(`${file}.new`, JSON.stringify(process.memoryUsage()));
  renameSync(`${file}.new`, file);
});
