/** `quorate get`: reads a key, or all keys with a prefix; sees everything that was acknowledged before. */

import type { KeyValue } from '../../mvcc/index.ts';
import { clusterHelp, clusterOptions, openClient } from '../endpoints.ts';
import { callStore, rangeOf } from '../store-call.ts';
import { exitCodes, type Invocation, type Verb, wordsOf } from '../verb.ts';

export const get: Verb = {
  name: 'get',
  words: 'KEY',
  summary: 'Reads a key, or with --prefix all that begin with it',
  options: { ...clusterOptions, prefix: { type: 'boolean' } },
  help: { ...clusterHelp, prefix: 'every key that begins with KEY' },
  examples: ['quorate get greeting', 'quorate get services/ --prefix --json'],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = ''] = wordsOf(invocation, 1, 'KEY');
  const prefix = invocation.options['prefix'] === true;
  await using client = openClient(invocation);
  const { body } = await callStore(client, {
    kind: 'get',
    range: rangeOf(key, prefix),
    revision: 0,
    limit: 0,
    order: 'key',
    descending: false,
    content: 'entries',
  });
  if (body.kind !== 'get') return exitCodes.failed;
  for (const entry of body.entries) invocation.out(show(invocation, entry, prefix));
  if (body.entries.length > 0 || prefix) return exitCodes.done;
  invocation.note(`quorate get: there is no key ${JSON.stringify(key)}`);
  return exitCodes.failed;
}

function show(invocation: Invocation, entry: KeyValue, withKey: boolean): string {
  const text = new TextDecoder();
  const key = text.decode(entry.key);
  const value = text.decode(entry.value);
  if (invocation.options['json'] !== true) return withKey ? `${key}\t${value}` : value;
  const { createRevision, modifyRevision, version } = entry;
  return JSON.stringify({ key, value, createRevision, modifyRevision, version });
}
