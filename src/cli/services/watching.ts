/** `quorate services watch`: each instance that is there, comes, changes and goes, one line each. */
import type { Instance, ServiceSnapshot } from '../../discovery/index.ts';
import { exitCodes, Interrupted, type Invocation, isSet, numberOption } from '../verb.ts';
import { instanceDocument, instanceRow } from './instance-text.ts';
import { readyView, withRegistry } from './open-registry.ts';

type Change = 'there' | 'added' | 'changed' | 'removed';

export async function watchService(invocation: Invocation, service: string): Promise<number> {
  const most = Number.MAX_SAFE_INTEGER;
  const limit = numberOption(invocation, 'limit', { least: 1, most, otherwise: most });
  // What the registry says, as it says it: who calls holds on to those that vanish at once, who looks wants to know.
  return await withRegistry(invocation, { lossGuard: false }, async (registry) => {
    using view = await readyView(invocation, registry, service);
    try {
      let told = 0;
      let known: ReadonlyMap<string, Instance> | undefined;
      for await (const snapshot of view.changes({ signal: invocation.signal })) {
        for (const [change, instance] of changesOf(known, snapshot)) {
          tell(invocation, change, instance);
          told += 1;
          if (told >= limit) return exitCodes.done;
        }
        known = new Map(snapshot.instances.map((instance) => [instance.id, instance]));
        await invocation.drained();
      }
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
    return exitCodes.done;
  });
}

/** Instances never change: another object is another state. */
function changesOf(
  known: ReadonlyMap<string, Instance> | undefined,
  { instances }: ServiceSnapshot,
): readonly (readonly [Change, Instance])[] {
  if (known === undefined) return instances.map((instance) => ['there', instance]);
  const ids = new Set(instances.map(({ id }) => id));
  const gone = [...known.values()].filter(({ id }) => !ids.has(id));
  const others = instances.filter((instance) => known.get(instance.id) !== instance);
  return [
    ...gone.map((instance) => ['removed', instance] as const),
    ...others.map((instance) => [known.has(instance.id) ? 'changed' : 'added', instance] as const),
  ];
}

function tell(invocation: Invocation, change: Change, instance: Instance): void {
  const line = isSet(invocation, 'json')
    ? JSON.stringify({ change, ...instanceDocument(instance) })
    : [change, ...instanceRow(instance)].join('\t');
  invocation.out(line);
}
