/**
 * A whole group under message-level faults, driven by one seed: messages are lost, doubled, delayed, reordered
 * and replayed, members crash, pause and come back, clocks drift, disks stall and rot, members join and leave.
 * After each step the invariants of Raft are checked over the whole history. A step is a quarter of a tick.
 */
import assert from 'node:assert/strict';
import { ByteWriter, Prng } from '../../src/base/index.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/raft/index.ts';
import { describeMember } from './cluster.ts';
import { History } from './history.ts';
import { Member, type MemberInit } from './member.ts';

const stepMs = 2.5;
const tickMs = 10;

/** A member and the machine that it runs on. */
export interface Node {
  readonly member: Member;
  /** How fast its clock runs against true time. */
  readonly rate: number;
  lastTickMs: number;
  /** Until this step its process does not run; its clock does. */
  pausedUntil: number;
  /** Until this step its disk does not answer. */
  diskStalledUntil: number;
  /** Reads that it has not answered, and in which life they were asked. */
  readonly openReads: Map<number, Member['core']>;
}

export interface ChaosInit extends Omit<MemberInit, 'id' | 'voters' | 'learners'> {
  /** What goes wrong in a step. */
  readonly misbehave: (chaos: Chaos) => void;
  /** What is asked of the group in a step. */
  readonly work: (chaos: Chaos) => void;
  /** Hosts take the output of a whole step at once. */
  readonly gathers: boolean;
}

export class Chaos {
  readonly prng: Prng;
  readonly nodes: Map<number, Node> = new Map();
  readonly history: History = new History();
  readonly counts: Record<string, number> = {};
  readonly init: ChaosInit;
  readonly cuts: Set<string> = new Set();
  /** For each read the greatest index that was applied anywhere when it was asked. */
  readonly readFloor: Map<string, number> = new Map();
  /** Messages of the past, for replay. */
  readonly past: Message[] = [];
  time = 0;
  cutsUntil = 0;
  /** How many messages are lost, and how often faults strike against what their table says. */
  loss: number;
  readonly severity: number;
  calm = false;
  /** No more new work, so that all can catch up. */
  quiet = false;
  readonly #weights = new Map<string, number>();
  readonly #wire = new Map<number, Message[]>();
  readonly #seed: number;

  constructor(seed: number, size: number, init: ChaosInit) {
    this.#seed = seed;
    this.prng = new Prng(seed);
    this.init = init;
    this.loss = this.prng.pick([0, 0.02, 0.1]);
    this.severity = this.prng.pick([0.2, 0.5, 1]);
    const voters = Array.from({ length: size }, (_, index) => index + 1);
    for (const id of voters) this.addMember(id, voters);
  }

  get members(): Member[] {
    return [...this.nodes.values()].map(({ member }) => member);
  }

  get ids(): number[] {
    return [...this.nodes.keys()];
  }

  addMember(id: number, voters: readonly number[] = []): void {
    const { options = {} } = this.init;
    const drift = options.clockDriftMax ?? 0.05;
    const seed = this.#seed * 65_537 + id;
    const member = new Member({ ...this.init, id, voters, options: { ...options, tickMs, seed } });
    member.gathers = this.init.gathers;
    this.nodes.set(id, {
      member,
      openReads: new Map(),
      rate: 1 - drift + 2 * drift * this.prng.float(),
      lastTickMs: 0,
      pausedUntil: 0,
      diskStalledUntil: 0,
    });
  }

  isRunning({ member, pausedUntil }: Node): boolean {
    return member.up && pausedUntil <= this.time;
  }

