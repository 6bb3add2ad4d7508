/** What the stories about the simulated world have in common. */
import type { ConnectionHandler, Machine } from '../../../src/ports/index.ts';
import { runTurns } from '../../../src/ports/real/index.ts';
import {
  type MachineOptions,
  type Program,
  World,
  type WorldOptions,
} from '../../../src/sim/machine/index.ts';

export function makeWorld(options: Partial<WorldOptions> = {}): World {
  return new World({ seed: 1, turns: runTurns, ...options });
}

/** A world of machines that run nothing, named as they are listed. */
export function worldOf(names: readonly string[], options: Partial<WorldOptions> = {}): World {
  const world = makeWorld(options);
  for (const name of names) world.addMachine({ name });
  return world;
}

/** A machine whose clocks are exact, so that a story can count milliseconds. */
export function exact(name: string, program?: Program): MachineOptions {
  return { name, driftPpmMax: 0, wallOffsetMsMax: 0, ...(program && { program }) };
}

/** Runs a story as a program of the machine, to its end; whatever else the world does goes on meanwhile. */
export async function tell(
  world: World,
  machine: string,
  story: (machine: Machine) => void | Promise<void>,
): Promise<void> {
  let over = false;
  world.machine(machine).start(async (ports) => {
    await story(ports);
    over = true;
  });
  await world.runWhile(() => !over, Number.POSITIVE_INFINITY);
  if (!over) throw new Error(`the story on ${machine} did not end: nothing is left to happen`);
}

export function sleep({ clock }: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(forMs, resolve));
}

export function bytesOf(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

/** For connections that only send. */
export const deaf: ConnectionHandler = {
  received: () => undefined,
  drained: () => undefined,
  ended: () => undefined,
  closed: () => undefined,
};

/** A program that counts its own turns, one every ten milliseconds. */
export function counter(turns: number[]): (machine: Machine) => void {
  return ({ clock }) => {
    const tick = (): void => {
      turns.push(clock.now());
      clock.setTimer(10, tick);
    };
    clock.setTimer(10, tick);
  };
}
