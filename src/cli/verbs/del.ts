/** `quorate del`: deletes a key, or all keys with a prefix. */
import { clusterHelp, clusterOptions, openStore } from '../endpoints.ts';
import { exitCodes, type Invocation, isSet, UsageError, type Verb, wordsOf } from '../verb.ts';

export const del: Verb = {
  name: 'del',
  words: 'KEY',
  summary: 'Deletes a key, or with --prefix all that begin with it',
  about: 'Deleting what is not there is no error. For conditions see quorate txn.',
  options: { prefix: { type: 'boolean' }, ...clusterOptions },
  help: { prefix: 'every key that begins with KEY, all at one revision', ...clusterHelp },
  changes: true,
  examples: [
    { run: 'quorate del greeting', what: 'prints how many were deleted' },
    { run: 'quorate del services/ --prefix', what: 'all of them or, above 65,536 keys, none' },
    { run: 'quorate del greeting --json', what: 'with the revision' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = ''] = wordsOf(invocation, 1, 'KEY');
  const prefix = isSet(invocation, 'prefix');
  if (key === '' && !prefix) throw new UsageError("KEY is empty; '' with --prefix is every key");
  await using store = await openStore(invocation);
  const { signal } = invocation;
  const { revision, count } = await store.delete(prefix ? { prefix: key } : key, { signal });
  invocation.out(
    isSet(invocation, 'json') ? JSON.stringify({ deleted: count, revision }) : `deleted ${count}`,
  );
  return exitCodes.done;
}
