/** What a query costs that is asked again about the same snapshot, and what the first answer costs. */
import { type Instance, InstanceQuery, type ServiceSnapshot } from '../../../src/discovery/index.ts';
import { type BenchCase, median } from '../bench-case.ts';

const asks = 1_000_000;
const count = 1_000;

function snapshotOf(version: number): ServiceSnapshot {
  const instances = Array.from({ length: count }, (_, at): Instance => {
    const zone = `zone-${at % 3}`;
    const id = `orders-${String(at).padStart(5, '0')}`;
    const address = { host: `10.0.${at >> 8}.${at & 255}`, port: 7000 };
    const told = { tags: ['http'], metadata: {}, region: undefined, version: `1.${at % 5}.0` };
    return { service: 'orders', id, address, status: 'passing', weight: 1, zone, token: at, ...told };
  });
  return { service: 'orders', instances, version };
}

let found = 0;

export const cases: readonly BenchCase[] = [
  {
    name: 'queries',
    what: 'a query by version and zone over 1,000 instances: the first answer, and again',
    run: ({ rounds }) => {
      const first: number[] = [];
      const again: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const query = new InstanceQuery({ version: '^1.2.0', near: { zone: 'zone-1' } });
        const snapshot = snapshotOf(round);
        const began = performance.now();
        found += query.select(snapshot).length;
        first.push((performance.now() - began) * 1_000);
        const start = performance.now();
        for (let ask = 0; ask < asks; ask += 1) found += query.select(snapshot).length;
        again.push(((performance.now() - start) * 1e6) / asks);
      }
      if (found === 0) throw new Error('nothing was found');
      return [
        { case: 'query-first', ours: Math.round(median(first)), unit: 'us', instances: count },
        { case: 'query-again', ours: Number(median(again).toFixed(1)), unit: 'ns', instances: count },
      ];
    },
  },
];
