/** What a service client costs a call that goes well at once, beside the bare call: with all that is there by default, and with a hedge. */
import { discover, fixedInstances, type ServiceOptions } from '../../../src/discovery/index.ts';
import { type BenchCase, median } from '../bench-case.ts';

const calls = 200;
const warmUpRounds = 200;
const roundsPerRound = 51;

type Made = () => Promise<unknown>;

async function answer(): Promise<number> {
  return 1;
}

function through(options: ServiceOptions): Made {
  const addresses = Array.from({ length: 100 }, (_, at) => `10.0.0.${at}:7000`);
  const orders = discover(fixedInstances({ orders: addresses })).service('orders', { seed: 1, ...options });
  return () => orders.call(answer, { idempotent: true });
}

async function nsPerCall(make: Made): Promise<number> {
  const start = performance.now();
  for (let call = 0; call < calls; call += 1) await make();
  return ((performance.now() - start) * 1e6) / calls;
}

export const cases: readonly BenchCase[] = [
  {
    name: 'calls',
    what: 'a call through a service client that has 100 instances',
    run: async ({ rounds }) => {
      const subjects: readonly (readonly [string, Made, number[]])[] = [
        ['bare', answer, []],
        ['call', through({}), []],
        ['call hedged', through({ hedge: { after: '1s' } }), []],
      ];
      for (let round = -warmUpRounds; round < rounds * roundsPerRound; round += 1) {
        for (const [, make, figures] of subjects) {
          const ns = await nsPerCall(make);
          if (round >= 0) figures.push(ns);
        }
      }
      const bareNs = median(subjects[0]?.[2] ?? []);
      return subjects.slice(1).map(([name, , figures]) => ({
        case: name,
        ours: Math.round(median(figures)),
        unit: 'ns',
        peer: 'bare',
        theirs: Math.round(bareNs),
      }));
    },
  },
];
