/**
 * Watches a whole cluster over the whole history and stops the world at the first broken invariant of Raft.
 * It hears what no single node may know: all elections, all votes, all logs, all applied states, and what every
 * disk has made durable. What was seen once stays true, across crashes and restarts.
 */
import type {
  Configuration,
  Entry,
  MemberId,
  Message,
  Persist,
  RaftEvent,
  RaftView,
  Recovery,
} from '../../raft/index.ts';
import { decodeConfiguration } from '../../raft/index.ts';
import type { FlushVisitor } from '../../storage/index.ts';
import { eventName } from './event-names.ts';
import {
  type Coverage,
  checkChange,
  checkLeader,
  checkPromise,
  checkRecovery,
  InvariantBroken,
  isQuorum,
  LogBook,
  MemberShadow,
  noteCommit,
  noteDurable,
  quorumHolds,
  StepRules,
} from './invariants/index.ts';

export interface MonitorOptions {
  /** Hears of a violation even where throwing reaches nobody. */
  readonly broken?: (error: InvariantBroken) => void;
  /** True time. Default: it stands still. */
  readonly nowMs?: () => number;
}

/** Longer than any fault can keep an election under way that began before its candidate was removed. */
const electionMsMax = 15_000;

export class Monitor {
  readonly coverage: Coverage = new Map();
  /** True: faults are over, and nobody changes members any more. */
  calm = false;
  readonly #broken: (error: InvariantBroken) => void;
  readonly #book = new LogBook((configuration) => this.#membersChanged(configuration));
  /** By identity: those of simulated members are small numbers. */
  readonly #shadows: (MemberShadow | undefined)[] = [];
  /** How each member's core was after its last step. */
  readonly #steps: (StepRules | undefined)[] = [];
  /** Who led each term. */
  readonly #leaders = new Map<number, MemberId>();
  /** Whom each member voted for in each term. */
  readonly #votes = new Map<number, Map<MemberId, MemberId>>();
  /** The state's hash at each index, as whoever applied it first saw it. */
  readonly #hashes = new Map<number, number>();
  readonly #shadow = (member: MemberId): MemberShadow => {
    const known = this.#shadows[member];
    if (known !== undefined) return known;
    const shadow = new MemberShadow(member);
    this.#shadows[member] = shadow;
    return shadow;
  };

  /** The committed configuration, and since when those who were in one before are in none. */
  #configuration: Configuration | undefined;
  readonly #outSinceMs = new Map<MemberId, number>();
  readonly #nowMs: () => number;

  constructor({ broken = () => undefined, nowMs = () => 0 }: MonitorOptions = {}) {
    this.#broken = broken;
    this.#nowMs = nowMs;
  }

  /** The greatest index that anybody has acted on as committed. */
  get committed(): number {
    return this.#book.committed.last;
  }

  count(what: string, by = 1): void {
    this.coverage.set(what, (this.coverage.get(what) ?? 0) + by);
  }

  /** A process of the member begins. */
  started(member: MemberId): void {
    this.#shadow(member).start();
    this.#steps[member] = new StepRules(member, this.#shadow);
  }

  /** All that the member had is lost, and nobody may come back under its name. */
  lostForEver(member: MemberId): void {
    this.#shadow(member).lose();
  }

  hasLostPromises(member: MemberId): boolean {
    return this.#shadow(member).lostPromises;
  }

  /** Everybody in the configuration that this member has. */
  membersSeenBy(member: MemberId): readonly MemberId[] {
    return allMembers(this.#shadow(member).configuration);
  }

  /** What a member's disk brought back, before it takes part. */
  recovered(member: MemberId, recovery: Recovery): void {
    this.#guarded(() => {
      const shadow = this.#shadow(member);
      if (recovery.damaged) shadow.lose();
      else shadow.soundAgain();
      if (!shadow.lostPromises) checkRecovery(shadow, recovery, this.#book);
      this.count('members recovered');
      shadow.recover(recovery);
      // Of the configuration with which a cluster begins there is no entry.
      if (recovery.configuration?.voters.length && this.#configuration === undefined) {
        this.#configuration = recovery.configuration;
        this.#book.begin(recovery.configuration);
      }
      for (const entry of recovery.entries ?? []) {
        this.#append(shadow, entry);
        shadow.durableLog.put(entry.index, entry.term);
      }
    });
  }

  /** A member is about to write this to its log. */
  persists(member: MemberId, { hardState, entries, snapshot }: Persist): void {
    this.#guarded(() => {
      const shadow = this.#shadow(member);
      if (snapshot !== undefined) {
        if (snapshot.index <= shadow.applied)
          throw new InvariantBroken(
            `member ${member} installs a snapshot at ${snapshot.index}, and has applied ${shadow.applied}`,
          );
        this.#book.checkMark(member, snapshot);
        shadow.install(snapshot);
      }
      for (const entry of entries) this.#append(shadow, entry);
      if (hardState !== undefined) noteCommit(shadow, hardState.commit, this.#book, this.#shadow);
    });
  }

  /** Hears what the member's disk calls durable, in its order. */
  disk(member: MemberId): FlushVisitor {
    const shadow = this.#shadow(member);
    // A log that is being opened writes again what it found; what that comes to is told by `recovered`.
    return {
      entry: (_, index, term) => {
        if (shadow.isRecovered) shadow.durableLog.put(index, term);
      },
      change: (_, change) => {
        if (!shadow.isRecovered) return;
        if (change.snapshot !== undefined) this.count('snapshots taken');
        if (change.installed !== undefined) this.count('snapshots installed');
        this.#guarded(() => {
          noteDurable(shadow, change);
          if (change.snapshot !== undefined) this.#book.checkMark(member, change.snapshot);
        });
      },
    };
  }

  /** A message leaves a member. */
  sent(message: Message): void {
    const { kind, from, term } = message;
    try {
      const shadow = this.#shadow(from);
      if (kind === 'append' || kind === 'heartbeat') this.#noteLeader(shadow, term);
      checkPromise(shadow, message);
      if (kind === 'append' || kind === 'heartbeat')
        noteCommit(shadow, message.commit, this.#book, this.#shadow);
      else if (kind === 'vote-reply' && message.granted && !message.preVote)
        this.#noteVote(from, term, message.to);
    } catch (error) {
      this.#fail(error);
    }
  }

  event(member: MemberId, event: RaftEvent): void {
    const name = eventName(event);
    if (name !== undefined) this.count(name);
    if (event.kind === 'made-whole') this.#shadow(member).madeWhole();
    if (event.kind === 'repaired' && event.damage === 'entries') this.#shadow(member).repaired();
    if (event.kind !== 'role-changed') return;
    this.#guarded(() => {
      const shadow = this.#shadow(member);
      if (event.role === 'candidate') this.#checkCandidate(member, event);
      if (event.role === 'leader') {
        this.#noteLeader(shadow, event.term);
        this.#checkElection(shadow, event.term);
        checkLeader(shadow, event.term, this.#book);
      } else if (shadow.leads !== 0) {
        shadow.mayKnow = quorumHolds(shadow, shadow.leads, this.#shadow);
        shadow.leads = 0;
      }
    });
  }

  /** A snapshot is about to take the place of a member's state. */
  restored(member: MemberId): void {
    this.count('snapshots restored');
    this.#shadow(member).isRestoring = true;
  }

  /** A member's state machine holds `index`. */
  reached(member: MemberId, index: number, hash: number): void {
    try {
      const shadow = this.#shadow(member);
      const known = this.#hashes.get(index);
      if (known === undefined) this.#hashes.set(index, hash);
      else if (known !== hash)
        throw new InvariantBroken(
          `member ${member} applied something else at ${index} than the first that applied it`,
        );
      if (shadow.isRestoring ? index <= shadow.applied : index !== shadow.applied + 1)
        throw new InvariantBroken(`member ${member} applies ${index} after ${shadow.applied}`);
      if (!shadow.isRestoring && shadow.isRecovered) this.#checkApplied(shadow, index);
      shadow.isRestoring = false;
      shadow.applied = index;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A client was told that its command was carried out at `revision`. */
  answered(revision: number): void {
    this.#guarded(() => {
      if (revision > this.committed)
        throw new InvariantBroken(
          `a client was told of revision ${revision}, and ${this.committed} is the last that is committed`,
        );
    });
  }

  /** A member's core has taken a step. */
  stepped(member: MemberId, view: RaftView): void {
    try {
      this.#steps[member]?.look(view);
    } catch (error) {
      this.#fail(error);
    }
  }

  #append(shadow: MemberShadow, entry: Entry): void {
    const { log } = shadow;
    const { index, term } = entry;
    const previous = index - 1;
    this.#book.note(shadow.member, { index: previous, term: log.termAt(previous) }, entry);
    if (entry.kind === 'configuration' && shadow.leads === term && shadow.isRecovered)
      checkChange(shadow, decodeConfiguration(entry.data), this.#book, this.#shadow);
    shadow.append(entry);
  }

  #checkApplied(shadow: MemberShadow, index: number): void {
    noteCommit(shadow, index, this.#book, this.#shadow);
    const { log, member } = shadow;
    const { committed } = this.#book;
    if (index > log.base && log.termAt(index) !== committed.termAt(index))
      throw new InvariantBroken(
        `member ${member} applies the entry ${index} of term ${log.termAt(index)}, but that of term ${committed.termAt(index)} is committed`,
      );
  }

  #noteLeader(shadow: MemberShadow, term: number): void {
    if (shadow.leads === term) return;
    const { member } = shadow;
    const other = this.#leaders.get(term);
    if (other !== undefined && other !== member)
      throw new InvariantBroken(`term ${term} has two leaders: ${other} and ${member}`);
    this.#leaders.set(term, member);
    shadow.leads = term;
  }

  #noteVote(from: MemberId, term: number, to: MemberId): void {
    let votes = this.#votes.get(term);
    if (votes === undefined) {
      votes = new Map();
      this.#votes.set(term, votes);
    }
    const before = votes.get(from);
    if (before !== undefined && before !== to)
      throw new InvariantBroken(`member ${from} voted for ${before} and for ${to} in term ${term}`);
    votes.set(from, to);
  }

  /** Enough votes left for the winner, each voter counted once, its own by what its disk has. */
  #checkElection({ member, configuration, durable }: MemberShadow, term: number): void {
    const votes = this.#votes.get(term);
    const hasOwn = durable.term === term && durable.vote === member;
    const isElected = isQuorum(configuration, (voter) =>
      voter === member ? hasOwn : votes?.get(voter) === member,
    );
    if (isElected) return;
    const voters = [...(votes ?? [])].filter(([, to]) => to === member).map(([from]) => from);
    throw new InvariantBroken(
      `member ${member} leads term ${term} with votes of ${voters}${hasOwn ? ' and its own' : ''}, which is no quorum of ${configuration.voters}`,
    );
  }

  #membersChanged(configuration: Configuration): void {
    for (const member of allMembers(this.#configuration)) this.#outSinceMs.set(member, this.#nowMs());
    for (const member of allMembers(configuration)) this.#outSinceMs.delete(member);
    this.#configuration = configuration;
  }

  /**
   * Whoever was removed does not disturb the others: nobody who knows of it helps it past a pre-vote. One that was
   * told to lead while it was a member may be told again by an old message, and asks nobody.
   */
  #checkCandidate(member: MemberId, { term, reason }: RoleChanged): void {
    const sinceMs = this.#outSinceMs.get(member);
    if (sinceMs === undefined || reason === 'leadership was handed over') return;
    const forMs = this.#nowMs() - sinceMs;
    if (forMs < electionMsMax) return;
    throw new InvariantBroken(
      `member ${member} begins an election in term ${term}, ${Math.round(forMs)} ms after it was removed`,
    );
  }

  #guarded(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): never {
    if (error instanceof InvariantBroken) this.#broken(error);
    throw error;
  }
}

function allMembers(configuration: Configuration | undefined): MemberId[] {
  if (configuration === undefined) return [];
  const { voters, outgoing, learners, learnersNext } = configuration;
  return [...voters, ...outgoing, ...learners, ...learnersNext];
}

type RoleChanged = Extract<RaftEvent, { kind: 'role-changed' }>;
