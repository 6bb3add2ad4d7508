/**
 * The network between simulated machines: links that faults cut, slow and thin out, streams on them that
 * behave as TCP does when things go wrong, and the network port of each process.
 */
export type { Host } from './host.ts';
export type { Link } from './link.ts';
export { ProcessDatagrams } from './process-datagrams.ts';
export { ProcessNetwork } from './process-network.ts';
export { type NetworkOptions, networkDefaults, SimNetwork } from './sim-network.ts';
