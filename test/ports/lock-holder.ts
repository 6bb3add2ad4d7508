/**
 * Run by the lock's tests as another process: locks the directory that it is given, prints one line of JSON
 * (`held`, or the refusal) and stays until its standard input ends.
 */
import { isQuorateError } from '../../src/base/index.ts';
import { realDisk } from '../../src/ports/real/index.ts';

try {
  await realDisk().lock(process.argv[2] ?? '');
  console.log(JSON.stringify({ held: true }));
} catch (error) {
  if (!isQuorateError(error)) throw error;
  console.log(JSON.stringify({ held: false, code: error.code }));
}
process.stdin.resume();
