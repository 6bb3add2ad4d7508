/**
 * A whole group for stories: nothing moves unless the test says so. Members campaign when told to (their
 * priority is 0 unless a test wants timers), disks and messages are quick once `settle` is called, and links
 * can be cut or messages held back in between. The history's invariants are checked after each movement.
 */
import assert from 'node:assert/strict';
import type { MembershipChange, Message } from '../../src/raft/index.ts';
import { History } from './history.ts';
import { Member, type MemberInit, type TestOptions } from './member.ts';

export interface ClusterInit {
  readonly voters: readonly number[];
  readonly learners?: readonly number[];
  readonly options?: TestOptions;
  /** The terms of what a member's log holds at first; the same for all, or by member. */
  readonly log?: readonly number[] | Readonly<Record<number, readonly number[]>>;
  readonly slowMachine?: boolean;
  readonly durableMachine?: boolean;
}

type Filter = (message: Message) => boolean;

/** Elections in stories are quick to step through, and happen on request. */
const calm: TestOptions = { electionTicksMin: 10, electionTicksMax: 20, heartbeatTicks: 3, priority: 0 };

export class Cluster {
  readonly members: Map<number, Member> = new Map();
  readonly history: History = new History();
  readonly #init: ClusterInit;
  readonly #wire: Message[] = [];
  readonly #cuts = new Set<string>();
  readonly #holds: { readonly filter: Filter; readonly held: Message[] }[] = [];

  constructor(init: ClusterInit) {
    this.#init = init;
    for (const id of [...init.voters, ...(init.learners ?? [])])
      this.#add(id, init.voters, init.learners ?? []);
  }

  at(id: number): Member {
    const member = this.members.get(id);
    assert(member !== undefined, `member ${id} exists`);
    return member;
  }

  /** The one leader of the newest term. */
  get leader(): Member {
    const leaders = [...this.members.values()].filter((member) => member.isLeader);
    const newest = leaders.toSorted((a, b) => b.status.term - a.status.term)[0];
    assert(newest !== undefined, `there is a leader\n${this.describe()}`);
    return newest;
  }

  get leaders(): number[] {
    return [...this.members.values()].filter((member) => member.isLeader).map(({ id }) => id);
  }

  /** A node that belongs to no configuration yet. */
  join(id: number): Member {
    return this.#add(id, [], []);
  }

