/** The demonstration in a simulated world: callers and upstream on machines of their own in one virtual time. */
import { untilAborted } from '../../../src/base/index.ts';
import type { Clock } from '../../../src/ports/index.ts';
import { runTurns } from '../../../src/ports/real/index.ts';
import { World } from '../../../src/sim/machine/index.ts';
import { type Course, drive } from './driver.ts';
import { Upstream } from './upstream.ts';
import type { Send, Way } from './ways.ts';

/** There and back. */
const networkMs = 1;

export async function simulate(way: Way): Promise<Course> {
  const world = new World({ seed: 1, turns: runTurns });
  const started = Promise.withResolvers<Upstream>();
  let course: Course | undefined;
  world.addMachine({ name: 'upstream', program: ({ clock }) => started.resolve(new Upstream(clock)) });
  world.addMachine({
    name: 'callers',
    program: async ({ clock }) => {
      const upstream = await started.promise;
      const send = sending(upstream, clock);
      course = await drive(
        { clock, enter: (phase) => upstream.enter(phase), received: () => upstream.received },
        way.make(send, clock),
      );
    },
  });
  await world.runWhile(() => course === undefined, Number.POSITIVE_INFINITY);
  if (course === undefined) throw new Error(`${way.name} never came to an end`);
  return course;
}

function sending(upstream: Upstream, clock: Clock): Send {
  return async (signal) => {
    await new Promise<void>((resolve) => void clock.setTimer(networkMs, resolve));
    const answer = await untilAborted(upstream.handle(), signal);
    if (answer !== 'ok') throw new Error(answer);
  };
}