  /** Each run has some faults that it prefers. */
  weight(fault: string): number {
    const known = this.#weights.get(fault);
    if (known !== undefined) return known;
    const drawn = this.severity * (this.prng.chance(0.2) ? 8 : 1);
    this.#weights.set(fault, drawn);
    return drawn;
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  step(): void {
    this.time += 1;
    for (const node of this.nodes.values()) this.#run(node);
    this.#deliver();
    if (!this.calm) this.init.misbehave(this);
    if (!this.quiet) this.init.work(this);
    for (const member of this.members) if (member.up && member.gathers) member.collect();
    for (const member of this.members) this.#collect(member);
    this.#check();
  }

  run(steps: number): void {
    for (let done = 0; done < steps; done += 1) this.step();
  }

  /** Everything works again; in bounded time there is one leader, and everybody catches up. */
  heal(): void {
    this.calm = true;
    this.loss = 0;
    this.cuts.clear();
    for (const node of this.nodes.values()) {
      node.pausedUntil = 0;
      node.diskStalledUntil = 0;
      if (!node.member.up) node.member.restart();
    }
    this.run(500);
    const newest = this.members
      .filter((member) => member.isLeader)
      .toSorted((a, b) => b.status.term - a.status.term)[0];
    assert(newest !== undefined, 'a leader after healing');
    const before = newest.status.commit;
    this.quiet = true;
    assert(newest.propose('after healing').accepted, 'fresh requests succeed');
    this.run(200);
    assert(newest.status.commit > before, 'a fresh request commits');
    this.#checkCaughtUp(newest);
    for (const { member, openReads } of this.nodes.values())
      for (const [id, core] of openReads)
        assert(core !== member.core, `read ${id} of member ${member.id} was never answered`);
  }

  describe(): string {
    return this.members.map(describeMember).join('\n');
  }

  /** Puts a message on the wire, to arrive within `stepsMax`. */
  post(message: Message, stepsMax: number): void {
    const at = this.time + 1 + this.prng.below(stepsMax);
    const due = this.#wire.get(at);
    if (due === undefined) this.#wire.set(at, [message]);
    else due.push(message);
  }

  #run(node: Node): void {
    const { member, rate, diskStalledUntil } = node;
    member.now += stepMs * rate;
    if (!this.isRunning(node)) return;
    // The host ticks at most once per tick of its own clock, and not always in time.
    if (member.now - node.lastTickMs >= tickMs && !this.prng.chance(0.1)) {
      node.lastTickMs = member.now;
      member.step({ kind: 'tick', now: member.now });
    }
    if (diskStalledUntil <= this.time && this.prng.chance(0.6)) member.finishPersist();
    if (member.awaitsWholeness && member.voteIntact && this.prng.chance(0.2)) {
      member.makeWhole();
      this.count('made whole');
    }
    if (this.calm) member.finishWork();
    else if (member.slowMachine && this.prng.chance(0.5)) member.finishWork(1 + this.prng.below(3));
  }

  #collect(member: Member): void {
    for (const sent of member.takeSent()) {
      const message = overTheWire(sent);
      if (this.prng.chance(this.loss) || this.cuts.has(`${message.from}>${message.to}`)) {
        this.#streamEnded(message, false);
        continue;
      }
      // Words that are said once and decide much are late most often.
      const isWeighty = message.kind === 'transfer-now' || message.kind === 'vote-request';
      const isSlow = !this.calm && this.prng.chance(isWeighty ? 0.15 : 0.04);
      this.post(message, isSlow ? 200 : 3);
      if (this.calm) continue;
      if (this.prng.chance(0.03)) this.post(message, 5);
      if (this.prng.chance(0.1)) this.past[this.prng.below(100)] = message;
    }
    for (const event of member.events.splice(0)) {
      this.count(event.kind === 'role-changed' ? `became ${event.role}` : event.kind);
    }
  }

  #deliver(): void {
    const due = this.#wire.get(this.time) ?? [];
    this.#wire.delete(this.time);
    for (const message of due) {
      const node = this.nodes.get(message.to);
      if (node === undefined || !node.member.up) this.#streamEnded(message, false);
      else if (node.pausedUntil > this.time) this.post(message, node.pausedUntil - this.time + 3);
      else this.#arrive(node.member, message);
    }
  }

  #arrive(to: Member, message: Message): void {
    if (message.kind === 'install-snapshot') {
      const hash = this.history.applied.get(message.mark.index);
      assert(hash !== undefined, 'a snapshot is of a committed state');
      to.receiveSnapshot(message.mark, hash);
      this.count('snapshot shipped');
    }
    const verdict = to.receive(message);
    if (!verdict.accepted) this.count(`refused: ${verdict.error.message.replace(/\d+/g, '#')}`);
    this.#streamEnded(message, !this.prng.chance(this.loss));
  }

  #streamEnded(message: Message, delivered: boolean): void {
    if (message.kind !== 'install-snapshot') return;
    const from = this.nodes.get(message.from);
    if (from?.member.up) from.member.step({ kind: 'snapshot-sent', to: message.to, delivered });
  }

  #check(): void {
    this.history.check(this.members);
    for (const { member, openReads } of this.nodes.values()) {
      for (const [id, index] of member.reads) {
        openReads.delete(id);
        const floor = this.readFloor.get(`${member.id}.${id}`) as number;
        this.count(index === 'failed' ? 'read failed' : 'read answered');
        if (index === 'failed' || index >= floor) continue;
        assert.fail(`member ${member.id} read at ${index}, but ${floor} was applied before`);
      }
      member.reads.clear();
    }
  }

  #checkCaughtUp(leader: Member): void {
    const { configuration, applied } = leader.status;
    for (const id of [...configuration.voters, ...configuration.learners]) {
      const member = this.nodes.get(id)?.member;
      assert.equal(member?.status.applied, applied, `member ${id} catches up`);
    }
  }
}

/** As bytes and back, so that whatever a core sends can be sent. */
function overTheWire(message: Message): Message {
  const writer = new ByteWriter(256);
  encodeMessage(writer, message);
  return decodeMessage(writer.copy());
}
