/** `quorate record`: drives a workload and writes its history to a file, for `quorate check` to judge. */
import { randomInt } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Store } from '../../client/index.ts';
import { type EventType, type HistoryEvent, serializeHistory } from '../../sim/index.ts';
import { clusterHelp, clusterOptions, isCarried, openStore } from '../endpoints.ts';
import { recordWorkload } from '../load/index.ts';
import {
  choiceOption,
  exitCodes,
  type Invocation,
  isSet,
  numberOption,
  UsageError,
  type Verb,
  wordsOf,
} from '../verb.ts';

const linesAtOnce = 10_000;
const consistencies = ['strong', 'session', 'stale'] as const;

export const record: Verb = {
  name: 'record',
  words: 'FILE',
  summary: 'Drives a workload and writes down what its clients saw',
  about: [
    'Clients read, write and swap registers, whatever happens to the nodes meanwhile; each line of FILE',
    'is an event. quorate check FILE then judges whether what was seen can be explained by one copy that',
    'does one thing after the other. Kill nodes while it runs: that is what it is for. An outcome that',
    'nobody can know is written as info, and its process number is never used again.',
  ].join('\n'),
  options: {
    ops: { type: 'string' },
    clients: { type: 'string' },
    keys: { type: 'string' },
    consistency: { type: 'string' },
    seed: { type: 'string' },
    ...clusterOptions,
  },
  help: {
    ops: 'how many operations (default 1000)',
    clients: 'how many clients, each on a connection of its own (default 8)',
    keys: 'how many registers (default 5); fewer find more',
    consistency: 'of reads: strong (default), session or stale, which may be found out',
    seed: 'decides what is asked, though not what is answered (default: drawn)',
    ...clusterHelp,
    json: 'how it went, as one JSON document',
  },
  choices: { consistency: consistencies },
  changes: true,
  examples: [
    { run: 'quorate record history.jsonl', what: 'then: quorate check history.jsonl' },
    { run: 'quorate record history.jsonl --ops 20000 --clients 32 --keys 10', what: 'longer, and busier' },
    { run: 'quorate record stale.jsonl --consistency stale', what: 'not linearizable, if a node lags' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [path = ''] = wordsOf(invocation, 1, 'FILE');
  const operations = numberOption(invocation, 'ops', { least: 1, most: 1_000_000, otherwise: 1_000 });
  const clients = numberOption(invocation, 'clients', { least: 1, most: 1_000, otherwise: 8 });
  const keys = numberOption(invocation, 'keys', { least: 1, most: 10_000, otherwise: 5 });
  const most = 0xffff_ffff;
  const seed = numberOption(invocation, 'seed', { least: 0, most, otherwise: randomInt(most) });
  const consistency = choiceOption(invocation, 'consistency', consistencies, 'strong');
  await using file = await openFile(path);
  const stores: Store[] = [];
  try {
    const connections = isCarried(invocation) ? 1 : clients;
    for (let opened = 0; opened < connections; opened += 1) stores.push(await openStore(invocation));
    using progress = invocation.progress();
    const recorder = await recordWorkload({
      stores,
      operations,
      clients,
      keys,
      prefix: `quorate-record/${randomInt(2 ** 40).toString(36)}/`,
      seed,
      read: { consistency },
      signal: invocation.signal,
      onProgress: (done) => progress.show(done / operations, `${done} of ${operations} operations`),
    });
    progress[Symbol.dispose]();
    const { events } = recorder.history();
    for (let first = 0; first < events.length; first += linesAtOnce)
      await file.appendFile(serializeHistory(events.slice(first, first + linesAtOnce)));
    return tell(invocation, path, events);
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

/** Before anything is asked: a history that cannot be kept is not worth its load. */
async function openFile(path: string): Promise<Awaited<ReturnType<typeof open>>> {
  try {
    return await open(path, 'w');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${path} cannot be written: ${reason}`, { cause });
  }
}

function tell(invocation: Invocation, path: string, events: readonly HistoryEvent[]): number {
  const count = (type: EventType): number => events.filter((event) => event.type === type).length;
  const [operations, ok, fail, info] = (['invoke', 'ok', 'fail', 'info'] as const).map(count);
  if (isSet(invocation, 'json')) {
    invocation.out(JSON.stringify({ file: path, operations, ok, fail, info }));
  } else {
    invocation.out(`recorded ${operations} operations: ${ok} ok, ${fail} fail, ${info} info`);
    invocation.note(`judge them with: quorate check ${path}`);
  }
  return ok === 0 ? exitCodes.failed : exitCodes.done;
}
