/**
 * Members that come, crash, come back, are cut off and found again, each with a guard of its own and a view that is
 * always a little behind the truth: what another says is heard after some seconds, by way of anybody who can be
 * reached; that somebody is gone is found out after some more. All chance comes from one seed.
 *
 * What must hold is asked for here: when members have not been able to reach each other for long enough to be judged,
 * not both of them go on.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../../src/base/index.ts';
import {
  type KnownMember,
  PartitionGuard,
  type PartitionGuardOptions,
  type PartitionOutput,
} from '../../../src/gossip/verdict/index.ts';

interface Seen {
  isAlive: boolean;
  isSettled: boolean;
  joined: number;
  /** When it is found to be gone; infinite while it can be reached. */
  missedMs: number;
}

interface Life {
  readonly id: string;
  readonly guard: PartitionGuard;
  readonly joined: number;
  readonly view: Map<string, Seen>;
  side: number;
  /** Who could be reached, and since when it is just those of before: newcomers aside. */
  reached: readonly string[];
  reachedMs: number;
}

/** So long until somebody who cannot be reached is found to be gone, and until it is heard what another says. */
const detectionMs = 30_000;
const spreadMs = 4_000;
const stepMs = 1_000;

/** After so long behind a cut both sides have found it and are judged, also where the view did not rest. */
const judgedMs = detectionMs + 30_000 + 15_000;

/** A quarter longer than it takes to find a cut, as `settleAfter` asks for. */
const settleMs = 60_000;

export class Fleet {
  nowMs = 0;
  readonly lives: Map<string, Life> = new Map();
  readonly #options: Omit<PartitionGuardOptions, 'self'>;
  readonly #random: Prng;
  /** How often, looked at step by step, a side went on that had been judged. */
  wentOn = 0;

  constructor(options: Omit<PartitionGuardOptions, 'self'>, seed = 1) {
    this.#options = { settleAfter: settleMs, ...options };
    this.#random = new Prng(seed);
  }

