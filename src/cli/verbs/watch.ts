/**
 * `quorate watch`: every change of a key or of all keys with a prefix, one line each, in their order. The stream
 * goes on at another node when one is lost. It ends when it is told to, after --limit changes, or with
 * `compacted` when what it should go on with is no longer there.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { QuorateError } from '../../base/index.ts';
import type { StoreWatch } from '../../client/index.ts';
import type { WatchEvent } from '../../mvcc/index.ts';
import { clusterHelp, clusterOptions, openStore, timeoutMsOf } from '../endpoints.ts';
import { keyValueDocument, textOf } from '../entry-document.ts';
import {
  exitCodes,
  Interrupted,
  type Invocation,
  isSet,
  numberOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

export const watch: Verb = {
  name: 'watch',
  words: 'KEY',
  summary: 'Tells of every change of a key, or with --prefix of all that begin with it',
  about: [
    'Each change is a line: its revision, what happened (put, delete, expired, revoked), the key and,',
    'for a put, the value. Nothing is left out and nothing comes twice, whatever happens to the nodes;',
    'when that is no longer possible it ends with exit code 1 and compacted: read what is there, and',
    'watch anew from that revision. Ctrl-C ends it with exit code 0.',
  ].join('\n'),
  options: {
    prefix: { type: 'boolean' },
    from: { type: 'string' },
    previous: { type: 'boolean' },
    limit: { type: 'string' },
    ...clusterOptions,
  },
  help: {
    prefix: "every key that begins with KEY; '' is a prefix of all",
    from: 'the first revision to tell of (default: the next one)',
    previous: 'with --json: also what the key was before',
    limit: 'ends after so many changes',
    ...clusterHelp,
    timeout: "how long to look for a node that tells, such as '500ms' or '10s' (default 5s)",
    json: 'one JSON document a change, for programs',
  },
  examples: [
    { run: 'quorate watch services/ --prefix', what: 'from now on' },
    { run: 'quorate watch config --from 1', what: 'all that is remembered, and on from there' },
    { run: 'quorate watch config --limit 1', what: 'waits for the next change' },
    { run: 'quorate watch services/ --prefix --json | jq .key', what: 'for programs' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [key = ''] = wordsOf(invocation, 1, 'KEY');
  const prefix = isSet(invocation, 'prefix');
  if (key === '' && !prefix) throw new UsageError("KEY is empty; '' with --prefix is every key");
  const most = Number.MAX_SAFE_INTEGER;
  const from = numberOption(invocation, 'from', { least: 1, most, otherwise: 0 });
  const limit = numberOption(invocation, 'limit', { least: 1, most, otherwise: most });
  await using store = await openStore(invocation);
  const stream = store.watch(prefix ? { prefix: key } : key, {
    from,
    wantPrevious: isSet(invocation, 'previous'),
    signal: invocation.signal,
  });
  try {
    const began = await begin(stream, timeoutMsOf(invocation));
    invocation.note(`quorate watch: every change behind revision ${began} is told`);
    await tell(invocation, stream, limit);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  return exitCodes.done;
}

async function begin(stream: StoreWatch, timeoutMs: number): Promise<number> {
  const waiting = new AbortController();
  const expired = delay(timeoutMs, undefined, { signal: waiting.signal }).then(() => {
    throw new QuorateError({
      code: 'deadline-exceeded',
      message: `no node began to tell within ${timeoutMs} ms; see with quorate status who answers, and check --endpoints`,
      data: { milliseconds: timeoutMs },
      outcome: 'not-applied',
    });
  });
  // Over at the same time: only one of the two is heard.
  expired.catch(() => undefined);
  try {
    return await Promise.race([stream.began, expired]);
  } finally {
    waiting.abort();
  }
}

async function tell(invocation: Invocation, stream: StoreWatch, limit: number): Promise<void> {
  let told = 0;
  for await (const { events } of stream) {
    for (const event of events) {
      invocation.out(isSet(invocation, 'json') ? JSON.stringify(eventDocument(event)) : eventLine(event));
      told += 1;
      if (told >= limit) return;
    }
    await invocation.drained();
  }
}

function eventLine({ kind, modifyRevision, key, value }: WatchEvent): string {
  const head = `${modifyRevision}\t${kind}\t${textOf(key)}`;
  return kind === 'put' ? `${head}\t${textOf(value)}` : head;
}

function eventDocument(event: WatchEvent): object {
  const { kind, modifyRevision: revision, previous } = event;
  return {
    revision,
    kind,
    ...keyValueDocument(event, { keysOnly: kind !== 'put' }),
    ...(previous === undefined ? {} : { previous: keyValueDocument(previous) }),
  };
}
