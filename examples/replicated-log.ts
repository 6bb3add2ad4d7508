/**
 * Three members of one Raft group agree on a ledger, in one process and without a network: the leader is cut
 * off, the other two elect another and go on, and the first one catches up when it is back. It shows what a
 * host owes the core: make durable before you say so, deliver what may be lost, apply in order.
 *
 *     npm run build && node examples/replicated-log.ts
 */
import { emptyConfiguration, RaftGroup } from 'quorate/raft';

const tickMs = 10;
const voters = [1, 2, 3];

interface Member {
  readonly id: number;
  readonly core: RaftGroup;
  /** The state machine: the commands that were agreed on, in their order. */
  readonly ledger: string[];
  connected: boolean;
}

const members: readonly Member[] = voters.map((id) => ({
  id,
  // The seed spreads the election timeouts; fixed ones make this program print the same each time.
  core: new RaftGroup(
    { group: 1, member: id, seed: id, tickMs },
    { configuration: { ...emptyConfiguration, voters } },
  ),
  ledger: [],
  connected: true,
}));

/** Does everything that a member's core asks of its host. */
function serve(member: Member): void {
  for (let output = member.core.output(); output !== undefined; output = member.core.output()) {
    if (output.persist !== undefined) {
      // Here a real host writes to its disk and waits; memory, which this program trusts, is done at once.
      member.core.step({ kind: 'persisted', sequence: output.persist.sequence });
    }
    for (const message of output.messages) {
      const receiver = members.find(({ id }) => id === message.to);
      if (member.connected && receiver?.connected) receiver.core.step({ kind: 'receive', message });
    }
    for (const { index, kind, data } of output.apply) {
      if (kind === 'command') member.ledger.push(new TextDecoder().decode(data));
      member.core.step({ kind: 'applied', index });
    }
  }
}

let now = 0;

/** Lets time pass. It is a number here, so a second takes no longer than the work in it. */
function pass(durationMs: number): void {
  for (const end = now + durationMs; now < end; now += tickMs) {
    for (const member of members) member.core.step({ kind: 'tick', now });
    for (let round = 0; round < voters.length; round += 1) for (const member of members) serve(member);
  }
}

/** The leader as the connected members know it. One that is cut off may still take itself for it. */
function leader(): Member {
  const found = members.find(({ core, connected }) => connected && core.status().role === 'leader');
  if (found === undefined) throw new Error('there is no leader');
  return found;
}

function propose(text: string): void {
  const verdict = leader().core.step({ kind: 'propose', commands: [new TextEncoder().encode(text)] });
  if (!verdict.accepted) throw verdict.error;
  pass(100);
}

pass(1_000);
const first = leader();
console.log(`member ${first.id} leads in term ${first.core.status().term}`);
propose('open account 7');
propose('account 7: +100');

first.connected = false;
pass(1_000);
const second = leader();
console.log(`member ${first.id} is cut off; member ${second.id} leads in term ${second.core.status().term}`);
propose('account 7: -30');

first.connected = true;
pass(1_000);
console.log(`member ${first.id} is back as a ${first.core.status().role}`);
for (const { id, ledger } of members) console.log(`member ${id}: ${ledger.join(', ')}`);
