/** `quorate put`: sets a key; acknowledged when a majority holds it durably. */
import type { Condition, PutOptions, Store } from '../../client/index.ts';
import { clusterHelp, clusterOptions, openStore } from '../endpoints.ts';
import { exitCodes, type Invocation, isSet, numberOption, UsageError, type Verb, wordsOf } from '../verb.ts';

export const put: Verb = {
  name: 'put',
  words: 'KEY VALUE',
  summary: 'Sets a key, durable on a majority',
  about: [
    "VALUE '-' is what comes on the standard input, byte by byte. With a condition that does not hold",
    'nothing is written, and the exit code is 1.',
  ].join('\n'),
  options: {
    'if-absent': { type: 'boolean' },
    'if-revision': { type: 'string' },
    lease: { type: 'string' },
    'keep-lease': { type: 'boolean' },
    ...clusterOptions,
  },
  help: {
    'if-absent': 'only where there is no such key',
    'if-revision': 'only where the key was last changed at this revision',
    lease: 'the key vanishes with this lease',
    'keep-lease': 'the key stays with the lease that it has',
    ...clusterHelp,
  },
  changes: true,
  examples: [
    { run: 'quorate put greeting hello', what: 'prints the revision' },
    { run: 'quorate put config - < config.json', what: 'a value from a file' },
    { run: 'quorate put leader "$HOSTNAME" --if-absent', what: 'only the first one succeeds' },
    { run: 'quorate put counter 8 --if-revision 41', what: 'only if nobody was quicker' },
    { run: 'quorate put config \'{"retries":3}\' --json', what: 'the revision as JSON' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = '', text = ''] = wordsOf(invocation, 2, 'KEY and VALUE');
  if (key === '') throw new UsageError('KEY is empty; a key has at least one byte');
  const lease = numberOption(invocation, 'lease', { least: 1, most: Number.MAX_SAFE_INTEGER, otherwise: 0 });
  const keepLease = isSet(invocation, 'keep-lease');
  if (lease !== 0 && keepLease) throw new UsageError('--lease and --keep-lease exclude each other');
  const condition = conditionOf(invocation, key);
  const value = text === '-' ? await invocation.input() : new TextEncoder().encode(text);
  await using store = await openStore(invocation);
  const options: PutOptions = { lease, keepLease, signal: invocation.signal };
  if (condition !== undefined) return await putIf(invocation, store, { key, value, condition, options });
  return told(invocation, key, (await store.put(key, value, options)).revision);
}

function conditionOf(invocation: Invocation, key: string): Condition | undefined {
  const revision = numberOption(invocation, 'if-revision', {
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    otherwise: 0,
  });
  if (isSet(invocation, 'if-absent')) {
    if (revision !== 0) throw new UsageError('--if-absent and --if-revision exclude each other');
    return { target: 'absent', keys: key };
  }
  return revision === 0
    ? undefined
    : { target: 'modify-revision', keys: key, operator: 'equal', number: revision };
}

interface ConditionalPut {
  readonly key: string;
  readonly value: Uint8Array;
  readonly condition: Condition;
  readonly options: PutOptions;
}

async function putIf(
  invocation: Invocation,
  store: Store,
  { key, value, condition, options }: ConditionalPut,
): Promise<number> {
  const { lease = 0, keepLease = false } = options;
  const { succeeded, revision, results } = await store.transaction(
    {
      when: [condition],
      onSuccess: [{ kind: 'put', key, value, lease, keepLease }],
      onFailure: [{ kind: 'get', keys: key, keysOnly: true }],
    },
    options,
  );
  if (succeeded) return told(invocation, key, revision);
  const found = results.flatMap((result) => (result.kind === 'get' ? result.entries : []))[0];
  const state =
    found === undefined
      ? 'it is absent'
      : `it has version ${found.version}, last changed at revision ${found.modifyRevision}`;
  if (isSet(invocation, 'json')) {
    const { modifyRevision = 0, version = 0 } = found ?? {};
    invocation.out(JSON.stringify({ key, written: false, modifyRevision, version }));
  }
  invocation.note(`quorate put: ${JSON.stringify(key)} was not written: ${state}`);
  return exitCodes.failed;
}

function told(invocation: Invocation, key: string, revision: number): number {
  invocation.out(isSet(invocation, 'json') ? JSON.stringify({ key, revision }) : `revision ${revision}`);
  return exitCodes.done;
}
