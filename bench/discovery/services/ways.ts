/** The ways of calling that are compared: round robin over whoever passes, as people write it first, and ours. */
import { discover, type ServiceOptions, type ServiceRegistry } from '../../../src/discovery/index.ts';

interface WayOfCalling extends AsyncDisposable {
  readonly call: () => Promise<void>;
}

export interface Way {
  readonly name: string;
  readonly open: (registry: ServiceRegistry, service: string) => Promise<WayOfCalling>;
}

/** How long anybody waits. */
const patienceMs = 3_000;

export const ways: readonly Way[] = [
  { name: 'plain round robin', open: plain },
  {
    name: 'q.fetch, round robin',
    open: (registry, service) => ours(registry, service, { picker: 'round-robin' }),
  },
  {
    name: 'q.fetch',
    open: (registry, service) => ours(registry, service, { hedge: { after: '100ms', percentile: 95 } }),
  },
];

/** It hears of instances as quickly as ours does, and asks each once. */
async function plain(registry: ServiceRegistry, service: string): Promise<WayOfCalling> {
  const view = await registry.view(service);
  await view.ready();
  let turn = 0;
  const call = async (): Promise<void> => {
    const passing = view.snapshot.instances.filter(({ status }) => status === 'passing');
    const target = passing[turn++ % passing.length];
    if (target === undefined) throw new Error('nobody passes');
    const { host, port } = target.address;
    const response = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(patienceMs) });
    await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
  };
  return { call, [Symbol.asyncDispose]: async () => view.close() };
}

async function ours(
  registry: ServiceRegistry,
  service: string,
  options: ServiceOptions,
): Promise<WayOfCalling> {
  const q = discover(registry, { defaults: { deadline: patienceMs, tryTimeout: '1s', ...options } });
  // Both begin with somebody to call.
  await q.service(service).call(() => undefined);
  const call = async (): Promise<void> => {
    const response = await q.fetch(`service://${service}/`);
    await response.text();
    if (!response.ok) throw new Error(`status ${response.status}`);
  };
  return { call, [Symbol.asyncDispose]: () => q.close() };
}
