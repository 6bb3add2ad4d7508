/**
 * The node's write-ahead log: one chain of segments for all groups, one durable write for all that waits,
 * and a recovery that tells what a crash left unfinished from what the disk has lost.
 */
export type { Damage, DamagedRecord, DamageKind, RecoveryReport } from './damage.ts';
export type { AppendDone } from './flush-pipeline.ts';
export { type FlushVisitor, walkFlush } from './flush-walk.ts';
export type { GroupAppend, StateChange } from './group-append.ts';
export {
  type InspectedFlush,
  type InspectedRecord,
  type InspectionOptions,
  inspectLog,
  type LogInspection,
} from './inspection.ts';
export { type OpenedLog, openLog } from './opening.ts';
export type { DamageJudge, FoundDamage, WriteAheadLogOptions } from './options.ts';
export type { GroupDamage, RecoveredGroup } from './replay.ts';
export { segmentNumber } from './segment-format.ts';
export type { LogStatus, WriteAheadLog } from './write-ahead-log.ts';
