/** What a node keeps on its disk and in its memory: the write-ahead log, snapshots, ordered stores. */

export {
  BackupFile,
  type BackupFileOptions,
  BackupFrames,
  type BackupHeader,
  type BackupPart,
  BackupProof,
  type BackupSummary,
  type BackupTools,
  backupDamaged,
  readBackup,
} from './backup/index.ts';
export type { Checksum } from './checksum.ts';
export {
  type AppendDone,
  type Damage,
  type DamagedRecord,
  type DamageKind,
  type FlushVisitor,
  type FoundDamage,
  type GroupAppend,
  type GroupDamage,
  type InspectedFlush,
  type InspectedRecord,
  inspectLog,
  type LogInspection,
  type LogStatus,
  type OpenedLog,
  openLog,
  type RecoveredGroup,
  type RecoveryReport,
  type StateChange,
  segmentNumber,
  type WriteAheadLog,
  type WriteAheadLogOptions,
  walkFlush,
} from './log/index.ts';
export { MemoryDisk } from './memory-disk.ts';
export {
  type LmdbStore,
  type LmdbStoreOptions,
  MemoryMedium,
  MemoryOrderedStore,
  openLmdbStore,
} from './ordered/index.ts';
export {
  SnapshotFiles,
  type SnapshotFilesOptions,
  type SnapshotIdentity,
  type SnapshotReceiver,
  type SnapshotSource,
} from './snapshot/index.ts';
