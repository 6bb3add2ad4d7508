/** What a balancer may be told: plain data, checked once. */
import { invalidOption } from '../../base/index.ts';
import { type EjectionOptions, Ejections } from './ejection.ts';
import { type PickerChoice, type PickerSettings, pickerSettings } from './pickers.ts';
import { SlowStart, type SlowStartOptions } from './slow-start.ts';
import { type StickyOptions, StickySessions } from './sticky.ts';
import { type ZoneOptions, ZoneSpill } from './zones.ts';

export interface BalancingOptions {
  /** How an instance is chosen among those that may be; `peak-ewma` unless given. */
  readonly picker?: PickerChoice;
  /** Keeps calls in this zone while it can carry them. Default: zones make no difference. */
  readonly zone?: ZoneOptions;
  /** Calls with one key go to the instance that the first of them went to. Default: only where the picker goes by key. */
  readonly sticky?: StickyOptions | true;
  /** Instances that come later get more from moment to moment. Default: all of their weight at once. */
  readonly slowStart?: SlowStartOptions;
  /** Sets aside instances that fail; `false` for never. Default: as `EjectionOptions` says. */
  readonly ejection?: EjectionOptions | false;
  /**
   * When less than this share of the instances is healthy all are used, from 0, for never, to 1; 0.3 unless given. So
   * many at once are more likely judged wrongly than ill, and the few that are left would follow them.
   */
  readonly panicBelow?: number;
  /** Whether instances of status `warning` are given calls like those that pass. Default false. */
  readonly servesWarning?: boolean;
}

export interface BalancerOptions extends BalancingOptions {
  /** Of its chance, a whole number: balancers with one seed pick alike, so each process needs one of its own. */
  readonly seed: number;
}

export interface BalancerSettings {
  readonly picker: PickerSettings;
  readonly zone: ZoneSpill | undefined;
  readonly sticky: StickySessions | undefined;
  readonly slowStart: SlowStart;
  readonly ejections: Ejections | undefined;
  readonly panicBelow: number;
  readonly servesWarning: boolean;
}

export function balancerSettings(options: BalancingOptions): BalancerSettings {
  const {
    picker = 'peak-ewma',
    zone,
    sticky,
    ejection = {},
    panicBelow = 0.3,
    servesWarning = false,
  } = options;
  if (!(panicBelow >= 0 && panicBelow <= 1)) {
    throw invalidOption('panicBelow', panicBelow, 'a number from 0, for never, to 1');
  }
  if (typeof servesWarning !== 'boolean')
    throw invalidOption('servesWarning', servesWarning, 'true or false');
  return {
    picker: pickerSettings(picker),
    zone: zone === undefined ? undefined : new ZoneSpill(zone),
    sticky: sticky === undefined ? undefined : new StickySessions(sticky === true ? {} : sticky),
    slowStart: new SlowStart(options.slowStart),
    ejections: ejection === false ? undefined : new Ejections(ejection),
    panicBelow,
    servesWarning,
  };
}
