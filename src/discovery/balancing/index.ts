/**
 * Which instance a call goes to: pickers over a snapshot, and around them what is common to all: health, zones, sticky
 * sessions, slow start, ejection, panic. Pure: no clock and no chance of its own.
 */
export { type Availability, Balancer, type BalancerFigures, type CallEnd } from './balancer.ts';
export type { BalancerOptions, BalancingOptions } from './balancer-options.ts';
export type { Ejection, EjectionCause, EjectionOptions, SuccessRateOptions } from './ejection.ts';
export type { PeakLatencyOptions } from './peak-latency.ts';
export type { PickRequest } from './picker.ts';
export type { BoundedLoadOptions, PickerChoice, PickerName } from './pickers.ts';
export type { Slot } from './slot.ts';
export type { SlowStartOptions } from './slow-start.ts';
export type { StickyOptions } from './sticky.ts';
export type { ZoneOptions } from './zones.ts';
