/** The figures of the node that this process serves, for its HTTP door: gathered when somebody asks. */
import { type MonitoredNode, metricsText, type Readiness, readinessOf } from '../monitor/index.ts';
import type { QuorateNode, StoreMachine } from '../node/index.ts';
import type { Address, Machine } from '../ports/index.ts';
import { HttpDoor } from './http-door.ts';

export interface MonitorOptions {
  readonly node: QuorateNode;
  readonly machine: Machine;
  readonly store: () => Pick<StoreMachine, 'status' | 'refusals'> | undefined;
  readonly name: string;
}

export function openMonitor(address: Address, options: MonitorOptions): Promise<HttpDoor> {
  const { node, machine, name } = options;
  return HttpDoor.open({
    address,
    metrics: () => metricsText(monitored(options)),
    health: () => ({ status: 'ok', name, pid: process.pid, uptimeSeconds: Math.round(process.uptime()) }),
    readiness: (): Promise<Readiness> => readinessOf(node, { clock: machine.clock }),
  });
}

function monitored({ node, machine, store }: MonitorOptions): MonitoredNode {
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
