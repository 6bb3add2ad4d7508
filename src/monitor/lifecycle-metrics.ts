/** The life of a node as a metric: in which of its states it is. */
import type { LifecycleState, LifecycleStateName } from '../membership/index.ts';
import { type MetricFamily, prometheusText } from './prometheus-text.ts';

const states: Readonly<Record<LifecycleStateName, true>> = {
  starting: true,
  joining: true,
  running: true,
  degraded: true,
  leaving: true,
  stopped: true,
  failed: true,
};

export const lifecycleFamilies: readonly MetricFamily<LifecycleState>[] = [
  {
    name: 'quorate_node_state',
    type: 'gauge',
    help: '1 for the state that the life of the node is in, 0 for the others.',
    samples: ({ kind }) =>
      Object.keys(states).map((state) => ({ labels: { state }, value: Number(state === kind) })),
  },
];

/** The text for Prometheus, to stand before that of the node itself, which is not there in every state. */
export function lifecycleMetricsText(state: LifecycleState): string {
  return prometheusText(lifecycleFamilies, state);
}
