/**
 * A whole group under message-level faults, driven by one seed: messages are lost, doubled, delayed and
 * reordered, members crash and come back, disks take their time, members join and leave. After each step the
 * invariants of Raft are checked over the whole history.
 */
import assert from 'node:assert/strict';
import { Prng } from '../../src/base/index.ts';
import type { MembershipChange, Message } from '../../src/raft/index.ts';
import { Member, type TestOptions } from './member.ts';

interface InFlight {
  readonly at: number;
  readonly message: Message;
}

export class Chaos {
  readonly prng: Prng;
  readonly members = new Map<number, Member>();
  readonly leaders = new Map<number, number>();
  /** Hash of the applied prefix at each index, as the first member that applied it saw it. */
  readonly committed = new Map<number, number>();
  readonly counts: Record<string, number> = {};
  #network: InFlight[] = [];
  #time = 0;
  readonly #cut = new Set<string>();
  #proposals = 0;
  #reads = 0;
  /** For each read the greatest index that was committed anywhere when it was asked. */
  readonly #readFloor = new Map<string, number>();
  #committedEver = 0;
  readonly #options: TestOptions;
  loss = 0.05;
  calm = false;
  /** No more new work, so that all can catch up. */
  quiet = false;

  constructor(seed: number, size: number, options: TestOptions = {}) {
    this.prng = new Prng(seed);
    this.#options = options;
    const voters = Array.from({ length: size }, (_, index) => index + 1);
    for (const id of voters)
      this.members.set(id, new Member(id, voters, { ...options, seed: seed * 31 + id }));
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** One millisecond-like step of the world. */
  step(): void {
    this.#time += 1;
    for (const member of this.members.values()) {
      if (!member.up) continue;
      if (this.#time % 4 === member.id % 4) member.tick();
      if (this.prng.chance(0.6)) member.finishPersist();
    }
    this.#deliver();
    if (!this.calm) this.#misbehave();
    this.#work();
    for (const member of this.members.values()) this.#collect(member);
    this.check();
  }

  run(steps: number): void {
    for (let done = 0; done < steps; done += 1) this.step();
  }

  /** Everything works again; in bounded time there is one leader, and everybody catches up. */
  heal(): void {
    this.calm = true;
    this.loss = 0;
    this.#cut.clear();
    for (const member of this.members.values()) if (!member.up) member.restart();
    this.run(1500);
    const leaders = [...this.members.values()].filter((member) => member.status.role === 'leader');
    const newest = leaders.reduce((a, b) => (b.status.term > a.status.term ? b : a), leaders[0] as Member);
    assert(newest !== undefined, `a leader after healing: ${this.describe()}`);
    const before = newest.status.commit;
    assert(newest.propose('after healing').accepted, `fresh requests succeed: ${this.describe()}`);
    this.quiet = true;
    this.run(300);
    assert(newest.status.commit > before, `a fresh request commits: ${this.describe()}`);
    const { configuration } = newest.status;
    for (const id of [...configuration.voters, ...configuration.learners]) {
      const member = this.members.get(id) as Member;
      assert.equal(
        member.status.applied,
        newest.status.applied,
        `member ${id} catches up: ${this.describe()}`,
      );
    }
  }

  describe(): string {
    return [...this.members.values()]
      .map(
        ({ id, up, status: { role, term, leader, base, last, durable, commit, applied, configuration } }) =>
          `${id}${up ? '' : ' down'} ${role} t${term} l${leader} ${base}..${last} d${durable} c${commit} a${applied} [${configuration.voters}|${configuration.outgoing}|${configuration.learners}]`,
      )
      .join('\n');
  }

  #collect(member: Member): void {
    for (const message of member.sent.splice(0)) {
      if (this.prng.chance(this.loss) || this.#cut.has(`${message.from}>${message.to}`)) {
        if (message.kind === 'install-snapshot')
          member.step({ kind: 'snapshot-sent', to: message.to, delivered: false });
        continue;
      }
      this.#send(message);
      if (!this.calm && this.prng.chance(0.03)) this.#send(message);
    }
    for (const event of member.events.splice(0)) {
      this.count(event.kind === 'role-changed' ? `became ${event.role}` : event.kind);
      if (event.kind !== 'role-changed' || event.role !== 'leader') continue;
      const other = this.leaders.get(event.term);
      assert(
        other === undefined || other === member.id,
        `two leaders in term ${event.term}: ${other}, ${member.id}`,
      );
      this.leaders.set(event.term, member.id);
    }
  }

  #send(message: Message): void {
    const slow = this.prng.chance(0.05) && !this.calm ? this.prng.below(200) : 0;
    this.#network.push({ at: this.#time + 1 + this.prng.below(5) + slow, message });
  }

