/**
 * The end of a repair: when every damaged group has from its peers what it had lost, the log lets its damaged
 * places go, and only then the losses are struck off and the groups vote again. A crash anywhere before that
 * begins the repair anew. A group that may have lost a vote stays damaged; to vote again its member must be
 * removed, and the machine added under a new identity.
 */
import type { Clock, Log, Timer } from '../ports/index.ts';
import type { GroupId } from '../raft/index.ts';
import type { WriteAheadLog } from '../storage/index.ts';
import type { DamageRecord } from './damage-record.ts';

export interface RepairsOptions {
  readonly wal: Pick<WriteAheadLog, 'rewrite' | 'status'>;
  readonly damage: DamageRecord;
  /** The log has damaged places to let go. */
  readonly hasDamagedPlaces: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** The group's loss is made up for, durably and without a trace. */
  readonly madeWhole: (group: GroupId) => void;
}

/** A full disk may be why the log could not let go; it has its own bounds, so this only tries again. */
const retryMs = 5_000;

export class Repairs {
  readonly #options: RepairsOptions;
  /** Damaged groups that lack something. */
  readonly #waiting: Set<GroupId>;
  /** The segment that was being filled at the start; all damaged places lie before it. */
  readonly #firstSound: number;
  #work: Promise<void> | undefined;
  #retry: Timer | undefined;
  #isClosed = false;

  constructor(options: RepairsOptions) {
    this.#options = options;
    this.#waiting = new Set(options.damage.groups);
    this.#firstSound = options.wal.status().activeSegment;
  }

  /** Places whose contents were made up for before this start are let go at once. */
  begin(): void {
    if (this.#waiting.size === 0 && this.#options.hasDamagedPlaces) this.#start();
  }

  /** The group holds everything again. */
  repaired(group: GroupId): void {
    this.#options.log.info('group repaired', { group, loss: this.#options.damage.of(group) });
    this.#waiting.delete(group);
    if (this.#waiting.size === 0) this.#start();
  }

  /** Resolves when nothing is under way any more. The log is still open then. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retry?.cancel();
    await this.#work;
  }

  #start(): void {
    if (this.#isClosed) return;
    this.#work = this.#finish();
  }

  async #finish(): Promise<void> {
    const { damage, log, clock, madeWhole } = this.#options;
    try {
      if (!(await this.#letGo())) throw new Error('the log still needs a damaged segment');
      if (this.#isClosed) return;
      const whole = damage.groups.filter((group) => damage.of(group) === 'entries');
      if (whole.length > 0) await damage.strike(whole);
      log.info('damage repaired', { groups: whole, votesLost: damage.groups });
      if (!this.#isClosed) for (const group of whole) madeWhole(group);
    } catch (cause) {
      if (this.#isClosed) return;
      log.warn('damage not let go yet', { cause });
      this.#retry = clock.setTimer(retryMs, () => this.#start(), { background: true });
    }
  }

  async #letGo(): Promise<boolean> {
    const { wal, hasDamagedPlaces } = this.#options;
    if (!hasDamagedPlaces) return true;
    await wal.rewrite();
    return wal.status().oldestSegment >= this.#firstSound;
  }
}
