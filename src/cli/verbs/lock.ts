/** `quorate lock`: runs a command while it holds a lock, so that it runs once in the whole cluster. */
import { isQuorateError } from '../../base/index.ts';
import { holdingHelp, openCoordination, waitOf } from '../coordination.ts';
import { clusterHelp, clusterOptions } from '../endpoints.ts';
import { commandOf, runHeld } from '../held-command.ts';
import { exitCodes, type Invocation, isSet, type Verb, wordsOf } from '../verb.ts';

export const lock: Verb = {
  name: 'lock',
  words: 'NAME -- CMD …',
  summary: 'Runs a command while holding a lock',
  about: [
    'Whoever comes later waits in line. The command is told its token as QUORATE_TOKEN, which grows from',
    'holder to holder. When the lock is lost the command gets SIGTERM and, five seconds later, SIGKILL; what',
    'it writes meanwhile only a fence keeps out. The exit code is that of the command; 1 says that the lock',
    'was lost, 124 that it was not granted in time.',
  ].join('\n'),
  options: { ttl: { type: 'string' }, wait: { type: 'string' }, ...clusterOptions },
  help: { ...holdingHelp, ...clusterHelp },
  changes: true,
  examples: [
    { run: 'quorate lock nightly -- ./nightly.sh', what: 'one at a time, the others wait' },
    { run: 'quorate lock nightly --wait 0 -- ./nightly.sh', what: 'only if nobody else is at it' },
    {
      run: 'quorate lock deploy --ttl 30s --wait 5m -- make deploy',
      what: 'with patience, up to five minutes',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [name = ''] = wordsOf(invocation, 1, 'NAME');
  commandOf(invocation);
  await using open = await openCoordination(invocation);
  try {
    await using held = await open.coordination.lock(name).acquire(waitOf(invocation));
    const { token, signal } = held;
    if (isSet(invocation, 'json')) invocation.note(JSON.stringify({ lock: name, token }));
    return await runHeld(invocation, { what: `lock ${name}`, token, signal });
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'not-granted') throw error;
    invocation.note(`quorate lock: ${error.code}: ${error.message}`);
    return exitCodes.timedOut;
  }
}
