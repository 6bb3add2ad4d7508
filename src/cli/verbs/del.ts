/** `quorate del`: deletes a key, or all keys with a prefix. */
import { clusterHelp, clusterOptions, openClient } from '../endpoints.ts';
import { callStore, rangeOf } from '../store-call.ts';
import { exitCodes, type Invocation, type Verb, wordsOf } from '../verb.ts';

export const del: Verb = {
  name: 'del',
  words: 'KEY',
  summary: 'Deletes a key, or with --prefix all that begin with it',
  options: { ...clusterOptions, prefix: { type: 'boolean' } },
  help: { ...clusterHelp, prefix: 'every key that begins with KEY' },
  examples: ['quorate del greeting', 'quorate del services/ --prefix'],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = ''] = wordsOf(invocation, 1, 'KEY');
  await using client = openClient(invocation);
  const range = rangeOf(key, invocation.options['prefix'] === true);
  const { revision, body } = await callStore(client, { kind: 'delete', range, wantPrevious: false });
  const count = body.kind === 'delete' ? body.count : 0;
  invocation.out(
    invocation.options['json'] === true ? JSON.stringify({ deleted: count, revision }) : `deleted ${count}`,
  );
  return exitCodes.done;
}
