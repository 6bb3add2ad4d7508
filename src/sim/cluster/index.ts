/** Whole clusters in the simulator: members, clients, faults, invariants, and what a run shows. */
export { describePlan, type PlannedFault } from './fault-plan.ts';
export { type MinimiseOptions, minimise } from './minimise.ts';
export { type SimulationOptions, type SimulationReport, simulate } from './simulation.ts';
