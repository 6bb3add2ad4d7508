/** `quorate put`: sets a key; acknowledged when a majority holds it durably. */
import { clusterHelp, clusterOptions, openClient } from '../endpoints.ts';
import { callStore } from '../store-call.ts';
import { exitCodes, type Invocation, type Verb, wordsOf } from '../verb.ts';

export const put: Verb = {
  name: 'put',
  words: 'KEY VALUE',
  summary: 'Sets a key, durable on a majority',
  options: clusterOptions,
  help: clusterHelp,
  examples: ['quorate put greeting hello', 'quorate put config \'{"retries":3}\' --json'],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = '', value = ''] = wordsOf(invocation, 2, 'KEY and VALUE');
  await using client = openClient(invocation);
  const text = new TextEncoder();
  const { revision } = await callStore(client, {
    kind: 'put',
    key: text.encode(key),
    value: text.encode(value),
    lease: 0,
    keepLease: false,
    wantPrevious: false,
  });
  invocation.out(
    invocation.options['json'] === true ? JSON.stringify({ key, revision }) : `revision ${revision}`,
  );
  return exitCodes.done;
}
