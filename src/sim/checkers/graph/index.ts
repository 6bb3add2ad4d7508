/** Graphs of "must come before": built from a history, searched for cycles. */
export { type Edge, LabelledGraph } from './labelled-graph.ts';
export { PathSearch, shortestCycle } from './shortest-cycle.ts';
export { type StrongComponents, strongComponents } from './strong-components.ts';
