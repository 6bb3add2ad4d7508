/** `quorate services list`: all services in figures, or the instances of one. */
import { InstanceQuery, type ServiceRegistry, type ServiceSnapshot } from '../../discovery/index.ts';
import { table } from '../table.ts';
import { exitCodes, type Invocation, isSet, textOption } from '../verb.ts';
import { instanceDocument, instanceHead, instanceRow } from './instance-text.ts';
import { readyView, withRegistry } from './open-registry.ts';

/** So many services are asked for at a time. */
const atOnce = 16;
const statuses = ['passing', 'warning', 'critical', 'draining'] as const;

export async function listServices(invocation: Invocation, service: string | undefined): Promise<number> {
  return await withRegistry(invocation, {}, async (registry) => {
    if (service === undefined) await showAll(invocation, registry);
    else await showOne(invocation, await snapshotOf(invocation, registry, service));
    return exitCodes.done;
  });
}

async function snapshotOf(
  invocation: Invocation,
  registry: ServiceRegistry,
  service: string,
): Promise<ServiceSnapshot> {
  using view = await readyView(invocation, registry, service);
  return view.snapshot;
}

async function showOne(invocation: Invocation, snapshot: ServiceSnapshot): Promise<void> {
  const zone = textOption(invocation, 'near');
  const query = new InstanceQuery({
    status: isSet(invocation, 'passing') ? 'passing' : 'any',
    ...(zone === undefined ? {} : { near: { zone } }),
  });
  const instances = query.select(snapshot);
  if (isSet(invocation, 'json')) {
    for (const instance of instances) invocation.out(JSON.stringify(instanceDocument(instance)));
  } else for (const line of table(instanceHead, instances.map(instanceRow))) invocation.out(line);
  await invocation.drained();
}

async function showAll(invocation: Invocation, registry: ServiceRegistry): Promise<void> {
  const names = await registry.list({ signal: invocation.signal });
  const rows: string[][] = [];
  for (let at = 0; at < names.length; at += atOnce) {
    const part = names.slice(at, at + atOnce);
    const snapshots = await Promise.all(part.map((name) => snapshotOf(invocation, registry, name)));
    for (const snapshot of snapshots) {
      if (isSet(invocation, 'json')) invocation.out(JSON.stringify(figuresOf(snapshot)));
      else rows.push([snapshot.service, ...statuses.map((status) => String(figuresOf(snapshot)[status]))]);
    }
    await invocation.drained();
  }
  if (!isSet(invocation, 'json'))
    for (const line of table(['service', ...statuses], rows)) invocation.out(line);
}

type Figures = Readonly<Record<(typeof statuses)[number], number>> & { readonly service: string };

function figuresOf({ service, instances }: ServiceSnapshot): Figures {
  const count = (wanted: (typeof statuses)[number]): number =>
    instances.filter(({ status }) => status === wanted).length;
  return {
    service,
    passing: count('passing'),
    warning: count('warning'),
    critical: count('critical'),
    draining: count('draining'),
  };
}
