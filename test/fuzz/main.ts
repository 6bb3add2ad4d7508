/**
 * `npm run fuzz -- [--minutes M] [--seed S] [WORD …]`: all decoders, or those whose names hold one of the words, again
 * and again with fresh damage until the time is over. Ends with one line of totals; what it finds is printed with
 * its seed and path.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';
import { decoders } from './table.ts';

const { values: words, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
  },
});

const runsEach = 1_000;
const chosen = decoders.filter(
  ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
);
const untilMs = performance.now() + Number(words.minutes) * 60_000;
let seed = Number(words.seed);
let runs = 0;
const findings = new Map<string, string>();
while (performance.now() < untilMs && findings.size < chosen.length) {
  for (const decoder of chosen) {
    if (findings.has(decoder.name)) continue;
    try {
      await fuzz(decoder, { runs: runsEach, seed });
      runs += runsEach;
    } catch (error) {
      findings.set(decoder.name, String(error));
      console.log(`${decoder.name}, seed ${seed}:\n${String(error)}\n${String((error as Error).cause)}`);
    }
  }
  seed += 1;
}
console.log(`${chosen.length} decoders, ${runs} runs from seed ${words.seed}, ${findings.size} findings`);
if (findings.size > 0) process.exitCode = 1;
