/**
 * One member in a process of its own, on real sockets of loopback. It tells its parent each event with what it sees
 * then, does what it is told, and leaves when it is asked to end (SIGTERM).
 *
 *   node test/membership/processes/member-program.ts SETTINGS (as JSON)
 */
import {
  joinMembership,
  type Member,
  type MembershipEvent,
  type PartitionView,
} from '../../../src/membership/index.ts';
import { realMachine, silentLog } from '../../../src/ports/real/index.ts';
import { clusterKey } from '../simulated-members.ts';
import { Wall } from './wall.ts';

export interface MemberSettings {
  readonly id: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly seeds: readonly string[];
}

/** The addresses that are cut off from now on; none heals. */
export interface Order {
  readonly cutOff: readonly string[];
}

export interface Report {
  /** Absent in the first report, when it has its port. */
  readonly event?: MembershipEvent;
  readonly address: string;
  readonly members: readonly Member[];
  readonly partition: PartitionView | undefined;
}

const settings = JSON.parse(process.argv[2] ?? '') as MemberSettings;
const wall = new Wall();
const machine = realMachine({ log: silentLog() });
const membership = await joinMembership({
  id: settings.id,
  cluster: 'processes',
  keys: [clusterKey],
  listen: `127.0.0.1:${settings.port}`,
  seeds: settings.seeds,
  // Three times as fast as by default, and with more time to contradict: who is well is not buried on a busy machine.
  gossip: {
    probePeriod: 300,
    probeTimeout: 150,
    gossipPeriod: 60,
    suspicionFactor: 10,
    suspicionMaxFactor: 2,
    exchangePeriod: 3_000,
    revivePeriod: 1_000,
  },
  partition: { strategy: { kind: 'keep-majority' }, stableAfter: 1_000, unstableAfter: 30_000 },
  machine: wall.around(machine),
});

function tell(event?: MembershipEvent): void {
  const { address, members, partition } = membership;
  const report: Report = { address, members, partition, ...(event && { event }) };
  process.send?.(report);
}

membership.subscribe(tell);
tell();

process.on('message', ({ cutOff }: Order) => wall.put(cutOff));
process.once('SIGTERM', () => {
  void membership.leave().then(() => {
    machine.loopDelay.close();
    process.disconnect();
  });
});
process.on('disconnect', () => process.exit());
