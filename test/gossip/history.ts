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
  pausedSinceMs: number | undefined;
  crashedMs: number | undefined;
  readonly startedMs: number;
}

export class History {
  readonly events: Told[] = [];
  /** Burials of members that were alive and not paused. */
  readonly falseDeaths: Told[] = [];
  /** Suspicions of members that were alive and not paused. */
  readonly falseSuspicions: Told[] = [];
  readonly #lives = new Map<string, Life>();
  /** By node and life, then by member: what was believed last. */
  readonly #beliefs = new Map<string, Map<string, Member>>();
  /** The highest incarnation that each member gave itself. */
  readonly #own = new Map<string, number>();

  started(id: string, atMs: number): void {
    this.#lives.set(id, { ...newLife, startedMs: atMs });
  }

  crashed(id: string, atMs: number): void {
    const life = this.#life(id);
    life.isUp = false;
    life.crashedMs = atMs;
  }

  leaving(id: string): void {
    this.#life(id).isLeaving = true;
  }

  paused(id: string, atMs: number): void {
    this.#life(id).pausedSinceMs = atMs;
  }

  resumed(id: string, _atMs: number): void {
    this.#life(id).pausedSinceMs = undefined;
  }

  event(node: string, event: MemberEvent, atMs: number): void {
    const told = { node, event, atMs };
    this.events.push(told);
    if (event.kind !== 'failed' && event.kind !== 'suspected') return;
    const life = this.#life(event.member.id);
    if (!life.isUp || life.isLeaving || life.pausedSinceMs !== undefined) return;
    (event.kind === 'failed' ? this.falseDeaths : this.falseSuspicions).push(told);
  }

  /** After each step of a node: looks at whom it told of, and at what it says of itself. */
  seen(node: string, life: number, swim: Swim, events: readonly MemberEvent[]): void {
    const own = this.#own.get(node) ?? -1;
    this.#own.set(node, Math.max(own, swim.self.incarnation));
    for (const event of events) {
      if ('member' in event) this.#look(`${node} ${life}`, event, swim);
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
    const told = `${observer} about ${member.id}: ${before?.status}@${before?.incarnation}, then ${member.status}@${member.incarnation}`;
    if (before !== undefined) {
      const grows =
        member.incarnation > before.incarnation ||
        (member.incarnation === before.incarnation &&
          ranks.indexOf(member.status) >= ranks.indexOf(before.status));
      assert.ok(grows, `a belief went back: ${told}`);
    }
    const highest = this.#own.get(member.id);
    assert.ok(
      highest === undefined || member.incarnation <= highest,
      `nobody but the member raises its incarnation: ${told}, itself at ${highest}`,
    );
    assert.ok(swim.members.has(member.id), `who is told of is known: ${told}`);
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

const newLife: Life = {
  isUp: true,
  isLeaving: false,
  pausedSinceMs: undefined,
  crashedMs: undefined,
  startedMs: 0,
};
