/** How a member sees itself and, while it leads, the others: for whoever runs the group, and decides nothing in it. */
import type { Configuration } from './configuration.ts';
import type { MemberId } from './entry.ts';
import type { GroupState } from './group-state.ts';
import type { RoleName } from './output.ts';
import { isVoter } from './quorum.ts';
import type { Damage } from './repair.ts';

export interface RaftStatus {
  readonly role: RoleName;
  readonly term: number;
  /** 0: not known. */
  readonly leader: MemberId;
  readonly base: number;
  readonly last: number;
  readonly durable: number;
  readonly commit: number;
  readonly applied: number;
  readonly configuration: Configuration;
  /** Where it was appended; above `commit` it may still be replaced. */
  readonly configurationIndex: number;
  /** The level that is agreed and committed; 0: not known yet. */
  readonly level: number;
  readonly quiescent: boolean;
  /** What its disk has lost and it has not got back: `entries`, or perhaps a `vote`, which nothing brings back. */
  readonly damage: Damage;
  /** Messages that were refused since the start. */
  readonly refusedMessages: number;
  /** On the leader: how far each other member is known to be. */
  readonly matches: ReadonlyMap<MemberId, number>;
  /** On the leader: the others that answer; who has just fallen silent is among them a little longer. */
  readonly answering: ReadonlySet<MemberId>;
  /** On the leader: the voters that may lead after it, whoever is furthest first. */
  readonly successors: readonly MemberId[];
}

export function statusOf(state: GroupState, refusedMessages: number): RaftStatus {
  const { role, term, leader, log, commit, applied, memberships, level, quiescent, repair } = state;
  const others = role.kind === 'leader' ? [...role.progress.values()] : [];
  const answering = others.filter(({ recentlyHeard, heardBefore }) => recentlyHeard || heardBefore);
  const able = answering.filter(({ member, damaged }) => !damaged && isVoter(memberships.current, member));
  return {
    role: role.kind,
    term,
    leader,
    base: log.base.index,
    last: log.lastIndex,
    durable: log.durable,
    commit,
    applied,
    configuration: memberships.current,
    configurationIndex: memberships.index,
    level,
    quiescent,
    damage: repair.damage,
    refusedMessages,
    matches: new Map(others.map(({ member, match }) => [member, match])),
    answering: new Set(answering.map(({ member }) => member)),
    successors: able.sort((a, b) => b.match - a.match).map(({ member }) => member),
  };
}
