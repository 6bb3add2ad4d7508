/**
 * Three instances of a service in processes of their own, registered on three durable nodes of ours, and 10,000 calls at
 * a steady rate. One is killed, one turns slow for a while, one drains and ends. Called in three ways, one after the
 * other, each with instances of its own: round robin over whoever passes, by the same registry; our client with round
 * robin; and our client as it is, with a hedge. What is lost, and how long calls take.
 *
 *   npm run bench -- services [--json] [--calls 10000] [--rate 100] [--port 23400] [--svg FILE] [--directory DIR]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serviceRegistry } from '../../../src/discovery/index.ts';
import { openEngine } from '../../../src/engines/addresses/index.ts';
import { InstanceProcess } from '../../../test/discovery/services/instance-process.ts';
import { startQuorate } from '../../../tools/peers/index.ts';
import { type Course, drive, type Incident, quantile } from './course.ts';
import { type Curve, plot } from './plot.ts';
import { type Way, ways } from './ways.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    calls: { type: 'string', default: '10000' },
    rate: { type: 'string', default: '100' },
    port: { type: 'string', default: '23400' },
    svg: { type: 'string' },
    directory: { type: 'string', default: tmpdir() },
  },
});
const calls = Number(options.calls);
const ttlMs = 3_000;
const workMs = 10;
const slowMs = 400;

/** By fifths of all calls. */
function incidentsOf(
  [first, second, third]: readonly InstanceProcess[],
  drained: (is: boolean) => void,
): Incident[] {
  const after = (fifths: number): number => Math.floor((calls * fifths) / 5);
  return [
    { atCall: after(1), name: 'one is killed', happen: () => void first?.kill() },
    { atCall: after(2), name: 'one is slow', happen: () => second?.order({ workMs: slowMs }) },
    { atCall: after(3), name: 'it is well again', happen: () => second?.order({ workMs }) },
    { atCall: after(4), name: 'one drains', happen: () => void third?.drain().then(drained) },
  ];
}

async function courseOf({ name, open }: Way, url: string): Promise<Course> {
  const service = `orders-${name.replaceAll(/[^a-z]+/g, '-')}`;
  await using stack = new AsyncDisposableStack();
  const started = ['a', 'b', 'c'].map((id) => InstanceProcess.start({ url, service, id, ttlMs }));
  const instances = (await Promise.all(started)).map((instance) => stack.use(instance));
  const engine = stack.adopt(await openEngine(url), (opened) => opened.close());
  const registry = stack.use(serviceRegistry(engine));
  const way = stack.use(await open(registry, service));
  let hasDrained = false;
  const incidents = incidentsOf(instances, (is) => {
    hasDrained = is;
  });
  const course = await drive({ call: way.call, calls, perSecond: Number(options.rate), incidents });
  if (!hasDrained) console.error(`${name}: the instance that was to drain has not ended by itself`);
  return course;
}

function tell(name: string, { seconds, errors }: Course): void {
  for (const phase of new Set(seconds.map((second) => second.phase))) {
    const own = seconds.filter((second) => second.phase === phase);
    const latencies = own.flatMap(({ latenciesMs }) => latenciesMs);
    const failed = own.reduce((sum, second) => sum + second.failed, 0);
    const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => Number(quantile(latencies, share).toFixed(1)));
    const figures = { calls: latencies.length, failed, p50Ms, p99Ms };
    if (options.json) console.log(JSON.stringify({ bench: 'services', case: name, phase, ...figures }));
    else console.log(`${name.padEnd(22)} ${phase.padEnd(18)}`, figures);
  }
  const told = [...errors].map(([code, count]) => `${code} ${count}`).join(', ');
  if (!options.json) console.log(`${name.padEnd(22)} failed with: ${told === '' ? 'nothing' : told}`);
}

const directory = mkdtempSync(join(options.directory, 'quorate-services-'));
const curves: Curve[] = [];
try {
  await using cluster = await startQuorate({ directory, port: Number(options.port) });
  const url = `quorate://${cluster.endpoints.map(({ host, port }) => `${host}:${port}`).join(',')}`;
  for (const way of ways) {
    const course = await courseOf(way, url);
    tell(way.name, course);
    curves.push({ name: way.name, seconds: course.seconds });
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
const title = 'Three instances of a service: one is killed, one turns slow, one drains';
if (options.svg !== undefined) writeFileSync(options.svg, plot(title, curves));
