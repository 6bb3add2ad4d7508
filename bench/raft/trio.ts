/**
 * A leader and two followers in one process, without disk or network: persists are answered at once, and what
 * one turn sends arrives in the next. The entries are the same objects in all three logs, and the commands the
 * same buffers all the time, so what is left to measure is the core.
 */
import assert from 'node:assert/strict';
import { emptyConfiguration, type Message, RaftGroup } from '../../src/raft/index.ts';

const voters = [1, 2, 3];

/** A core and the least that a host does for it. */
class Host {
  readonly core: RaftGroup;
  sent: Message[] = [];
  #applied = 0;

  constructor(member: number) {
    const configuration = { ...emptyConfiguration, voters };
    this.core = new RaftGroup({ group: 1, member, seed: member }, { configuration });
  }

  get applied(): number {
    return this.#applied;
  }

  drain(): void {
    const { core } = this;
    for (let output = core.output(); output !== undefined; output = core.output()) {
      const { messages, persist, apply } = output;
      for (const message of messages) this.sent.push(message);
      if (persist !== undefined) core.step({ kind: 'persisted', sequence: persist.sequence });
      const last = apply[apply.length - 1];
      if (last === undefined) continue;
      this.#applied = last.index;
      core.step({ kind: 'applied', index: last.index });
    }
  }

  compact(): void {
    this.core.step({ kind: 'snapshot-taken', index: this.#applied });
  }
}

export class Trio {
  readonly hosts: readonly Host[] = voters.map((member) => new Host(member));

  constructor() {
    this.leader.core.step({ kind: 'campaign' });
    for (let turn = 0; turn < 10; turn += 1) this.#turn();
    assert.equal(this.leader.core.status().role, 'leader');
  }

  get leader(): Host {
    return this.hosts[0] as Host;
  }

  get committed(): number {
    return this.leader.applied;
  }

  /** One turn of the leader's loop with one batch of commands, and everything that it sets in motion. */
  propose(commands: readonly Uint8Array[]): void {
    assert(this.leader.core.step({ kind: 'propose', commands }).accepted);
    this.#turn();
  }

  compact(): void {
    for (const host of this.hosts) host.compact();
    this.#turn();
  }

  #turn(): void {
    for (const host of this.hosts) {
      host.drain();
      const { sent } = host;
      if (sent.length === 0) continue;
      host.sent = [];
      for (const message of sent) {
        const to = this.hosts[message.to - 1] as Host;
        to.core.step({ kind: 'receive', message });
      }
    }
  }
}

/** A leader alone, whose followers acknowledge whatever it holds: what it allocates is its own. */
export class Soloist {
  readonly #host = new Host(1);
  /** The new leader's first entry, and what was proposed since. */
  #last = 1;

  constructor() {
    const { core } = this.#host;
    const reply = { kind: 'vote-reply', group: 1, from: 2, to: 1, term: 1, granted: true } as const;
    core.step({ kind: 'campaign' });
    this.#host.drain();
    for (const preVote of [true, false]) {
      core.step({ kind: 'receive', message: { ...reply, preVote } });
      this.#host.drain();
    }
    this.#acknowledge();
    assert.equal(core.status().role, 'leader');
  }

  propose(commands: readonly Uint8Array[]): void {
    this.#host.core.step({ kind: 'propose', commands });
    this.#last += commands.length;
    this.#host.drain();
    this.#acknowledge();
  }

  compact(): void {
    this.#host.compact();
    this.#host.drain();
  }

  #acknowledge(): void {
    const { core } = this.#host;
    const match = this.#last;
    for (const from of [2, 3]) {
      const reply = {
        kind: 'append-accepted',
        group: 1,
        from,
        to: 1,
        term: 1,
        damaged: false,
        match,
      } as const;
      core.step({ kind: 'receive', message: reply });
    }
    this.#host.drain();
    this.#host.sent = [];
  }
}
