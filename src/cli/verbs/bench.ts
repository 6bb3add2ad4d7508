/** `quorate bench`: load on any address with the client that programs use; how much, how fast, and what failed. */
import type { Store } from '../../client/index.ts';
import { clusterHelp, clusterOptions, isCarried, openStore } from '../endpoints.ts';
import { type LoadTotals, runLoad, valueBytesMin, workloadNames } from '../load/index.ts';
import { table } from '../table.ts';
import {
  choiceOf,
  choiceOption,
  exitCodes,
  type Invocation,
  isSet,
  numberOption,
  UsageError,
  type Verb,
} from '../verb.ts';

const consistencies = ['strong', 'session', 'stale'] as const;

export const bench: Verb = {
  name: 'bench',
  words: `[${workloadNames.join('|')}]`,
  summary: 'Puts load on a cluster and measures what its clients see',
  about: [
    'put, get and lock do one thing; mixed reads and writes in turn; watch has --clients watchers of',
    'everything that 16 clients write, and counts what each of them hears, from when it was sent. A lock',
    'is taken and given back under a fence, each client its own. Clients share --connections, as a',
    "program's calls do. Keys lie under quorate-bench/, which is emptied before and after.",
  ].join('\n'),
  options: {
    clients: { type: 'string' },
    connections: { type: 'string' },
    value: { type: 'string' },
    seconds: { type: 'string' },
    keys: { type: 'string' },
    consistency: { type: 'string' },
    ...clusterOptions,
  },
  help: {
    clients: 'how many do one thing after the other at the same time (default 16)',
    connections: 'how many connections they share (default 1)',
    value: 'bytes of a value (default 256)',
    seconds: 'how long (default 10)',
    keys: 'how many keys (default 1000)',
    consistency: 'of reads: strong (default), session or stale',
    ...clusterHelp,
    json: 'one JSON document at the end',
  },
  choices: { consistency: consistencies, '': workloadNames },
  changes: true,
  examples: [
    { run: 'quorate bench', what: 'puts of 256 B by 16 clients, for ten seconds' },
    { run: 'quorate bench get --clients 64 --consistency stale', what: 'reads, spread over the nodes' },
    { run: 'quorate bench mixed --clients 64 --connections 64', what: 'as 64 processes would' },
    { run: 'quorate bench watch --clients 100 --seconds 30 --json', what: 'for programs' },
    { run: 'quorate bench put --endpoints file:./data', what: 'what this disk can do, alone' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const { words, signal } = invocation;
  if (words.length > 1) throw new UsageError(`expected one workload, but got ${words.length} words`);
  const workload = choiceOf('the workload', words[0] ?? 'put', workloadNames);
  const clients = numberOption(invocation, 'clients', { least: 1, most: 100_000, otherwise: 16 });
  const connections = numberOption(invocation, 'connections', { least: 1, most: 10_000, otherwise: 1 });
  const valueBytes = numberOption(invocation, 'value', {
    least: valueBytesMin,
    most: 64 << 20,
    otherwise: 256,
  });
  const seconds = numberOption(invocation, 'seconds', { least: 1, most: 86_400, otherwise: 10 });
  const keys = numberOption(invocation, 'keys', { least: 1, most: 50_000, otherwise: 1_000 });
  const consistency = choiceOption(invocation, 'consistency', consistencies, 'strong');
  if (connections > 1 && isCarried(invocation))
    throw new UsageError('--connections is for clusters; memory: and file: have one');
  const stores: Store[] = [];
  try {
    for (let opened = 0; opened < connections; opened += 1) stores.push(await openStore(invocation));
    using progress = invocation.progress();
    const totals = await runLoad({
      workload,
      clients,
      keys,
      valueBytes,
      read: { consistency },
      stores,
      durationMs: seconds * 1000,
      signal,
      onProgress: (now) => progress.show(now.elapsedMs / (seconds * 1000), progressText(now)),
    });
    progress[Symbol.dispose]();
    const settings = { workload, clients, connections, valueBytes, keys };
    if (isSet(invocation, 'json')) invocation.out(JSON.stringify({ ...settings, ...figuresOf(totals) }));
    else for (const line of lines(settings, totals)) invocation.out(line);
    return totals.latencies.count > 0 ? exitCodes.done : exitCodes.failed;
  } finally {
    await Promise.all(stores.map((store) => store.close()));
  }
}

function progressText({ elapsedMs, latencies, errors }: LoadTotals): string {
  const failed = sumOf(errors.values());
  const rate = Math.round(latencies.count / (elapsedMs / 1000));
  return `${rate.toLocaleString('en')} /s, p99 ${latencies.quantileMs(0.99).toFixed(2)} ms${failed === 0 ? '' : `, ${failed} errors`}`;
}

const shares = { p50: 0.5, p90: 0.9, p99: 0.99, 'p99.9': 0.999 } as const;

interface Figures {
  readonly seconds: number;
  readonly operations: number;
  readonly operationsPerSecond: number;
  readonly latencyMs: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
}

function figuresOf({ elapsedMs, latencies, errors }: LoadTotals): Figures {
  const quantiles = Object.entries(shares).map(([name, share]) => [
    name,
    rounded(latencies.quantileMs(share)),
  ]);
  const mean = latencies.count === 0 ? 0 : latencies.sumMs / latencies.count;
  return {
    seconds: rounded(elapsedMs / 1000),
    operations: latencies.count,
    operationsPerSecond: rounded(latencies.count / (elapsedMs / 1000)),
    latencyMs: { mean: rounded(mean), ...Object.fromEntries(quantiles), max: rounded(latencies.maxMs) },
    errors: Object.fromEntries(errors),
  };
}

function lines(
  { workload, clients, connections, valueBytes }: Readonly<Record<string, string | number>>,
  totals: LoadTotals,
): string[] {
  const { seconds, operations, operationsPerSecond, latencyMs, errors } = figuresOf(totals);
  const what = workload === 'watch' ? 'events heard' : 'operations';
  const head = `${workload}: ${clients} clients on ${connections} connections, ${valueBytes} B, ${seconds} s`;
  const rate = `${operations.toLocaleString('en')} ${what}, ${Math.round(operationsPerSecond).toLocaleString('en')} a second`;
  const names = Object.keys(latencyMs);
  const rows = table(['ms', ...names], [['', ...names.map((name) => (latencyMs[name] ?? 0).toFixed(3))]]);
  const failed = Object.entries(errors).map(([code, count]) => `${count} × ${code}`);
  return [head, rate, '', ...rows, ...(failed.length === 0 ? [] : ['', `failed: ${failed.join(', ')}`])];
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
