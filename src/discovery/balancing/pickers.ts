/** All pickers by their names, as plain data with the options that each has. */
import { invalidOption, type Prng } from '../../base/index.ts';
import { callsUnderWay, RandomPicker, TwoChoices } from './chance.ts';
import { GradualSpread, PresentSpread } from './key-spread.ts';
import { BoundedLoad, KeyedPicker } from './keyed.ts';
import { maglevOf, rendezvousOf, ringOf } from './keyed-placement.ts';
import { LeastConnections } from './least-connections.ts';
import { PeakLatency, type PeakLatencyOptions } from './peak-latency.ts';
import type { Picker } from './picker.ts';
import type { SlowStart } from './slow-start.ts';
import { RoundRobin, SmoothWeighted } from './turns.ts';

export type PickerName =
  | 'round-robin'
  | 'weighted-round-robin'
  | 'random'
  | 'least-connections'
  | 'two-choices'
  | 'peak-ewma'
  | 'ring'
  | 'rendezvous'
  | 'maglev'
  | 'bounded-load';

export interface BoundedLoadOptions {
  /** Calls under way that an instance may have, against its share of all by weight: more than 1; 1.25 unless given. */
  readonly factor?: number;
}

/** A name, or with options of its own. */
export type PickerChoice =
  | PickerName
  | ({ readonly kind: 'peak-ewma' } & PeakLatencyOptions)
  | ({ readonly kind: 'bounded-load' } & BoundedLoadOptions);

interface PickerParts {
  readonly random: Prng;
  readonly slowStart: SlowStart;
  /** Fed with every latency, whichever picker it is for. */
  readonly latency: PeakLatency;
  readonly factor: number;
}

type Make = (parts: PickerParts) => Picker;

const makers: { readonly [Name in PickerName]: Make } = {
  'round-robin': ({ random }) => new RoundRobin(random),
  'weighted-round-robin': ({ slowStart }) => new SmoothWeighted(slowStart),
  random: ({ random, slowStart }) => new RandomPicker(random, slowStart),
  'least-connections': ({ slowStart }) => new LeastConnections(slowStart),
  'two-choices': ({ random, slowStart }) => new TwoChoices(random, slowStart, callsUnderWay),
  'peak-ewma': ({ random, slowStart, latency }) => new TwoChoices(random, slowStart, latency),
  ring: ({ random }) => new KeyedPicker(new PresentSpread(ringOf), new RoundRobin(random)),
  rendezvous: ({ random }) => new KeyedPicker(new PresentSpread(rendezvousOf), new RoundRobin(random)),
  maglev: ({ random }) => new KeyedPicker(new GradualSpread(maglevOf), new RoundRobin(random)),
  'bounded-load': ({ random, factor }) => new BoundedLoad(factor, new RoundRobin(random)),
};

export interface PickerSettings {
  readonly make: Make;
  readonly isKeyed: boolean;
  readonly latency: PeakLatency;
  readonly factor: number;
}

const keyedNames: readonly PickerName[] = ['ring', 'rendezvous', 'maglev', 'bounded-load'];

export function pickerSettings(choice: PickerChoice): PickerSettings {
  const given = typeof choice === 'string' ? { kind: choice } : choice;
  const kind = typeof given === 'object' && given !== null ? given.kind : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(makers, kind)) {
    throw invalidOption(
      'picker',
      choice,
      `one of ${Object.keys(makers).join(', ')}, or an object of that kind`,
    );
  }
  const factor = (given as BoundedLoadOptions).factor ?? 1.25;
  if (typeof factor !== 'number' || !(factor > 1 && factor < Number.POSITIVE_INFINITY)) {
    throw invalidOption('picker.factor', factor, 'a finite number above 1');
  }
  return {
    make: makers[kind],
    isKeyed: keyedNames.includes(kind),
    latency: new PeakLatency(kind === 'peak-ewma' ? (given as PeakLatencyOptions) : {}),
    factor,
  };
}