  /** A member starts on the side of another, from which it hears who is there; or as the first. */
  start(id: string, contactId?: string): void {
    const contact = contactId === undefined ? undefined : this.#life(contactId);
    const guard = new PartitionGuard({ ...this.#options, self: id });
    const side = contact?.side ?? 0;
    const known = { joined: this.nowMs, view: new Map(), reached: [], reachedMs: this.nowMs };
    const life: Life = { id, guard, side, ...known };
    this.lives.set(id, life);
    if (contact !== undefined) this.#tell(contact, life);
  }

  crash(id: string): void {
    this.lives.delete(id);
  }

  /** Each side by its members; who is not named stays where it is. */
  cut(...sides: readonly string[][]): void {
    for (const [side, ids] of sides.entries()) for (const id of ids) this.#life(id).side = side;
  }

  heal(): void {
    for (const life of this.lives.values()) life.side = 0;
  }

  pass(seconds: number): void {
    const untilMs = this.nowMs + seconds * 1_000;
    while (this.nowMs < untilMs) {
      this.nowMs += stepMs;
      for (const life of this.lives.values()) this.#look(life);
      this.#judge();
    }
  }

  get ids(): string[] {
    return [...this.lives.keys()];
  }

  /** Whom a member can reach, itself among them. */
  sideOf(id: string): string[] {
    const { side } = this.#life(id);
    return this.ids.filter((other) => this.#life(other).side === side);
  }

  /** Who may do what only one side may. */
  get going(): string {
    return this.ids
      .filter((id) => this.#life(id).guard.access === 'full')
      .sort()
      .join('');
  }

  state(id: string): string {
    const state = this.#life(id).guard.state;
    return 'why' in state ? `${state.kind} (${state.why})` : state.kind;
  }

  isSettled(id: string): boolean {
    return this.#life(id).guard.isSettled;
  }

  #life(id: string): Life {
    const life = this.lives.get(id);
    assert.ok(life !== undefined, `${id} lives`);
    return life;
  }

  /** What one member has heard by now of the others, and what it makes of it. */
  #look(life: Life): void {
    const { id, guard, view } = life;
    for (const other of this.lives.values()) {
      const isHeard = other.side === life.side && other !== life;
      if (isHeard && this.#random.chance((2 * stepMs) / spreadMs / this.lives.size)) this.#tell(other, life);
    }
    for (const [other, seen] of view) {
      const truth = this.lives.get(other);
      if (truth?.side === life.side) {
        seen.missedMs = Number.POSITIVE_INFINITY;
        if (this.#random.chance(stepMs / spreadMs)) {
          seen.isAlive = true;
          seen.isSettled = truth.guard.isSettled;
          seen.joined = truth.joined;
        }
      } else if (seen.isAlive) {
        const delayMs = detectionMs * (0.2 + 0.8 * this.#random.float());
        if (seen.missedMs === Number.POSITIVE_INFINITY) seen.missedMs = this.nowMs + delayMs;
        if (seen.missedMs <= this.nowMs) seen.isAlive = false;
      }
    }
    const members = [...view].map(
      ([other, { isAlive, isSettled, joined }]): KnownMember => ({
        id: other,
        status: isAlive ? 'HEALTHY' : 'UNHEALTHY',
        joined,
        settled: isSettled,
      }),
    );
    const self = { id, status: 'HEALTHY', joined: life.joined } as const;
    forget(life, guard.observe([self, ...members], this.nowMs));
    forget(life, guard.tick(this.nowMs));
  }

  /** Of whom one knows, the other hears: of the dead no more than that they are. */
  #tell(from: Life, to: Life): void {
    const { id, joined, guard } = from;
    this.#meet(to, id, { isAlive: true, isSettled: guard.isSettled, joined });
    for (const [other, seen] of from.view) if (seen.isAlive && other !== to.id) this.#meet(to, other, seen);
    const dead = [...from.view].filter(([other, { isAlive }]) => !isAlive && !to.view.has(other));
    const strangers = dead.map(([other]) => ({ id: other, status: 'UNHEALTHY' }) as const);
    forget(to, to.guard.hear(strangers, this.nowMs));
  }

  #meet({ view }: Life, id: string, { isAlive, isSettled, joined }: Omit<Seen, 'missedMs'>): void {
    if (!view.has(id)) view.set(id, { isAlive, isSettled, joined, missedMs: Number.POSITIVE_INFINITY });
  }

  #judge(): void {
    const lives = [...this.lives.values()];
    for (const life of lives) {
      const reached = lives.filter(({ side }) => side === life.side).map(({ id }) => id);
      if (life.reached.some((id) => !reached.includes(id))) life.reachedMs = this.nowMs;
      life.reached = reached;
    }
    const judged = lives.filter(({ reachedMs }) => this.nowMs - reachedMs >= judgedMs);
    const going = judged.filter(({ guard }) => guard.access === 'full');
    if (going.some(({ guard }) => guard.state.kind === 'up')) this.wentOn += 1;
    const [first] = going;
    const other = going.find(({ side }) => side !== first?.side);
    if (first === undefined || other === undefined) return;
    const [one, two] = [first, other].map(({ id }) => `${id}, ${this.state(id)},`);
    assert.fail(`${one} and ${two} of different sides go on at ${this.nowMs} ms`);
  }
}

/** Gossip forgets whom the verdict does not wait for. */
function forget({ view }: Life, { forgotten }: PartitionOutput): void {
  for (const id of forgotten) view.delete(id);
}

/** A fleet of so many, named by letters, that have been together for so long that all count. */
export function settledFleet(size: number, options: Omit<PartitionGuardOptions, 'self'>, seed = 1): Fleet {
  const fleet = new Fleet(options, seed);
  for (const id of 'abcdefghijkl'.slice(0, size)) fleet.start(id, id === 'a' ? undefined : 'a');
  fleet.pass(120);
  assert.ok(fleet.ids.every((id) => fleet.isSettled(id)));
  return fleet;
}
