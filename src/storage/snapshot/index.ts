/** Snapshots of state machines on disk: written whole or not at all, read with proof, received in parts. */

export { SnapshotFiles, type SnapshotFilesOptions, type SnapshotSource } from './snapshot-files.ts';
export type { SnapshotIdentity } from './snapshot-format.ts';
export type { SnapshotReceiver } from './snapshot-receiver.ts';
