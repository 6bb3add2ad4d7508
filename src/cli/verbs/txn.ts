/** `quorate txn`: compares and operations that are carried out at one revision, or not at all. */
import { clusterHelp, clusterOptions, openStore } from '../endpoints.ts';
import { textOf } from '../entry-document.ts';
import { answerDocument, answerLines, transactionFrom } from '../transaction/index.ts';
import { exitCodes, type Invocation, isSet, type Verb } from '../verb.ts';

export const txn: Verb = {
  name: 'txn',
  words: '[CLAUSE …]',
  summary: 'Carries out operations at one revision, under conditions',
  about: [
    'A transaction is written as one reads it, in arguments, each a line, or on the standard input:',
    '',
    '  holding lock 41                  # refused with fenced when somebody took the lock over',
    '  when absent job/7                # all conditions must hold',
    '   and version config > 2',
    '  then put job/7 "in progress"     # a step a line, or behind a semicolon',
    '       get prefix config/',
    '  else get job/7',
    '',
    'Conditions: exists KEYS, absent KEYS, live LEASE, and value, version, created, modified or lease',
    'with KEYS, one of = != < >, and what to compare with. Steps: put KEY VALUE [lease N], get KEYS,',
    'del KEYS, append PREFIX VALUE [suffix TEXT] [lease N], which makes a key with its revision behind',
    'the prefix, and add KEY N [least N] [most N] [lease N], which counts within bounds. KEYS is a key,',
    'or prefix and a key; over a prefix a condition holds when it does for all.',
    'Quotes are those of JSON, and # begins a comment. Text that begins with { is taken as JSON:',
    '',
    '  {"when": [{"version": {"key": "a"}, "is": "=", "to": 3}, {"absent": {"prefix": "b/"}}],',
    '   "then": [{"put": {"key": "a"}, "value": "1"}], "else": [{"get": {"key": "a"}}]}',
    '',
    'The exit code is 0 when the conditions held, and 1 when the else-branch was carried out.',
  ].join('\n'),
  options: clusterOptions,
  help: { ...clusterHelp, json: 'the answer as one JSON document' },
  changes: true,
  examples: [
    {
      run: "quorate txn 'when absent lock' 'then put lock me' 'else get lock'",
      what: 'take, or see who has it',
    },
    { run: "quorate txn 'then put a 1; put b 2; del c'", what: 'three changes, one revision' },
    { run: "quorate txn 'when value state = ready' 'then put state busy'", what: 'compare and swap' },
    {
      run: "quorate txn 'then add stock -1 least 0; append orders/ book'",
      what: 'take one if there is one, and stand in line',
    },
    { run: 'quorate txn --json < transfer.txn', what: 'from a file, answered in JSON' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { words, signal } = invocation;
  const isPiped = words.length === 0 || (words.length === 1 && words[0] === '-');
  const { request, fences } = transactionFrom(isPiped ? textOf(await invocation.input()) : words.join('\n'));
  await using store = await openStore(invocation);
  const answer = await store.transaction(request, { fences, signal });
  if (isSet(invocation, 'json')) invocation.out(JSON.stringify(answerDocument(answer)));
  else for (const line of answerLines(answer)) invocation.out(line);
  return answer.succeeded ? exitCodes.done : exitCodes.failed;
}