  #deliver(): void {
    const due = this.#network.filter(({ at }) => at <= this.#time);
    this.#network = this.#network.filter(({ at }) => at > this.#time);
    for (const { message } of due) {
      const to = this.members.get(message.to);
      const from = this.members.get(message.from);
      if (to === undefined || !to.up) {
        if (message.kind === 'install-snapshot' && from?.up)
          from.step({ kind: 'snapshot-sent', to: message.to, delivered: false });
        continue;
      }
      if (message.kind === 'install-snapshot') this.#shipSnapshot(to, message);
      const verdict = to.step({ kind: 'receive', message });
      if (!verdict.accepted) this.count(`refused: ${verdict.error.message.replace(/\d+/g, '#')}`);
      if (message.kind === 'install-snapshot' && from?.up)
        from.step({ kind: 'snapshot-sent', to: message.to, delivered: true });
    }
  }

  #shipSnapshot(to: Member, message: Extract<Message, { kind: 'install-snapshot' }>): void {
    const hash = this.committed.get(message.mark.index);
    assert(hash !== undefined, 'a snapshot is of a committed state');
    to.receiveSnapshot(message.mark, hash);
    this.count('snapshot shipped');
  }

  #misbehave(): void {
    const { prng } = this;
    const ids = [...this.members.keys()];
    if (prng.chance(0.004)) {
      const member = this.members.get(prng.pick(ids)) as Member;
      if (member.up) {
        member.crash();
        this.count('crash');
      }
    }
    for (const member of this.members.values()) if (!member.up && prng.chance(0.01)) member.restart();
    if (prng.chance(0.004)) {
      const half = new Set(ids.filter(() => prng.chance(0.5)));
      const oneWay = prng.chance(0.3);
      for (const a of ids) {
        for (const b of ids) {
          if (half.has(a) && !half.has(b)) {
            this.#cut.add(`${a}>${b}`);
            if (!oneWay) this.#cut.add(`${b}>${a}`);
          }
        }
      }
      this.count('partition');
    }
    if (prng.chance(0.01)) this.#cut.clear();
  }

  #work(): void {
    const { prng } = this;
    for (const member of this.members.values()) {
      if (!member.up || this.quiet) continue;
      if (member.status.role === 'leader' && prng.chance(0.2)) {
        this.#proposals += 1;
        const commands = Array.from(
          { length: 1 + prng.below(4) },
          (_, part) => `command ${this.#proposals}.${part}`,
        );
        member.propose(...commands);
      }
      if (prng.chance(0.02)) this.#read(member);
      if (prng.chance(0.01)) member.takeSnapshot();
      if (this.calm || member.status.role !== 'leader') continue;
      if (prng.chance(0.01)) member.step({ kind: 'transfer', to: prng.pick([...this.members.keys()]) });
      if (prng.chance(0.02)) this.#change(member);
    }
  }

  #read(member: Member): void {
    this.#reads += 1;
    this.#readFloor.set(`${member.id}.${this.#reads}`, this.#committedEver);
    member.now = Math.max(member.now, 0);
    const mode = this.#options.leaseReads && this.prng.chance(0.5) ? 'lease' : 'quorum';
    if (member.step({ kind: 'read', id: this.#reads, mode, now: member.now }).accepted)
      this.count(`read ${mode}`);
  }

  #change(leader: Member): void {
    const { prng } = this;
    const { configuration } = leader.status;
    const ids = [...this.members.keys()];
    const change = (): MembershipChange => {
      const member = prng.pick(ids);
      if (configuration.learners.includes(member))
        return { kind: prng.chance(0.8) ? 'promote' : 'remove', member };
      if (configuration.voters.includes(member))
        return { kind: prng.chance(0.5) ? 'demote' : 'remove', member };
      return { kind: 'add-learner', member };
    };
    if (prng.chance(0.1) && ids.length < 8) {
      const id = ids.length + 1;
      this.members.set(id, new Member(id, [], { ...this.#options, seed: id * 65537 }));
    }
    const changes = Array.from({ length: 1 + prng.below(2) }, change);
    if (configuration.voters.length - changes.length < 2) return;
    if (leader.step({ kind: 'change', changes }).accepted) this.count('membership change');
  }

  check(): void {
    for (const member of this.members.values()) {
      if (!member.up) continue;
      for (const [index, hash] of member.hashes) {
        const known = this.committed.get(index);
        if (known === undefined) this.committed.set(index, hash);
        else assert.equal(hash, known, `member ${member.id} applied something else at ${index}`);
        this.#committedEver = Math.max(this.#committedEver, index);
      }
      member.hashes.clear();
      const { commit, last, base, applied, durable } = member.status;
      assert(base <= applied && applied <= commit && commit <= last && durable <= last, this.describe());
      for (const [id, index] of member.reads) {
        const floor = this.#readFloor.get(`${member.id}.${id}`) as number;
        if (index === 'failed') this.count('read failed');
        else {
          this.count('read answered');
          assert(index >= floor, `member ${member.id} read at ${index}, but ${floor} was committed before`);
        }
      }
      member.reads.clear();
    }
  }
}
