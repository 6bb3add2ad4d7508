/**
 * The last that was known of services, where it outlives the process: so a program that starts while the registry is
 * away can go on with who served before. A copy is a help and no truth: whatever is wrong with one costs the help and
 * nothing else.
 */
import { isQuorateError, QuorateError } from '../base/index.ts';
import type { Disk } from '../ports/index.ts';
import { realDisk } from '../ports/real/index.ts';

export interface SnapshotCopies {
  /** Undefined where there is none. */
  load(service: string): Promise<Uint8Array | undefined>;
  /** Replaces the one before at once or not at all; of several at a time the last one stays. */
  save(service: string, copy: Uint8Array): Promise<void>;
}

/** Copies as files of a directory, which is made where it is missing; no other process keeps its copies there. */
export function copiesIn(
  directory: string,
  { disk = realDisk() }: { readonly disk?: Disk } = {},
): SnapshotCopies {
  /** By path: what is being written there. One view of a service may go while another one comes. */
  const saving = new Map<string, Promise<void>>();
  const saveNow = async (path: string, copy: Uint8Array): Promise<void> => {
    await disk.makeDirectory(directory);
    await save(disk, path, copy);
  };
  return {
    load: (service) => load(disk, pathOf(directory, service)),
    save: (service, copy) => {
      const path = pathOf(directory, service);
      const write = (): Promise<void> => saveNow(path, copy);
      // What became of the one before is told to whoever asked for it.
      const written = (saving.get(path) ?? Promise.resolve()).then(write, write).finally(() => {
        if (saving.get(path) === written) saving.delete(path);
      });
      saving.set(path, written);
      return written;
    },
  };
}

/** Beyond it nothing is read: no copy of ours is that large. */
const bytesMax = 64 * 1_048_576;

async function load(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await disk.open(path, { create: 'never' });
    try {
      const size = await file.size();
      if (size > bytesMax) throw tooLarge(path, size);
      const copy = new Uint8Array(size);
      return copy.subarray(0, await file.read(copy, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isQuorateError(error) && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function save(disk: Disk, path: string, copy: Uint8Array): Promise<void> {
  const beside = `${path}.new`;
  const file = await disk.open(beside, { create: 'if-missing', durableName: false });
  try {
    await file.truncate(0);
    await file.write(copy, 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(beside, path);
}

/** Names of services are no names of files: what has a meaning there is written otherwise. */
function pathOf(directory: string, service: string): string {
  return `${directory}/${encodeURIComponent(service)}.json`;
}

function tooLarge(path: string, size: number): QuorateError<'disk-failed'> {
  return new QuorateError({
    code: 'disk-failed',
    message: `${path} has ${size} bytes, and no copy of services is larger than ${bytesMax}; remove it`,
    data: { operation: 'read', path, system: 'EFBIG' },
  });
}
