/** `quorate get`: reads a key, or all keys with a prefix, now or as of a revision. */
import { type Entry, type List, type ReadOptions, rangeOf, type Store } from '../../client/index.ts';
import { clusterHelp, clusterOptions, openStore } from '../endpoints.ts';
import { entryDocument, textOf } from '../entry-document.ts';
import {
  choiceOption,
  durationOption,
  exitCodes,
  type Invocation,
  isSet,
  numberOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

const consistencies = ['strong', 'session', 'stale'] as const;

export const get: Verb = {
  name: 'get',
  words: 'KEY',
  summary: 'Reads a key, or with --prefix all that begin with it',
  about: [
    'A strong read, which is the default, sees everything that was acknowledged anywhere before it',
    'began. Exit code 1 says that there is no such key.',
  ].join('\n'),
  options: {
    prefix: { type: 'boolean' },
    consistency: { type: 'string' },
    'max-staleness': { type: 'string' },
    revision: { type: 'string' },
    'keys-only': { type: 'boolean' },
    count: { type: 'boolean' },
    limit: { type: 'string' },
    raw: { type: 'boolean' },
    ...clusterOptions,
  },
  help: {
    prefix: "every key that begins with KEY; '' is a prefix of all",
    consistency:
      'strong (default); session: never behind what this command has seen; stale: what one node has, without asking the others',
    'max-staleness': "may be so old, such as '2s', at any node that can be sure of it",
    revision: 'as of this revision (default: now)',
    'keys-only': 'without the values',
    count: 'only how many there are',
    limit: 'at most so many keys',
    raw: "the value's bytes as they are, without a newline behind them",
    ...clusterHelp,
  },
  choices: { consistency: consistencies },
  examples: [
    { run: 'quorate get greeting', what: 'the value alone' },
    { run: 'quorate get services/ --prefix', what: 'a key and its value a line' },
    { run: 'quorate get services/ --prefix --keys-only --limit 10', what: 'the first ten names' },
    { run: 'quorate get services/ --prefix --count', what: 'how many there are' },
    { run: 'quorate get greeting --revision 7', what: 'what it was then' },
    { run: 'quorate get greeting --consistency stale', what: 'while no majority can be reached' },
    { run: 'quorate get greeting --max-staleness 2s', what: 'from any node that is no older' },
    { run: 'quorate get logo --raw > logo.png', what: 'bytes, untouched' },
    { run: 'quorate get services/ --prefix --json', what: 'with revisions, versions and leases' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = ''] = wordsOf(invocation, 1, 'KEY');
  const prefix = isSet(invocation, 'prefix');
  if (key === '' && !prefix) throw new UsageError("KEY is empty; '' with --prefix is every key");
  if (isSet(invocation, 'raw') && (prefix || isSet(invocation, 'json')))
    throw new UsageError('--raw writes one value as it is; leave --prefix and --json out');
  const read: ReadOptions = {
    ...freshnessOf(invocation),
    signal: invocation.signal,
    ...revisionOption(invocation),
  };
  await using store = await openStore(invocation);
  if (isSet(invocation, 'count')) return await count(invocation, store, key, read);
  const shown = await list(invocation, store, key, read);
  if (shown > 0 || prefix) return exitCodes.done;
  invocation.note(`quorate get: there is no key ${JSON.stringify(key)}`);
  return exitCodes.failed;
}

function freshnessOf(invocation: Invocation): Pick<ReadOptions, 'consistency' | 'maxStaleness'> {
  const staleness = durationOption(invocation, 'max-staleness');
  if (staleness === undefined)
    return { consistency: choiceOption(invocation, 'consistency', consistencies, 'strong') };
  if (invocation.options['consistency'] !== undefined)
    throw new UsageError('--consistency and --max-staleness exclude each other');
  return { maxStaleness: staleness };
}

function revisionOption(invocation: Invocation): { readonly revision?: number } {
  const revision = numberOption(invocation, 'revision', {
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    otherwise: 0,
  });
  return revision === 0 ? {} : { revision };
}

async function count(invocation: Invocation, store: Store, key: string, read: ReadOptions): Promise<number> {
  const keys = isSet(invocation, 'prefix') ? { prefix: key } : key;
  const total = await store.count(keys, read);
  invocation.out(isSet(invocation, 'json') ? JSON.stringify({ count: total }) : String(total));
  return exitCodes.done;
}

/** Page by page, all of them as of the revision of the first, and no faster than they are read. */
async function list(invocation: Invocation, store: Store, key: string, read: ReadOptions): Promise<number> {
  const keysOnly = isSet(invocation, 'keys-only');
  const limit = numberOption(invocation, 'limit', {
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
    otherwise: Number.MAX_SAFE_INTEGER,
  });
  const isPrefix = isSet(invocation, 'prefix');
  const { end } = rangeOf(isPrefix ? { prefix: key } : key);
  let shown = 0;
  let page: List = await store.list(isPrefix ? { prefix: key } : key, { ...read, keysOnly, ...most(limit) });
  while (true) {
    for (const entry of page.entries) show(invocation, entry);
    await invocation.drained();
    invocation.signal.throwIfAborted();
    shown += page.entries.length;
    const { resume, revision, more } = page;
    if (!more || resume === undefined || end === undefined || shown >= limit) return shown;
    const rest = { start: resume, ...(end.length === 0 ? {} : { end }) };
    page = await store.list(rest, { ...read, revision, keysOnly, ...most(limit - shown) });
  }
}

/** The store reads 0 as no limit, and refuses none that fits into 32 bits. */
function most(limit: number): { readonly limit?: number } {
  return limit > 0xffff_ffff ? {} : { limit };
}

function show(invocation: Invocation, entry: Entry): void {
  const keysOnly = isSet(invocation, 'keys-only');
  if (isSet(invocation, 'json')) invocation.out(JSON.stringify(entryDocument(entry, { keysOnly })));
  else if (isSet(invocation, 'raw')) invocation.outBytes(entry.value);
  else if (keysOnly) invocation.out(entry.key);
  else if (isSet(invocation, 'prefix')) invocation.out(`${entry.key}\t${textOf(entry.value)}`);
  else invocation.out(entry.text);
}
