/**
 * What this node believes of the others, and why it changes its mind. There is one way in: a claim, be it from a
 * packet, from a probe that failed, or from a suspicion whose time is over. A claim is believed when it is above what
 * is believed so far, by incarnation and then by status, and what is newly believed is sent on.
 */
import { isQuorateError } from '../base/index.ts';
import type { Claim } from './claim.ts';
import { isLive } from './member.ts';
import type { Refusal } from './refusals.ts';
import { type Believed, believed } from './roster.ts';
import { Suspicion } from './suspicion.ts';
import { suspicionTimes } from './suspicion-times.ts';
import { announce, type Conflicts, claimOf, isFar, ownJumps, type Workings } from './workings.ts';

type ClaimOf<Status extends Claim['status']> = Extract<Claim, { readonly status: Status }>;

/** `news`: believed, and sent on. `known`: nothing new, or older than what is known. */
export type Verdict = Refusal | 'news' | 'known';

export class Beliefs {
  readonly #workings: Workings;
  readonly #conflicts: Conflicts;
  readonly #suspicions = new Map<string, Suspicion>();

  constructor(workings: Workings, conflicts: Conflicts) {
    this.#workings = workings;
    this.#conflicts = conflicts;
  }

  get suspectCount(): number {
    return this.#suspicions.size;
  }

  /**
   * What the member must know first when it is spoken to, if it is in doubt, has been here before, or is so far above
   * what is known here that others cannot tell of it.
   */
  tidings(id: string, incarnation?: number): readonly Claim[] {
    const { roster, settings } = this.#workings;
    const member = roster.members.get(id);
    if (member === undefined) return noClaims;
    const isOther =
      incarnation !== undefined &&
      (member.incarnation > incarnation || isFar(incarnation, member.incarnation, settings));
    return member.status === 'HEALTHY' && !isOther ? noClaims : [this.claim(member)];
  }

  /**
   * The member has spoken, in this incarnation. If it would never go above what is believed of it, nothing true can
   * ever be believed of it again; so that is forgotten, and true is returned.
   */
  spoke(id: string, incarnation: number): boolean {
    const { roster, settings } = this.#workings;
    const member = roster.members.get(id);
    if (member === undefined || !isFar(member.incarnation, incarnation, settings)) return false;
    this.#forget(id);
    return true;
  }

  claim(member: Believed): Claim {
    return claimOf(member, this.#suspicions.get(member.id)?.accusers ?? [this.#workings.roster.self.id]);
  }

  /** All that is believed, this node first. Of the dead it is enough to say that they are. */
  *all(): Generator<Claim> {
    const { roster, waitedFor } = this.#workings;
    yield claimOf(roster.self, []);
    for (const member of roster.members.values()) {
      if (member.id === roster.self.id) continue;
      if (isLive(member.status)) {
        const { id, content, contentIncarnation } = member;
        yield { status: 'HEALTHY', id, incarnation: contentIncarnation, content };
      }
      if (member.status !== 'HEALTHY') yield this.claim(member);
    }
    // In the least incarnation: whoever knows more of it is told nothing new.
    for (const id of waitedFor()) {
      if (!roster.members.has(id))
        yield { status: 'UNHEALTHY', id, incarnation: 0, accusers: [roster.self.id] };
    }
  }

  /** Of a claim about another member than this one, by whoever said so. */
  judge(claim: Claim, by: string, nowMs: number): Verdict {
    const { roster, settings } = this.#workings;
    const member = roster.members.get(claim.id);
    const jumps = member === undefined || by === claim.id ? ownJumps : 1;
    if (isFar(claim.incarnation, member?.incarnation ?? 0, settings, jumps)) return 'far-incarnation';
    if (member === undefined) return this.#ofStranger(claim, nowMs);
    if (claim.incarnation < member.incarnation) return 'known';
    switch (claim.status) {
      case 'HEALTHY':
        return this.#healthy(member, claim, nowMs);
      case 'SUSPECT':
        return this.#suspect(member, claim, nowMs);
      default:
        return this.#gone(member, claim, nowMs);
    }
  }

  /**
   * Of a claim in a full exchange, which tells what may be long past: that a member which lives here is dead there
   * is one more suspicion, so that after a partition nobody is buried who can still speak.
   */
  judgeOld(claim: Claim, by: string, nowMs: number): Verdict {
    const member = this.#workings.roster.members.get(claim.id);
    if (claim.status !== 'UNHEALTHY' || member === undefined || !isLive(member.status)) {
      return this.judge(claim, by, nowMs);
    }
    return this.judge({ ...claim, status: 'SUSPECT', accusers: [by] }, by, nowMs);
  }

  /** Buries those whose time to contradict is over, and hands those who should be asked themselves to `ask`. */
  tick(nowMs: number, ask: (member: Believed) => void): void {
    const { roster } = this.#workings;
    for (const [id, suspicion] of this.#suspicions) {
      const member = roster.members.get(id) as Believed;
      if (suspicion.endMs <= nowMs) {
        const { incarnation } = member;
        this.#gone(member, { status: 'UNHEALTHY', id, incarnation, accusers: suspicion.accusers }, nowMs);
      } else if (suspicion.questionMs <= nowMs) {
        suspicion.asked();
        ask(member);
      }
    }
  }

  /** When `tick` is due. */
  get nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const suspicion of this.#suspicions.values()) nextMs = Math.min(nextMs, suspicion.questionMs);
    return nextMs;
  }

