/**
 * Some members in one process, on real sockets of loopback, at the default pace. It does what its parent asks, one
 * question after the other, and says when what was waited for came about, by the clock that all processes of a machine
 * share.
 *
 *   node members-program.ts FIRST COUNT: the members FIRST to FIRST + COUNT - 1
 */
import { joinMembership, type Membership, type MembershipEvent } from '../../src/membership/index.ts';
import { type Answer, idOf, type Question, type Spent } from './members-process.ts';

const [first, count] = process.argv.slice(2).map(Number) as [number, number];

class Watched {
  readonly membership: Membership;
  readonly suspected = new Set<string>();
  readonly failed = new Set<string>();
  #known: number;
  #look: () => void = () => undefined;

  constructor(membership: Membership) {
    this.membership = membership;
    this.#known = membership.members.length;
    membership.subscribe((event) => this.#hear(event));
  }

  get known(): number {
    return this.#known;
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (!holds()) return;
        this.#look = () => undefined;
        resolve();
      };
      this.#look();
    });
  }

  #hear(event: MembershipEvent): void {
    if (event.kind === 'joined') this.#known += 1;
    if (event.kind === 'suspected') this.suspected.add(event.member.id);
    if (event.kind === 'failed') this.failed.add(event.member.id);
    this.#look();
  }
}

const members: Watched[] = [];

/** Without seeds they find each other by the first of them. */
async function join(given: readonly string[]): Promise<void> {
  const shared = { cluster: 'bench', keys: [new Uint8Array(32).fill(7)], listen: '127.0.0.1:0' };
  for (let number = first; number < first + count; number += 1) {
    const [own] = members;
    const seeds = given.length > 0 || own === undefined ? given : [own.membership.address];
    members.push(new Watched(await joinMembership({ ...shared, id: idOf(number), seeds })));
  }
}

async function untilAll(holds: (member: Watched) => boolean): Promise<void> {
  await Promise.all(members.map((member) => member.until(() => holds(member))));
}

async function meet(question: Question): Promise<void> {
  switch (question.kind) {
    case 'join':
      return join(question.seeds);
    case 'know':
      return untilAll(({ known }) => known >= question.count);
    case 'bury':
      return untilAll(({ membership }) =>
        question.ids.every((id) => membership.member(id)?.status === 'UNHEALTHY'),
      );
    case 'hear':
      return untilAll(({ membership }) => membership.member(question.id)?.metadata.zone === question.zone);
    case 'trust':
      return untilAll(({ membership }) =>
        question.ids.every((id) => membership.member(id)?.status === 'HEALTHY'),
      );
    case 'say':
      members[0]?.membership.setMetadata({ zone: question.zone });
      return;
    case 'spent':
    case 'accused':
      return;
  }
}

function spent(): Spent {
  const { user, system } = process.cpuUsage();
  const counters = members.map(({ membership }) => membership.counters);
  return {
    processorUs: user + system,
    packets: counters.reduce((sum, { packetsSent }) => sum + packetsSent, 0),
    bytes: counters.reduce((sum, { packetBytesSent }) => sum + packetBytesSent, 0),
    connections: counters.reduce((sum, { messagesSent }) => sum + messagesSent, 0),
    lost: counters.reduce((sum, { sendsDropped, refused }) => sum + sendsDropped + refused.busy, 0),
  };
}

/** What all members have in such a set; it is empty behind this where `isTaken`. */
function union(setOf: (member: Watched) => Set<string>, isTaken: boolean): string[] {
  const all = new Set(members.flatMap((member) => [...setOf(member)]));
  if (isTaken) for (const member of members) setOf(member).clear();
  return [...all];
}

process.on('message', (question: Question) => {
  void meet(question).then(() => {
    const atNs = process.hrtime.bigint();
    const isTaken = question.kind === 'accused';
    const answer: Answer = {
      atNs,
      address: members[0]?.membership.address ?? '',
      spent: spent(),
      localHealthMax: Math.max(1, ...members.map(({ membership }) => membership.localHealth)),
      stalls: members[0]?.membership.counters.stalls ?? 0,
      suspected: union((member) => member.suspected, isTaken),
      failed: union((member) => member.failed, isTaken),
    };
    process.send?.(answer);
  });
});
process.on('disconnect', () => process.exit());
