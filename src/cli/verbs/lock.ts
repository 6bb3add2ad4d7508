/** `quorate lock`: runs a command while it holds a lock, so that it runs once in the whole cluster. */
import { exitCodeHelp, holdingChoices, holdingHelp, holdingOptions, runHolding } from '../coordination.ts';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { type Invocation, type Verb, wordsOf } from '../verb.ts';

export const lock: Verb = {
  name: 'lock',
  words: 'NAME -- CMD …',
  summary: 'Runs a command while holding a lock',
  about: `Whoever comes later waits in line. ${exitCodeHelp}`,
  options: { ...holdingOptions, ...clusterOptions },
  help: { ...holdingHelp, ...clusterHelp },
  choices: holdingChoices,
  changes: true,
  examples: [
    { run: 'quorate lock nightly -- ./nightly.sh', what: 'one at a time, the others wait' },
    { run: 'quorate lock nightly --wait 0 -- ./nightly.sh', what: 'only if nobody else is at it' },
    {
      run: 'quorate lock deploy --ttl 30s --wait 5m -- make deploy',
      what: 'with patience, up to five minutes',
    },
    {
      run: 'quorate lock nightly --endpoints etcd://10.0.0.1:2379 -- ./nightly.sh',
      what: 'on a server of somebody else',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [name = ''] = wordsOf(invocation, 1, 'NAME');
  return await runHolding(invocation, `lock ${name}`, (coordination, wait) =>
    coordination.lock(name).acquire(wait),
  );
}
