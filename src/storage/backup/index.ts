/** Backups of a state: as frames that can be streamed, and in files that are whole or not there. */

export { BackupFile, type BackupFileOptions, readBackup } from './backup-file.ts';
export { type BackupHeader, type BackupSummary, backupDamaged } from './backup-format.ts';
export { BackupFrames, type BackupPart, BackupProof, type BackupTools } from './backup-frames.ts';
