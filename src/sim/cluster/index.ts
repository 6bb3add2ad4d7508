/** Whole clusters in the simulator: members, clients, faults, invariants, and what a run shows. */
export { describePlan, type PlannedFault } from './fault-plan.ts';
export type { ClusterFault, ReplayFault } from './fault-rows.ts';
export { type MinimiseOptions, minimise, type SmallerRun } from './minimise.ts';
export { scenarioList } from './scenarios.ts';
export { type SimulationOptions, type SimulationReport, simulate } from './simulation.ts';
