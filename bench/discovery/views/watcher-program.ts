/**
 * Several clients in a process of their own, each with a registry and a view: tells its parent, by the clock that all
 * processes of a machine share, when the last of its views has shown each change.
 */

import { serviceRegistry } from '../../../src/discovery/index.ts';
import { connect } from '../../../src/index.ts';

const [url = '', service = '', changedId = '', views = ''] = process.argv.slice(2);

/** By the weight that the change has set. */
const seen = new Map<number, number>();
let readyCount = 0;
const count = Number(views);
const heapBefore = heapBytes();
const closings: (() => Promise<void>)[] = [];

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function watch(): Promise<void> {
  const store = await connect(url);
  const registry = serviceRegistry(store, { hearEvery: '30s' });
  const view = await registry.view(service);
  await view.ready();
  closings.push(async () => {
    await registry.close();
    await store.close();
  });
  let told = 0;
  view.subscribe(() => {
    const weight = view.instance(changedId)?.weight ?? 0;
    if (weight === told) return;
    told = weight;
    const sofar = (seen.get(weight) ?? 0) + 1;
    seen.set(weight, sofar);
    if (sofar === count) process.send?.({ weight, at: String(process.hrtime.bigint()) });
  });
  readyCount += view.snapshot.instances.length;
}

process.on('message', () => {
  void Promise.all(closings.map((close) => close())).then(() => process.disconnect());
});

for (let number = 0; number < count; number += 1) await watch();
process.send?.({ ready: readyCount, bytes: (heapBytes() - heapBefore) / count });
