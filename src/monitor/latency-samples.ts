/** A histogram of durations in the form of Prometheus: buckets from 64 µs to 8.4 s, each twice the one before. */
import type { LatencyHistogram } from '../base/index.ts';
import type { Labels, Sample } from './prometheus-text.ts';

const doublings = Array.from({ length: 18 }, (_, step) => step + 6);

export function latencySamples(latencies: LatencyHistogram, labels: Labels = {}): readonly Sample[] {
  const buckets = doublings.map((doubling) => ({
    suffix: '_bucket',
    labels: { ...labels, le: 2 ** doubling / 1e6 },
    value: latencies.countBelow(doubling),
  }));
  return [
    ...buckets,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: latencies.count },
    { suffix: '_sum', labels, value: latencies.sumMs / 1000 },
    { suffix: '_count', labels, value: latencies.count },
  ];
}