  /** Disks finish and messages travel until nothing moves. */
  settle(): this {
    for (let rounds = 0; this.#move(); rounds += 1)
      if (rounds > 5_000) assert.fail(`it does not settle\n${this.describe()}`);
    return this;
  }

  /** Messages that are on their way now arrive; disks rest. */
  deliver(): this {
    this.#collect();
    for (const message of this.#wire.splice(0)) this.#arrive(message);
    this.#check();
    return this;
  }

  /** Time passes for all (or for some), and everything is quick. */
  pass(ticks: number, ids: readonly number[] = [...this.members.keys()]): this {
    for (let done = 0; done < ticks; done += 1) {
      for (const id of ids) if (this.at(id).up) this.at(id).tick();
      this.settle();
    }
    return this;
  }

  /** Makes `id` the leader: promises to leaders run out, it campaigns, and wins. */
  elect(id: number): Member {
    const member = this.at(id);
    for (const other of this.members.values()) {
      if (other.up && !other.isLeader) other.tick(other.options.electionTicksMin ?? 15);
    }
    member.step({ kind: 'campaign' });
    this.settle();
    assert(member.isLeader, `member ${id} is elected\n${this.describe()}`);
    return member;
  }

  /** Proposes on the leader, and everything is quick. */
  propose(...commands: string[]): this {
    assert(this.leader.propose(...commands).accepted);
    return this.settle();
  }

  change(...changes: MembershipChange[]): this {
    const verdict = this.leader.step({ kind: 'change', changes });
    assert(verdict.accepted, verdict.accepted ? '' : verdict.error.message);
    return this.settle();
  }

  crash(...ids: readonly number[]): this {
    for (const id of ids) this.at(id).crash();
    return this;
  }

  restart(...ids: readonly number[]): this {
    for (const id of ids) this.at(id).restart();
    return this;
  }

  /** A member comes back with an empty disk, under its old name. */
  wipe(id: number): this {
    this.history.forget(id);
    this.#add(id, this.#init.voters, this.#init.learners ?? []);
    return this;
  }

  /** Cuts the link in one direction. */
  cut(from: number, to: number): this {
    this.#cuts.add(`${from}>${to}`);
    return this;
  }

  /** Nobody in one group hears anybody of another. */
  split(...groups: readonly (readonly number[])[]): this {
    for (const group of groups) {
      for (const other of groups) {
        if (group === other) continue;
        for (const from of group) for (const to of other) this.cut(from, to);
      }
    }
    return this;
  }

  isolate(id: number): this {
    return this.split(
      [id],
      [...this.members.keys()].filter((other) => other !== id),
    );
  }

  mend(): this {
    this.#cuts.clear();
    return this;
  }

  /** From now on such messages are kept; the answer lets go of them, or throws them away. */
  hold(filter: Filter): { readonly held: Message[]; release(): void; drop(): Message[] } {
    const hold = { filter, held: [] as Message[] };
    this.#holds.push(hold);
    const end = (): Message[] => {
      const place = this.#holds.indexOf(hold);
      if (place >= 0) this.#holds.splice(place, 1);
      return hold.held.splice(0);
    };
    return {
      held: hold.held,
      drop: end,
      release: () => {
        this.#wire.push(...end());
      },
    };
  }

  /** Puts a message on the wire, for example one that was seen before. */
  send(...messages: readonly Message[]): this {
    this.#wire.push(...messages);
    return this;
  }

  describe(): string {
    return [...this.members.values()].map(describeMember).join('\n');
  }

  #add(id: number, voters: readonly number[], learners: readonly number[]): Member {
    const { options, log = [], slowMachine = false, durableMachine = false } = this.#init;
    const init: MemberInit = {
      id,
      voters,
      learners,
      // Equal seeds would draw equal timeouts, and split every vote.
      options: { ...calm, ...options, seed: (options?.seed ?? 0) * 1009 + id },
      log: voters.length === 0 ? [] : isRow(log) ? log : (log[id] ?? []),
      slowMachine,
      durableMachine,
    };
    const member = new Member(init);
    this.members.set(id, member);
    return member;
  }

  #move(): boolean {
    for (const member of this.members.values()) if (member.up) member.finishDisk();
    this.#collect();
    if (this.#wire.length === 0) return false;
    this.#check();
    for (const message of this.#wire.splice(0)) {
      this.#arrive(message);
      this.#check(this.members.get(message.to));
    }
    return true;
  }

  #collect(): void {
    for (const member of this.members.values()) {
      for (const message of member.takeSent()) {
        const hold = this.#holds.find(({ filter }) => filter(message));
        if (hold !== undefined) hold.held.push(message);
        else if (this.#cuts.has(`${message.from}>${message.to}`)) this.#streamEnded(message, false);
        else this.#wire.push(message);
      }
    }
  }

  #arrive(message: Message): void {
    const to = this.members.get(message.to);
    if (to === undefined || !to.up) {
      this.#streamEnded(message, false);
      return;
    }
    if (message.kind === 'install-snapshot') {
      const hash = this.members.get(message.from)?.snapshotHash(message.mark.index);
      assert(hash !== undefined, 'the sender of a snapshot has it');
      to.receiveSnapshot(message.mark, hash);
    }
    to.receive(message);
    this.#streamEnded(message, true);
  }

  #streamEnded(message: Message, delivered: boolean): void {
    const from = this.members.get(message.from);
    if (message.kind === 'install-snapshot' && from?.up)
      from.step({ kind: 'snapshot-sent', to: message.to, delivered });
  }

  #check(changed?: Member): void {
    const all = [...this.members.values()];
    try {
      this.history.check(all, changed === undefined ? all : [changed]);
    } catch (error) {
      throw new Error(`an invariant is broken\n${this.describe()}`, { cause: error });
    }
  }
}

export function describeMember({ id, up, damaged, status }: Member): string {
  const { role, term, leader, base, last, durable, commit, applied, configuration } = status;
  const { voters, outgoing, learners } = configuration;
  const state = `${up ? '' : ' down'}${damaged ? ' damaged' : ''}`;
  return `${id}${state} ${role} t${term} l${leader} ${base}..${last} d${durable} c${commit} a${applied} [${voters}|${outgoing}|${learners}]`;
}

function isRow(log: NonNullable<ClusterInit['log']>): log is readonly number[] {
  return Array.isArray(log);
}
