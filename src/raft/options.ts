/**
 * What a group member can be told, checked once. All times are ticks: the host calls `tick` at most once per
 * `tickMs` of its monotonic clock, so time in which the process did not run does not count as silence of
 * others.
 */
import { invalidOption } from '../base/index.ts';
import type { GroupId, MemberId } from './entry.ts';

export interface RaftOptions {
  readonly group: GroupId;
  readonly member: MemberId;
  /**
   * Fresh and random for every member and every start: it seeds the election timeouts, and the numbers under
   * which reads are asked. Equal ones split votes again and again; a repeated one could let an answer to a
   * read of the former life pass for an answer to a new one.
   */
  readonly seed: number;
  /** Length of a tick in milliseconds. Default 10. Used only to turn ticks into the time of leases. */
  readonly tickMs?: number;
  /** A follower that hears nothing campaigns after a random number of ticks in [min, max]. Default 15 to 30. */
  readonly electionTicksMin?: number;
  readonly electionTicksMax?: number;
  /** A leader is heard at least this often. Default a third of `electionTicksMin`; at most half of it. */
  readonly heartbeatTicks?: number;
  /**
   * From 0 to 10, default 10. Each point below 10 makes the member wait a tenth of `electionTicksMax` longer
   * before it campaigns; at 0 it never does by itself, and leads only when leadership is transferred to it.
   */
  readonly priority?: number;
  /**
   * True: reads may be served on the leader's lease, without a round of messages. Followers then keep from
   * voting for `electionTicksMin` after each heartbeat, even when they see the leader's connection break.
   * Only for machines whose clocks keep going: on one that is suspended with its clock, a leader that was
   * replaced meanwhile believes in its lease and may answer from the past. Default false.
   */
  readonly leaseReads?: boolean;
  /**
   * True: the commit index rides on whatever goes to a follower next. Who is sent nothing hears of it when the
   * host asks (`tell-commit`), or by the end of the next tick but one. Under load that saves a message, its answer and a
   * turn of every follower for each batch. Default false: followers are told at once.
   */
  readonly lazyCommit?: boolean;
  /** The most by which two members' clocks differ in rate, as a share. Leases are shortened by it. Default 0.05. */
  readonly clockDriftMax?: number;
  /** Most bytes of entries in one append message; a larger entry goes alone. Default 1 MiB. */
  readonly appendBytesMax?: number;
  /** Most append messages, and bytes of entries in them, on the way to one follower. Defaults 256 and 16 MiB. */
  readonly inflightMessagesMax?: number;
  readonly inflightBytesMax?: number;
  /** Most bytes of entries that a leader holds uncommitted; proposals beyond are refused. Default 64 MiB. */
  readonly uncommittedBytesMax?: number;
  /** Most bytes of one command. Default 8 MiB. */
  readonly commandBytesMax?: number;
  /** Most bytes of entries handed out for apply in one output. Default 4 MiB. */
  readonly applyBytesMax?: number;
  /** Most reads that wait for confirmation or for the state machine; more are refused. Default 65,536. */
  readonly readsMax?: number;
  /** Most bytes of entries kept behind a snapshot for followers that are slow. Default 16 MiB. */
  readonly tailBytesMax?: number;
  /** A learner may become a voter when it lacks at most this many entries. Default 256. */
  readonly promotionLagMax?: number;
  /** A leader whose disk has not answered for so many ticks steps down. Default twice `electionTicksMax`. */
  readonly diskStallTicksMax?: number;
  /** A group without work for so many ticks stops its heartbeats. 0, the default: never. */
  readonly quiesceTicks?: number;
  /**
   * The levels that this member's software supports. The group's level rises to `levelMax` by steps when all
   * members can follow; a log of another level is refused. Default 1 for both.
   */
  readonly levelMin?: number;
  readonly levelMax?: number;
}

export type RaftSettings = Readonly<Required<RaftOptions>>;

interface Range {
  readonly least: number;
  readonly most: number;
}

