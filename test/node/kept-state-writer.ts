/**
 * A program that writes to the store in its own process until it is killed: node kept-state-writer.ts DIRECTORY FIRST.
 * Tells each number whose write was acknowledged, one a line. Run by `kept-state-crashes.test.ts`.
 */
import { isQuorateError } from '../../src/base/index.ts';
import { connect } from '../../src/client/index.ts';

const [directory = '', first = '1'] = process.argv.slice(2);
const store = await connect(`file:${directory}`);
let next = Number(first);

async function write(): Promise<never> {
  while (true) {
    const number = next++;
    try {
      await store.put(`k${number}`, String(number).padEnd(4_000, '.'));
      process.stdout.write(`${number}\n`);
    } catch (error) {
      // A disk that stalls for long costs a write its answer; whether it was applied is not known.
      if (!isQuorateError(error)) throw error;
    }
  }
}

await Promise.all(Array.from({ length: 8 }, write));
