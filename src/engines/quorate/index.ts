/** Our own store as an engine: embedded by `memory:` and `file:`, or a cluster by `quorate:`; it has every capability. */
export { engineOn, openQuorate, type QuorateCapabilities, type QuorateOptions } from './quorate-engine.ts';
