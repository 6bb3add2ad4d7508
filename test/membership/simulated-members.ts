/** Simulated machines that each run a member, and what is true of all of them: where stories in virtual time begin. */
import assert from 'node:assert/strict';
import {
  joinMembership,
  type Membership,
  type MembershipEvent,
  type MembershipOptions,
} from '../../src/membership/index.ts';
import type { Machine } from '../../src/ports/index.ts';
import { runTurns } from '../../src/ports/real/index.ts';
import { type LogRecord, World, type WorldOptions } from '../../src/sim/machine/index.ts';
import { patterned } from '../ports/expectations.ts';

export const clusterKey: Uint8Array = patterned(32, 1);
export const port = 7946;

export interface TownOptions {
  readonly seed?: number;
  readonly network?: WorldOptions['network'];
  readonly member?: (name: string) => Partial<MembershipOptions>;
  readonly wallOffsetMsMax?: number;
  /** Machines that run no member. */
  readonly strangers?: readonly string[];
}

export class Town {
  readonly world: World;
  /** Of each machine the member that runs, or ran last. */
  readonly members: Map<string, Membership> = new Map();
  readonly events: Map<string, MembershipEvent[]> = new Map();
  readonly logged: LogRecord[] = [];
  readonly #options: TownOptions;

  constructor(names: readonly string[], options: TownOptions = {}) {
    this.#options = options;
    this.world = new World({
      seed: options.seed ?? 1,
      turns: runTurns,
      ...(options.network && { network: options.network }),
      log: (record) => void this.logged.push(record),
    });
    for (const name of names) this.add(name);
    for (const name of options.strangers ?? []) this.world.addMachine({ name });
  }

  /** A machine that runs a member whenever it boots. */
  add(name: string): void {
    const { wallOffsetMsMax } = this.#options;
    this.world.addMachine({
      name,
      program: (machine) => this.#live(name, machine),
      ...(wallOffsetMsMax !== undefined && { wallOffsetMsMax }),
    });
  }

  member(name: string): Membership {
    const member = this.members.get(name);
    assert(member !== undefined, `${name} runs a member`);
    return member;
  }

  /** What the member on this machine has noticed, over all its lives. */
  heard(name: string): readonly MembershipEvent[] {
    return this.events.get(name) ?? [];
  }

  /** Who was suspected or taken for dead by somebody. */
  accused(): string[] {
    const accusations = [...this.events.values()]
      .flat()
      .flatMap((event) => (event.kind === 'suspected' || event.kind === 'failed' ? [event.member.id] : []));
    return [...new Set(accusations)].sort();
  }

  /** Runs code as a program of a machine, to its end. */
  async tell(machine: string, story: (machine: Machine) => void | Promise<void>): Promise<void> {
    let over = false;
    this.world.machine(machine).start(async (ports) => {
      await story(ports);
      over = true;
    });
    await this.until(`the story on ${machine} ends`, () => over);
  }

  /** Lets the world live until `holds`; fails when it does not within `withinMs`. */
  async until(what: string, holds: () => boolean, withinMs = 120_000): Promise<void> {
    await this.world.runWhile(() => !holds(), this.world.nowMs + withinMs);
    assert.ok(holds(), `${what} within ${withinMs} ms`);
  }

  async live(forMs: number): Promise<void> {
    await this.world.run(this.world.nowMs + forMs);
  }

  /** Whether all of `who` believe that exactly those in `live` do. */
  agree(who: readonly string[], live: readonly string[]): boolean {
    const wanted = live.toSorted().join();
    return who.every(
      (name) =>
        this.members
          .get(name)
          ?.live.map(({ id }) => id)
          .join() === wanted,
    );
  }

  async #live(name: string, machine: Machine): Promise<void> {
    const member = await joinMembership({
      id: name,
      cluster: 'town',
      keys: [clusterKey],
      listen: { host: name, port },
      seeds: [`a:${port}`, `b:${port}`],
      machine,
      ...this.#options.member?.(name),
    });
    this.members.set(name, member);
    const events = this.events.get(name) ?? [];
    this.events.set(name, events);
    member.subscribe((event) => events.push(event));
  }
}

/** So many short names: `a` to `z`, then `ba` and so on. */
export function townsfolk(count: number): string[] {
  return Array.from({ length: count }, (_, place) => {
    const last = String.fromCharCode(97 + (place % 26));
    return place < 26 ? last : String.fromCharCode(97 + Math.floor(place / 26)) + last;
  });
}
