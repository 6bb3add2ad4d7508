/** How far this node's clock is off and whose clock is wrong, as metrics: from an estimate of `ClockOffsets`. */
import type { OffsetEstimate } from '../time/index.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

export const clockFamilies: readonly MetricFamily<OffsetEstimate>[] = [
  {
    name: 'quorate_clock_agreed',
    type: 'gauge',
    help: '1 while a majority of the clocks agrees on the time, else 0.',
    samples: ({ state }) => [{ value: state === 'agreed' ? 1 : 0 }],
  },
  {
    name: 'quorate_clock_offset_seconds',
    type: 'gauge',
    help: 'What to add to the clock here to have the time that a majority agrees on.',
    samples: (estimate) => (estimate.state === 'agreed' ? [{ value: estimate.offsetMs / 1_000 }] : []),
  },
  {
    name: 'quorate_clock_offset_error_seconds',
    type: 'gauge',
    help: 'How far off the offset is at most, if a majority of the clocks is sound.',
    samples: (estimate) => (estimate.state === 'agreed' ? [{ value: estimate.errorMs / 1_000 }] : []),
  },
  {
    name: 'quorate_clock_skewed',
    type: 'gauge',
    help: '1 while the clock here is off by more than its bound, whatever the error; else 0.',
    samples: (estimate) =>
      estimate.state === 'agreed' ? [{ value: estimate.skew === 'beyond' ? 1 : 0 }] : [],
  },
  {
    name: 'quorate_clock_falseticker',
    type: 'gauge',
    help: '1 for each node whose clock cannot be right if the majority is; the node here may be one.',
    samples: (estimate) =>
      estimate.state === 'agreed'
        ? estimate.falsetickers.map((node) => ({ labels: { node }, value: 1 }))
        : [],
  },
  {
    name: 'quorate_clock_peer_offset_seconds',
    type: 'gauge',
    help: 'By how much the clock of a peer is ahead of the one here.',
    samples: ({ peers }) =>
      peers.map(({ peer, offsetMs }) => ({ labels: { peer }, value: offsetMs / 1_000 })),
  },
];

/** The text for Prometheus, of what `ClockOffsets.estimate` says now. */
export function clockMetricsText(estimate: OffsetEstimate): string {
  return prometheusText(clockFamilies, estimate);
}
