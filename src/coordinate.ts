/** Recipes on whatever a program has: a store of ours, or an engine. */
import { Store } from './client/index.ts';
import type { Capability, Engine } from './engines/port/index.ts';
import { engineOn, type QuorateCapabilities } from './engines/quorate/index.ts';
import { type Coordination, type CoordinationOptions, coordinate as coordinateOn } from './recipes/index.ts';

export function coordinate(store: Store, options?: CoordinationOptions): Coordination<QuorateCapabilities>;
export function coordinate<C extends Capability>(
  engine: Engine<C>,
  options?: CoordinationOptions,
): Coordination<C>;
export function coordinate(
  on: Store | Engine<Capability>,
  options: CoordinationOptions = {},
): Coordination<Capability> {
  return coordinateOn(on instanceof Store ? engineOn(on) : on, options);
}
