/** `quorate elect`: runs a command while this process leads, so that one of many is at work and another takes over. */
import { exitCodeHelp, holdingChoices, holdingHelp, holdingOptions, runHolding } from '../coordination.ts';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { type Invocation, textOption, type Verb, wordsOf } from '../verb.ts';

export const elect: Verb = {
  name: 'elect',
  words: 'NAME -- CMD …',
  summary: 'Runs a command while leading an election',
  about: `Whoever stands for election later takes over when the leader ends or is lost. ${exitCodeHelp}`,
  options: { value: { type: 'string' }, ...holdingOptions, ...clusterOptions },
  help: {
    value: 'what others are told of this candidate while it leads, such as its address',
    ...holdingHelp,
    ...clusterHelp,
  },
  choices: holdingChoices,
  changes: true,
  examples: [
    { run: 'quorate elect scheduler -- ./scheduler', what: 'on each machine; one of them is at work' },
    { run: 'quorate elect scheduler --value 10.0.0.7:8080 -- ./scheduler', what: 'and others can find it' },
    { run: 'quorate elect scheduler --ttl 3s -- ./scheduler', what: 'with a short gap when a machine dies' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [name = ''] = wordsOf(invocation, 1, 'NAME');
  const value = textOption(invocation, 'value');
  return await runHolding(invocation, `election ${name}`, (coordination, wait) =>
    coordination.election(name).campaign({ ...wait, ...(value === undefined ? {} : { value }) }),
  );
}
