/** `quorate semaphore`: runs a command while it holds one of so many permits. */
import { exitCodeHelp, holdingChoices, holdingHelp, holdingOptions, runHolding } from '../coordination.ts';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { type Invocation, numberOption, textOption, UsageError, type Verb, wordsOf } from '../verb.ts';

export const semaphore: Verb = {
  name: 'semaphore',
  words: 'NAME --permits N -- CMD …',
  summary: 'Runs a command while holding one of N permits',
  about: `All who use the semaphore name the same number; whoever names another is refused. ${exitCodeHelp}`,
  options: { permits: { type: 'string' }, ...holdingOptions, ...clusterOptions },
  help: { permits: 'how many may run at once, from 1 to 10,000', ...holdingHelp, ...clusterHelp },
  choices: holdingChoices,
  changes: true,
  examples: [
    { run: 'quorate semaphore crawl --permits 4 -- ./crawl.sh', what: 'four at a time, the others wait' },
    { run: 'quorate semaphore crawl --permits 4 --wait 0 -- ./crawl.sh', what: 'only if there is room' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [name = ''] = wordsOf(invocation, 1, 'NAME');
  if (textOption(invocation, 'permits') === undefined)
    throw new UsageError('--permits is missing; say how many may run at once');
  const permits = numberOption(invocation, 'permits', { least: 1, most: 10_000, otherwise: 1 });
  return await runHolding(invocation, `semaphore ${name}`, (coordination, wait) =>
    coordination.semaphore(name, { permits }).acquire(wait),
  );
}
