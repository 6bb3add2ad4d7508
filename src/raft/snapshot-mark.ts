/** What a snapshot is called in the log that it shortens. */
import type { Configuration } from './configuration.ts';
import type { EntryId } from './entry.ts';

/** Names a state that replaces the log up to `index`; its bytes are kept by the host, not here. */
export interface SnapshotMark extends EntryId {
  readonly configuration: Configuration;
}
