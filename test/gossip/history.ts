/**
 * What happened in a virtual cluster, and what must hold in all of it: a belief of one node about one member only
 * grows, by incarnation and then by status; an incarnation is raised by its member alone; who begins again is above
 * what it was; nobody is buried who lived and could speak, which is counted and left to the test to judge.
 */
import assert from 'node:assert/strict';
import type { Member, MemberEvent, Swim } from '../../src/gossip/index.ts';

const ranks = ['HEALTHY', 'SUSPECT', 'UNHEALTHY', 'LEFT'];

export interface Told {
  readonly node: string;
  readonly event: MemberEvent;
  readonly atMs: number;
}

interface Life {
  isUp: boolean;
  isLeaving: boolean;
  isPaused: boolean;
}

export class History {
  /** Unless the run is too long to keep them. */
  readonly events: Told[] = [];
  readonly counts: Map<MemberEvent['kind'], number> = new Map();
  /** Burials of members that were alive and not paused. */
  readonly falseDeaths: Told[] = [];
  /** Suspicions of members that were alive and not paused. */
  readonly falseSuspicions: Told[] = [];
  readonly #keepsEvents: boolean;
  readonly #lives = new Map<string, Life>();
  /** By node, then by member: what was believed last. */
  readonly #beliefs = new Map<string, Map<string, Member>>();
  /** The highest incarnation that each member gave itself. */
  readonly #own = new Map<string, number>();

  constructor({ keepsEvents = true }: { readonly keepsEvents?: boolean } = {}) {
    this.#keepsEvents = keepsEvents;
  }

  /** A process knows nothing of what the one before it believed. */
  started(id: string): void {
    this.#lives.set(id, { ...newLife });
    this.#beliefs.delete(id);
  }

  crashed(id: string): void {
    this.#life(id).isUp = false;
  }

  leaving(id: string): void {
    this.#life(id).isLeaving = true;
  }

  paused(id: string): void {
    this.#life(id).isPaused = true;
  }

  resumed(id: string): void {
    this.#life(id).isPaused = false;
  }

  event(node: string, event: MemberEvent, atMs: number): void {
    const told = { node, event, atMs };
    this.counts.set(event.kind, (this.counts.get(event.kind) ?? 0) + 1);
    if (this.#keepsEvents) this.events.push(told);
    if (event.kind !== 'failed' && event.kind !== 'suspected') return;
    const life = this.#life(event.member.id);
    if (!life.isUp || life.isLeaving || life.isPaused) return;
    (event.kind === 'failed' ? this.falseDeaths : this.falseSuspicions).push(told);
  }

  /** After each step of a node: looks at whom it told of, and at what it says of itself. */
  seen(node: string, swim: Swim, events: readonly MemberEvent[]): void {
    const own = this.#own.get(node) ?? -1;
    this.#own.set(node, Math.max(own, swim.self.incarnation));
    for (const event of events) {
      if ('member' in event) this.#look(node, event, swim);
    }
  }

  of(kind: MemberEvent['kind'], node?: string): Told[] {
    return this.events.filter(
      (told) => told.event.kind === kind && (node === undefined || told.node === node),
    );
  }

  /** Somebody who had the key spoke of it: others may know it in incarnations that it never had. */
  forged(id: string): void {
    this.#own.set(id, Number.POSITIVE_INFINITY);
  }

  #look(observer: string, { kind, member }: MemberEvent & { readonly member: Member }, swim: Swim): void {
    let beliefs = this.#beliefs.get(observer);
    if (beliefs === undefined) {
      beliefs = new Map();
      this.#beliefs.set(observer, beliefs);
    }
    if (kind === 'forgotten') {
      beliefs.delete(member.id);
      return;
    }
    const before = beliefs.get(member.id);
    const told = (): string =>
      `${observer} about ${member.id}: ${before?.status}@${before?.incarnation}, then ${member.status}@${member.incarnation}`;
    if (before !== undefined && !grows(before, member)) assert.fail(`a belief went back: ${told()}`);
    const highest = this.#own.get(member.id);
    if (highest !== undefined && member.incarnation > highest) {
      assert.fail(`nobody but the member raises its incarnation: ${told()}, itself at ${highest}`);
    }
    if (!swim.members.has(member.id)) assert.fail(`who is told of is known: ${told()}`);
    beliefs.set(member.id, member);
  }

  #life(id: string): Life {
    let life = this.#lives.get(id);
    if (life === undefined) {
      life = { ...newLife };
      this.#lives.set(id, life);
    }
    return life;
  }
}

/** By incarnation, then by status. */
function grows(before: Member, after: Member): boolean {
  if (after.incarnation !== before.incarnation) return after.incarnation > before.incarnation;
  return ranks.indexOf(after.status) >= ranks.indexOf(before.status);
}

const newLife: Life = {
  isUp: true,
  isLeaving: false,
  isPaused: false,
};
