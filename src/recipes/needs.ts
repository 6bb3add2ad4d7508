/**
 * What recipes need of an engine: as types, and as records of just those keys for who has no types at hand, so that
 * what compiles is what is not refused.
 */
import type { Provides } from '../engines/port/index.ts';

/** Where a read may be old, or what was acknowledged may be gone, two can be told that it is their turn. */
export type TurnNeeds = 'linearizable-reads' | 'survives-failover';
export const turnNeeds: Provides<TurnNeeds> = { 'linearizable-reads': true, 'survives-failover': true };

/** Where what was acknowledged may be gone, a number is given out twice, and what was decided is decided again. */
export type KeptNeeds = 'survives-failover';
export const keptNeeds: Provides<KeptNeeds> = { 'survives-failover': true };

/** Where the presence of several cannot be looked at in one moment, one goes in while another has gone. */
export type TogetherNeeds = 'transactions';
export const togetherNeeds: Provides<TogetherNeeds> = { transactions: true };

/** An item, who has it and how often it was tried change together, and none of it is lost. */
export type QueueNeeds = TogetherNeeds | KeptNeeds;
export const queueNeeds: Provides<QueueNeeds> = { ...togetherNeeds, ...keptNeeds };

/** Who was held up must not overwrite what his successor has noted. */
export type SingletonNeeds = TurnNeeds | 'fencing';
export const singletonNeeds: Provides<SingletonNeeds> = { ...turnNeeds, fencing: true };
