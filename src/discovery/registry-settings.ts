/** What a registry goes by: checked once, when it is made, and filled with what holds where nothing is said. */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import type { HealthPorts } from './checks/index.ts';
import type { SnapshotCopies } from './snapshot-copies.ts';

export interface RegistryOptions {
  /** How long an instance that is not heard of stays, where its registration is not told otherwise. Default: that of the coordination. */
  readonly ttl?: Duration;
  /**
   * How often an instance looks whether it is still there, since what keeps it there may fail unheard: somebody deletes
   * it, a server forgets it. Each waits up to a quarter less or more. Default 1 minute.
   */
  readonly lookEvery?: Duration;
  /** How often a view makes sure that the registry can be heard. Default 5 s. */
  readonly hearEvery?: Duration;
  /** For how long without the registry what was known last is something to go by. Default 1 hour. */
  readonly staleAfterMax?: Duration;
  /** What a view shows beyond that: nothing, or still what was known last. Default `empty`. */
  readonly beyond?: 'empty' | 'keep';
  /**
   * Where at least this share of all instances vanishes at once, unsaid, it is taken for trouble of the registry: they
   * stay in the list, each for `hold` at most. Default a share of 0.8 and 30 s; false: whatever vanishes is gone.
   */
  readonly lossGuard?: { readonly share?: number; readonly hold?: Duration } | false;
  /** What `checks` of instances need of the machine. Default: the clock and the chance of the engine, and the real rest. */
  readonly ports?: Partial<HealthPorts>;
  /** Keeps what was known last, for a process that starts while the registry is away. Default: nothing does. */
  readonly copies?: SnapshotCopies;
}

export interface RegistrySettings {
  readonly ttlMs: number | undefined;
  readonly lookMs: number;
  readonly hearMs: number;
  readonly staleMsMax: number;
  readonly beyond: 'empty' | 'keep';
  readonly lossGuard: { readonly share: number; readonly holdMs: number } | undefined;
  readonly copies: SnapshotCopies | undefined;
  readonly ports: Partial<HealthPorts>;
}

/** A server that is asked more often than this hears of little else. */
const everyMsMin = 100;

/** Throws `invalid-option`. */
export function settingsOf(options: RegistryOptions): RegistrySettings {
  const { ttl, beyond = 'empty', lossGuard = {}, copies, ports = {} } = options;
  if (beyond !== 'empty' && beyond !== 'keep') throw invalidOption('beyond', beyond, "'empty' or 'keep'");
  return {
    ttlMs: ttl === undefined ? undefined : durationMs(ttl, 'ttl'),
    lookMs: everyMs(options.lookEvery ?? '1m', 'lookEvery'),
    hearMs: everyMs(options.hearEvery ?? '5s', 'hearEvery'),
    staleMsMax: durationMs(options.staleAfterMax ?? '1h', 'staleAfterMax'),
    beyond,
    lossGuard: lossGuard === false ? undefined : guardOf(lossGuard),
    copies,
    ports,
  };
}

function guardOf({
  share = 0.8,
  hold = '30s',
}: Exclude<RegistryOptions['lossGuard'], false | undefined>): RegistrySettings['lossGuard'] {
  if (!(share > 0 && share <= 1))
    throw invalidOption('lossGuard.share', share, 'a number above 0 and at most 1, or lossGuard false');
  return { share, holdMs: durationMs(hold, 'lossGuard.hold') };
}

function everyMs(duration: Duration, option: string): number {
  const milliseconds = durationMs(duration, option);
  if (milliseconds >= everyMsMin) return milliseconds;
  throw invalidOption(option, duration, `at least ${everyMsMin} ms`);
}
