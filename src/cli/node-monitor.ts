/** The figures of the node that this process serves, for its HTTP door: gathered when somebody asks. */
import type { Membership, NodeLifecycle } from '../membership/index.ts';
import {
  gossipMetricsText,
  type LivingReadiness,
  lifecycleMetricsText,
  lifecycleReadiness,
  type MonitoredNode,
  metricsText,
} from '../monitor/index.ts';
import type { QuorateNode, StoreMachine } from '../node/index.ts';
import type { Address, Machine } from '../ports/index.ts';
import { memberDocument } from './gossip/index.ts';
import { HttpDoor } from './http-door.ts';

export interface MonitorOptions {
  readonly life: NodeLifecycle;
  /** Absent while it is not there yet, or not any more. */
  readonly node: () => QuorateNode | undefined;
  readonly machine: Machine;
  readonly store: () => Pick<StoreMachine, 'status' | 'refusals'> | undefined;
  /** Absent while it does not gossip. */
  readonly membership: () => Membership | undefined;
  readonly name: string;
}

export function openMonitor(address: Address, options: MonitorOptions): Promise<HttpDoor> {
  const { life, machine, name } = options;
  return HttpDoor.open({
    address,
    log: machine.log,
    metrics: () => allMetrics(options),
    health: () => ({ status: 'ok', name, pid: process.pid, uptimeSeconds: Math.round(process.uptime()) }),
    gossip: () => {
      const membership = options.membership();
      return membership && { id: membership.id, members: membership.members.map(memberDocument) };
    },
    readiness: (): Promise<LivingReadiness> =>
      lifecycleReadiness(life, options.node(), { clock: machine.clock }),
  });
}

function allMetrics(options: MonitorOptions): string {
  const node = options.node();
  const ofNode = node === undefined ? '' : metricsText(monitored(node, options));
  const membership = options.membership();
  const ofGossip = membership === undefined ? '' : gossipMetricsText(membership);
  return lifecycleMetricsText(options.life.state) + ofNode + ofGossip;
}

function monitored(node: QuorateNode, { machine, store }: MonitorOptions): MonitoredNode {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const machineOfStore = store();
  return {
    metrics: node.metrics(),
    ...(machineOfStore === undefined
      ? {}
      : { store: machineOfStore.status, refusals: machineOfStore.refusals }),
    process: {
      residentBytes: rss,
      heapBytes: heapUsed,
      cpuMs: (user + system) / 1000,
      uptimeMs: process.uptime() * 1000,
      loopDelayMsMax: machine.loopDelay.takeMaxMs(),
    },
  };
}