const safe = Number.MAX_SAFE_INTEGER;
const ranges: { readonly [Name in keyof RaftOptions]?: Range } = {
  group: { least: 0, most: 0xffff_ffff },
  member: { least: 1, most: safe },
  seed: { least: -safe, most: safe },
  tickMs: { least: 1, most: 60_000 },
  electionTicksMin: { least: 2, most: 1_000_000 },
  electionTicksMax: { least: 2, most: 1_000_000 },
  heartbeatTicks: { least: 1, most: 1_000_000 },
  priority: { least: 0, most: 10 },
  appendBytesMax: { least: 1, most: 1 << 30 },
  inflightMessagesMax: { least: 1, most: 65_536 },
  inflightBytesMax: { least: 1, most: safe },
  uncommittedBytesMax: { least: 1, most: safe },
  commandBytesMax: { least: 1, most: 1 << 30 },
  applyBytesMax: { least: 1, most: safe },
  readsMax: { least: 1, most: safe },
  tailBytesMax: { least: 0, most: safe },
  promotionLagMax: { least: 0, most: safe },
  diskStallTicksMax: { least: 1, most: safe },
  quiesceTicks: { least: 0, most: safe },
  levelMin: { least: 1, most: safe },
  levelMax: { least: 1, most: safe },
};

/** Fills the defaults and refuses what cannot work, naming the option. */
export function raftSettings(options: RaftOptions): RaftSettings {
  const electionTicksMin = options.electionTicksMin ?? 15;
  const electionTicksMax = options.electionTicksMax ?? electionTicksMin * 2;
  const settings: RaftSettings = {
    group: options.group,
    member: options.member,
    seed: options.seed,
    tickMs: options.tickMs ?? 10,
    electionTicksMin,
    electionTicksMax,
    heartbeatTicks: options.heartbeatTicks ?? Math.max(1, Math.floor(electionTicksMin / 3)),
    priority: options.priority ?? 10,
    leaseReads: options.leaseReads ?? false,
    lazyCommit: options.lazyCommit ?? false,
    clockDriftMax: options.clockDriftMax ?? 0.05,
    appendBytesMax: options.appendBytesMax ?? 1 << 20,
    inflightMessagesMax: options.inflightMessagesMax ?? 256,
    inflightBytesMax: options.inflightBytesMax ?? 16 << 20,
    uncommittedBytesMax: options.uncommittedBytesMax ?? 64 << 20,
    commandBytesMax: options.commandBytesMax ?? 8 << 20,
    applyBytesMax: options.applyBytesMax ?? 4 << 20,
    readsMax: options.readsMax ?? 65_536,
    tailBytesMax: options.tailBytesMax ?? 16 << 20,
    promotionLagMax: options.promotionLagMax ?? 256,
    diskStallTicksMax: options.diskStallTicksMax ?? 2 * electionTicksMax,
    quiesceTicks: options.quiesceTicks ?? 0,
    levelMin: options.levelMin ?? 1,
    levelMax: options.levelMax ?? Math.max(1, options.levelMin ?? 1),
  };
  checkRanges(settings);
  checkTogether(settings);
  return settings;
}

function checkRanges(settings: RaftSettings): void {
  for (const [name, { least, most }] of Object.entries(ranges)) {
    const value = settings[name as keyof RaftSettings];
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      throw invalidOption(name, value, `a whole number from ${least} to ${most}`);
    }
  }
}

function checkTogether(settings: RaftSettings): void {
  const { electionTicksMin, electionTicksMax, heartbeatTicks, clockDriftMax, levelMin, levelMax } = settings;
  if (electionTicksMax <= electionTicksMin) {
    throw invalidOption('electionTicksMax', electionTicksMax, `above electionTicksMin (${electionTicksMin})`);
  }
  if (heartbeatTicks * 2 > electionTicksMin) {
    throw invalidOption(
      'heartbeatTicks',
      heartbeatTicks,
      `at most half of electionTicksMin (${electionTicksMin})`,
    );
  }
  if (levelMax < levelMin) throw invalidOption('levelMax', levelMax, `at least levelMin (${levelMin})`);
  if (!(clockDriftMax >= 0 && clockDriftMax < 0.5)) {
    throw invalidOption('clockDriftMax', clockDriftMax, 'a share from 0 up to but not including 0.5');
  }
}

/**
 * How long a leader may trust that its followers keep from voting, counted from when the heartbeat that they
 * acknowledged was issued. They count whole ticks, the first of which may come at once; and their clocks may
 * run fast while ours runs slow.
 */
export function leaseMs(settings: RaftSettings): number {
  return (
    ((settings.electionTicksMin - 1) * settings.tickMs * (1 - settings.clockDriftMax)) /
    (1 + settings.clockDriftMax)
  );
}
