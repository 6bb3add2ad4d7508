/**
 * One member as an onlooker sees it, over all its lives: the log that it has, the log and the promises that its
 * disk has, the configurations in its log, and what its present process has said and done.
 */
import {
  type Configuration,
  decodeConfiguration,
  type Entry,
  type EntryId,
  emptyConfiguration,
  type MemberId,
  type Recovery,
} from '../../../raft/index.ts';
import { ShadowLog } from './shadow-log.ts';

interface PlacedConfiguration {
  readonly index: number;
  readonly configuration: Configuration;
}

/** What the disk holds beside the log, by the disk's own account. */
interface DurableState {
  term: number;
  vote: MemberId;
  commit: number;
  /** Where its last own snapshot ends. */
  snapshot: number;
}

export class MemberShadow {
  readonly member: MemberId;
  readonly log: ShadowLog = new ShadowLog();
  readonly durableLog: ShadowLog = new ShadowLog();
  readonly durable: DurableState = { term: 0, vote: 0, commit: 0, snapshot: 0 };
  /** Its disk once lost what it promised. */
  hasEverLost = false;
  /** The last acknowledgement: of what, and to the leader of which term. */
  accepted: { term: number; match: EntryId } | undefined;

  #lostPromises = false;
  /** Its peers have given it back what it lost; it may forget that there was damage, and only then say so. */
  #isRepaired = false;

  // Of the present process.
  isRecovered = false;
  isRestoring = false;
  applied = 0;
  /** The greatest term that it has said, and the greatest commit index that it has told as a leader. */
  toldTerm = 0;
  toldCommit = 0;
  /** The term that it leads; 0 when it does not. */
  leads = 0;
  /** It may act on this commit index although nobody was told of it: what it could know when it stopped leading. */
  mayKnow = 0;
  #configurations: PlacedConfiguration[] = [{ index: 0, configuration: emptyConfiguration }];
  /** Those in force since the commit index was last looked at. */
  #since: Configuration[] = [];

  constructor(member: MemberId) {
    this.member = member;
  }

  /** Its disk has lost what it promised: it may not vote or count until it is whole again, if ever. */
  get lostPromises(): boolean {
    return this.#lostPromises;
  }

  lose(): void {
    this.#isRepaired = false;
    this.#lostPromises = true;
    this.hasEverLost = true;
  }

  get configuration(): Configuration {
    return (this.#configurations.at(-1) as PlacedConfiguration).configuration;
  }

  get configurationIndex(): number {
    return (this.#configurations.at(-1) as PlacedConfiguration).index;
  }

  /** The configurations by which it may have counted a quorum since the last call of `counted`. */
  get countedBy(): readonly Configuration[] {
    return this.#since;
  }

  counted(): void {
    this.#since = [this.configuration];
  }

  /** It has what it lost. What it acknowledged before lies at or below that. */
  madeWhole(): void {
    this.#isRepaired = false;
    this.#lostPromises = false;
    this.accepted = undefined;
  }

  /** Its core holds everything again. */
  repaired(): void {
    this.#isRepaired = this.#lostPromises;
  }

  /** A new process has found no damage. One before it may have died between forgetting what was repaired and saying so. */
  soundAgain(): void {
    if (this.#isRepaired) this.madeWhole();
  }

  /** A new process begins. */
  start(): void {
    this.isRecovered = false;
    this.isRestoring = false;
    this.applied = 0;
    this.toldTerm = 0;
    this.toldCommit = 0;
    this.leads = 0;
    this.mayKnow = 0;
  }

  /** What the disk brought back takes the place of both logs; entries are put by the caller, who looks at them. */
  recover({ base = { index: 0, term: 0 }, configuration = emptyConfiguration, hardState }: Recovery): void {
    this.isRecovered = true;
    this.log.reset(base);
    this.durableLog.reset(base);
    this.#configurations = [{ index: base.index, configuration }];
    this.#since = [configuration];
    const { term = 0, vote = 0, commit = 0 } = hardState ?? {};
    Object.assign(this.durable, { term, vote, commit });
  }

  /** A snapshot takes the place of the log. */
  install(mark: EntryId & { readonly configuration: Configuration }): void {
    this.log.reset(mark);
    this.#configurations = [{ index: mark.index, configuration: mark.configuration }];
    this.#since.push(mark.configuration);
  }

  /** Puts an entry into the log, in place of what was there and behind it. */
  append({ index, term, kind, data }: Entry): void {
    if (index <= this.log.last) {
      while (this.configurationIndex >= index) this.#configurations.pop();
      this.#since.push(this.configuration);
    }
    this.log.put(index, term);
    if (kind !== 'configuration') return;
    const configuration = decodeConfiguration(data);
    this.#configurations.push({ index, configuration });
    this.#since.push(configuration);
  }
}
