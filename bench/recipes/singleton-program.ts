/**
 * A program that stands for a singleton, as a user would write it, and tells when its run begins. It runs until it is
 * told to stop; so a run that was cut short is begun again by whoever leads next, at once.
 *
 *   node singleton-program.ts URL NAME TTL-MS
 */
import { openEngine } from '../../src/engines/addresses/index.ts';
import { coordinate } from '../../src/recipes/index.ts';

/** By the clock that all processes of a machine share. */
export interface Begun {
  readonly atNs: string;
  readonly attempt: number;
}

const [, , url = '', name = '', ttl = '2000'] = process.argv;

// Whoever started this program has an engine that has the capabilities; the address tells the compiler nothing.
const engine = await openEngine(url as string);
const coordination = coordinate(engine, { ttl: Number(ttl) });
const schedule = { every: 100, missed: 'once' } as const;
const singleton = coordination.singleton(name, schedule, async ({ attempt, signal }) => {
  const begun: Begun = { atNs: String(process.hrtime.bigint()), attempt };
  process.send?.(begun);
  await new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
});

process.once('SIGTERM', () => {
  void singleton
    .close()
    .then(() => coordination.close())
    .then(() => engine.close())
    .then(() => process.disconnect?.());
});