  stalled(ms: number): void {
    for (const suspicion of this.#suspicions.values()) suspicion.stalled(ms);
  }

  /** Forgets those who have been gone for long enough. */
  forget(nowMs: number): void {
    const { roster, settings } = this.#workings;
    for (const member of roster.gone()) {
      if (member.sinceMs + settings.forgetAfterMs > nowMs) return;
      this.#forget(member.id);
    }
  }

  /** Forgets this one, if it is gone. */
  forgetGone(id: string): void {
    const member = this.#workings.roster.members.get(id);
    if (member !== undefined && !isLive(member.status)) this.#forget(id);
  }

  /** Who is dead was a member, and who starts on a losing side has to know whom that side has lost. */
  #ofStranger(claim: Claim, nowMs: number): Verdict {
    const { id, status } = claim;
    if (status === 'HEALTHY') return this.#meet(claim, nowMs);
    if (status !== 'SUSPECT') this.#workings.outbox.stranger({ id, status });
    return 'known';
  }

  #meet({ id, incarnation, content }: ClaimOf<'HEALTHY'>, nowMs: number): Verdict {
    const { roster, settings } = this.#workings;
    if (roster.members.size >= settings.membersMax) {
      const [longest] = roster.gone();
      if (longest === undefined) return 'too-many-members';
      this.#forget(longest.id);
    }
    const member = this.#taken(id, incarnation, content, nowMs);
    if (typeof member === 'string') return member;
    this.#believe(member);
    this.#workings.outbox.event({ kind: 'joined', member });
    return 'news';
  }

  #healthy(member: Believed, claim: ClaimOf<'HEALTHY'>, nowMs: number): Verdict {
    const isNewer = claim.incarnation > member.incarnation;
    // Others have spoken of an incarnation before the member was heard itself: what it says of itself is still new.
    const isMissing = isLive(member.status) && claim.incarnation > member.contentIncarnation;
    if (claim.content.address !== member.address && (isLive(member.status) || !isNewer)) {
      return this.#conflict(member, claim.content.address);
    }
    if (!isNewer && !isMissing) return 'known';
    const taken = this.#taken(claim.id, claim.incarnation, claim.content, nowMs);
    if (typeof taken === 'string') return taken;
    const { outbox, roster } = this.#workings;
    if (!isNewer) {
      roster.put({ ...taken, status: member.status, sinceMs: member.sinceMs });
    } else {
      this.#suspicions.delete(member.id);
      this.#believe(member.status === 'HEALTHY' ? { ...taken, sinceMs: member.sinceMs } : taken);
      if (member.status === 'SUSPECT') outbox.event({ kind: 'refuted', member: taken });
      else if (!isLive(member.status)) outbox.event({ kind: 'returned', member: taken, was: member.status });
    }
    if (!sameContent(member, taken)) outbox.event({ kind: 'updated', member: taken });
    return 'news';
  }

  #suspect(member: Believed, claim: ClaimOf<'SUSPECT' | 'UNHEALTHY'>, nowMs: number): Verdict {
    const { roster, settings, outbox } = this.#workings;
    const wasLive = isLive(member.status);
    if (!wasLive && claim.incarnation === member.incarnation) return 'known';
    let suspicion = this.#suspicions.get(member.id);
    const isNew = suspicion === undefined || claim.incarnation > member.incarnation;
    if (suspicion === undefined || isNew) {
      suspicion = new Suspicion(suspicionTimes(roster.liveCount, settings), settings.probePeriodMs, nowMs);
      this.#suspicions.set(member.id, suspicion);
    }
    let accusations = 0;
    for (const accuser of claim.accusers) if (suspicion.accuse(accuser, nowMs)) accusations += 1;
    if (accusations === 0 && !isNew) return 'known';
    const { incarnation } = claim;
    const sinceMs = member.status === 'SUSPECT' ? member.sinceMs : nowMs;
    const suspect: Believed = { ...member, incarnation, status: 'SUSPECT', sinceMs };
    this.#believe(suspect);
    // Somebody has seen a later life of it, in which it is in doubt again.
    if (!wasLive) outbox.event({ kind: 'returned', member: suspect, was: member.status });
    if (isNew) outbox.event({ kind: 'suspected', member: suspect, accusers: suspicion.accusers });
    return 'news';
  }

  #gone(member: Believed, claim: Exclude<Claim, ClaimOf<'HEALTHY'>>, nowMs: number): Verdict {
    const { incarnation, status } = claim;
    const isWorse = status === 'LEFT' ? member.status !== 'LEFT' : isLive(member.status);
    if (incarnation === member.incarnation && !isWorse) return 'known';
    const gone: Believed = { ...member, incarnation, status, sinceMs: nowMs };
    const accusers = claim.status === 'LEFT' ? [] : claim.accusers;
    this.#suspicions.delete(member.id);
    this.#workings.roster.put(gone);
    announce(this.#workings.broadcasts, claimOf(gone, accusers));
    if (status === member.status) return 'news';
    const { outbox } = this.#workings;
    outbox.event(
      status === 'LEFT' ? { kind: 'left', member: gone } : { kind: 'failed', member: gone, accusers },
    );
    return 'news';
  }

  #believe(member: Believed): void {
    this.#workings.roster.put(member);
    announce(this.#workings.broadcasts, this.claim(member));
  }

  /** The member with what it says of itself, or why that cannot be kept. */
  #taken(
    id: string,
    incarnation: number,
    content: ClaimOf<'HEALTHY'>['content'],
    nowMs: number,
  ): Believed | Refusal {
    if (content.metadata.length > this.#workings.settings.metadataBytesMax) return 'oversized';
    try {
      return believed(id, incarnation, 'HEALTHY', content, nowMs);
    } catch (error) {
      if (isQuorateError(error)) return 'malformed';
      throw error;
    }
  }

  #conflict({ id, address }: Believed, otherAddress: string): 'conflict' {
    if (this.#conflicts.note(id, otherAddress)) {
      this.#workings.outbox.event({ kind: 'conflict', id, address, otherAddress });
    }
    return 'conflict';
  }

  #forget(id: string): void {
    const { roster, broadcasts, outbox } = this.#workings;
    broadcasts.drop(id);
    this.#suspicions.delete(id);
    outbox.event({ kind: 'forgotten', member: roster.forget(id) });
  }
}

function sameContent({ content: left }: Believed, { content: right }: Believed): boolean {
  if (left.address !== right.address || left.metadata.length !== right.metadata.length) return false;
  return left.metadata.every((byte, place) => byte === right.metadata[place]);
}

const noClaims: readonly Claim[] = [];
