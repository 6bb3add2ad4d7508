/**
 * Linearizability (Herlihy and Wing 1990), judged three ways: by the order that the system claims, by zones
 * where all values differ, and by search for everything else.
 */

export { ConfigurationTable } from './configuration-table.ts';
export { type CounterBoundsOptions, checkCounterBounds } from './counter-bounds.ts';
export { operationsByKey } from './keys.ts';
export { checkLinearizable, searchKeys } from './linearizable.ts';
export { checkWitness, witnessKeys } from './witness.ts';
export { checkZones, type ZoneOptions, type ZoneReport } from './zones.ts';
