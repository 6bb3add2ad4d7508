/** Who waits for anything when his coordination is closed hears that it was closed, at whatever moment it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import type { Capability } from '../../src/engines/port/index.ts';
import type { Coordination } from '../../src/recipes/index.ts';
import { turn } from '../net/manual-clock.ts';
import { type Program, Town } from './town.ts';

interface Row {
  readonly name: string;
  readonly ask: (coordination: Coordination<Capability>, signal: AbortSignal) => Promise<unknown>;
}

const rows: readonly Row[] = [
  { name: 'a lock', ask: (all, signal) => all.lock('l').acquire({ signal }) },
  { name: 'a lock with a delay', ask: (all, signal) => all.lock('l', { delay: '5s' }).acquire({ signal }) },
  { name: 'a lock, without waiting', ask: (all, signal) => all.lock('l').tryAcquire({ signal }) },
  { name: 'several locks', ask: (all, signal) => all.locks(['l', 'm']).acquire({ signal }) },
  { name: 'a lock for reading', ask: (all, signal) => all.readWriteLock('l').read.acquire({ signal }) },
  { name: 'a lock for writing', ask: (all, signal) => all.readWriteLock('l').write.acquire({ signal }) },
  { name: 'a permit', ask: (all, signal) => all.semaphore('l', { permits: 1 }).acquire({ signal }) },
  { name: 'an election', ask: (all, signal) => all.election('l').campaign({ signal }) },
  { name: 'to lead', ask: (all, signal) => all.election('l').lead(() => signal.aborted, { signal }) },
  { name: 'a double barrier', ask: (all, signal) => all.doubleBarrier('l', 2).enter({ signal }) },
  { name: 'a latch', ask: (all, signal) => all.latch('l', 1).wait({ signal }) },
  { name: 'an item', ask: (all, signal) => all.queue('l').take({ signal }) },
  { name: 'an item, without waiting', ask: (all, signal) => all.queue('l').tryTake({ signal }) },
  { name: 'a name in a group', ask: (all, signal) => all.group('l').join('me', 1, { wait: '9s', signal }) },
  { name: 'an event of a topic', ask: (all, signal) => all.topic('l').group('g').events({ signal }).next() },
];

/** What others have, so that whoever asks waits. */
async function occupy({ coordination: other }: Program): Promise<void> {
  await other.lock('l').acquire();
  await other.readWriteLock('l').write.acquire();
  await other.semaphore('l', { permits: 1 }).acquire();
  await other.election('l').campaign();
  await other.group('l').join('me', 1);
  await other.topic('l').group('g').begin();
}

/** Nobody, or others, have it; a session is there or not. */
const scenes = [
  { isTaken: false, isOpen: true },
  { isTaken: true, isOpen: true },
  { isTaken: false, isOpen: false },
] as const;

/** A moment: behind so many answers of the server, and so many promises behind that. */
const moments = [1, 2, 3].flatMap((answers) =>
  Array.from({ length: 8 }, (_, promises) => ({ answers, promises })),
);

/** More than any answer here takes. */
async function someTurns(): Promise<void> {
  for (let turns = 0; turns < 20; turns += 1) await turn();
}

/** Closes it in that moment, or in the end, when nothing comes any more. */
async function closedAt(
  { engine, coordination }: Program,
  { answers, promises }: (typeof moments)[number],
): Promise<void> {
  const moment = Promise.withResolvers<void>();
  let left = answers;
  engine.onAnswer = () => {
    left -= 1;
    if (left === 0) moment.resolve();
  };
  await Promise.race([moment.promise, someTurns()]);
  for (let count = 0; count < promises; count += 1) await Promise.resolve();
  await coordination.close();
}

for (const { name, ask } of rows)
  test(`who waits for ${name} when his coordination is closed hears that, and of nothing else`, async () => {
    for (const { isTaken, isOpen } of scenes) {
      await using town = await Town.open();
      if (isTaken) await occupy(await town.program());
      for (const moment of moments) {
        const program = await town.program();
        const { coordination } = program;
        if (isOpen) await (await coordination.lock('other').acquire()).release();
        const told = ask(coordination, new AbortController().signal).then(
          () => 'granted',
          (error: unknown) => (isQuorateError(error) ? error.code : String(error)),
        );
        await closedAt(program, moment);
        const heard = await told;
        const when = JSON.stringify({ isTaken, isOpen, ...moment });
        if (heard !== 'granted') assert.equal(heard, 'closed', when);
      }
    }
  });
