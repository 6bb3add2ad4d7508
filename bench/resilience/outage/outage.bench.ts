/**
 * A service that fails, is slow and recovers, and four ways of calling it: what callers see, and what the service has to
 * bear. Simulated it is the same on every machine; with sockets it is real processes, in real time, beside a package
 * that knows no other.
 *
 *   npm run bench -- outage [--sockets] [--json] [--svg FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Course } from './driver.ts';
import { plot } from './plot.ts';
import { simulate } from './simulated.ts';
import { overSockets } from './sockets.ts';
import { phases } from './upstream.ts';
import { ways } from './ways.ts';

const { values: options } = parseArgs({
  options: {
    sockets: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    svg: { type: 'string' },
  },
});

interface PhaseFigures {
  readonly phase: string;
  readonly succeededPercent: number;
  /** Requests for each call. */
  readonly load: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

function figuresOf({ seconds, latenciesMs }: Course): readonly PhaseFigures[] {
  return phases.map(({ name }) => {
    const own = seconds.filter(({ phase }) => phase === name);
    const begun = own.reduce((sum, one) => sum + one.begun, 0);
    const latencies = (latenciesMs.get(name) ?? []).toSorted((one, other) => one - other);
    const quantile = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
    return {
      phase: name,
      succeededPercent: (100 * own.reduce((sum, one) => sum + one.succeeded, 0)) / begun,
      load: own.reduce((sum, one) => sum + one.received, 0) / begun,
      p50Ms: quantile(0.5),
      p99Ms: quantile(0.99),
    };
  });
}

function tell(name: string, course: Course): void {
  const figures = figuresOf(course);
  if (options.json) {
    const place = options.sockets ? 'sockets' : 'simulated';
    for (const one of figures) console.log(JSON.stringify({ bench: 'outage', place, way: name, ...one }));
    return;
  }
  console.log(name);
  for (const { phase, succeededPercent, load, p50Ms, p99Ms } of figures) {
    const success = `${succeededPercent.toFixed(1).padStart(6)} % succeed`;
    const burden = `${load.toFixed(2).padStart(5)} requests a call`;
    console.log(
      `  ${phase.padEnd(11)}${success}, ${burden}, p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms`,
    );
  }
}

const chosen = ways.filter(({ takesClock }) => options.sockets || takesClock);
const curves: { readonly name: string; readonly seconds: Course['seconds'] }[] = [];
for (const way of chosen) {
  const course = options.sockets ? await overSockets(way) : await simulate(way);
  tell(way.name, course);
  curves.push({ name: way.name, seconds: course.seconds });
}
const title = `A service that fails, is slow and recovers, ${options.sockets ? 'over sockets' : 'simulated'}`;
if (options.svg !== undefined) writeFileSync(options.svg, plot(title, curves));
